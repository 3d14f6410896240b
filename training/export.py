# SPDX-License-Identifier: Apache-2.0
"""python -m training.export: a RegNet's state dict -> ONNX, dynamo (opset 18) or TorchScript (opset 17) style."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

from .labels import PREPROCESS, read_mapping
from .nets import MODELS, build, read_state

STYLES = {"dynamo": 18, "torchscript": 17}


def _metadata(path: Path, names: list[str], provenance: str | None) -> None:
    model = onnx.load(str(path))
    entries = {"paperkite.labels": json.dumps(names, ensure_ascii=False), "paperkite.preprocess": json.dumps(PREPROCESS)}
    if provenance:
        entries["paperkite.provenance"] = provenance
    for node in model.graph.node:  # drops source lines and module stacks of the exporting machine
        del node.metadata_props[:]
        node.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        del value.metadata_props[:]
    onnx.helper.set_model_props(model, entries)
    onnx.checker.check_model(model)
    onnx.save_model(model, str(path))


def export(net: nn.Module, path: Path, names: list[str], style: str = "dynamo", dynamic: bool = True, batch: int = 1,
           provenance: str | None = None) -> None:  # fmt: skip
    """Writes one ONNX file: input `x` (N x 3 x 224 x 224), output `logits`; dynamic: N is the symbol `batch`."""
    net = net.eval().to(memory_format=torch.contiguous_format).float().cpu()
    side = PREPROCESS["crop"]
    # The dynamo exporter specialises a dimension of 1, so a dynamic batch is traced with 2.
    example = torch.zeros(2 if dynamic else batch, 3, side, side)
    partial = path.with_name(path.name + ".partial")
    common = dict(input_names=["x"], output_names=["logits"], opset_version=STYLES[style])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if style == "dynamo":
            shapes = {"x": {0: torch.export.Dim("batch")}} if dynamic else None
            torch.onnx.export(net, (example,), str(partial), dynamo=True, external_data=False, verbose=False,
                              dynamic_shapes=shapes, **common)  # fmt: skip
        else:
            axes = {"x": {0: "batch"}, "logits": {0: "batch"}} if dynamic else None
            torch.onnx.export(net, (example,), str(partial), dynamo=False, dynamic_axes=axes, **common)
    _metadata(partial, names, provenance)
    partial.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__)
    parser.add_argument("state", type=Path, help="state dict: .safetensors or .pth")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the .onnx file to write")
    parser.add_argument("--model", choices=sorted(MODELS), default="regnet_x_400mf")
    parser.add_argument("--labels", type=Path, required=True, help="labels_mapping.json")
    parser.add_argument("--style", choices=sorted(STYLES), default="dynamo")
    parser.add_argument("--static-batch", type=int, metavar="N", help="a fixed batch of N (default: dynamic, named batch)")
    parser.add_argument("--provenance", help="a sentence on where the weights come from, kept in the file")
    args = parser.parse_args()
    names = read_mapping(args.labels)
    net = build(args.model, len(names))
    net.load_state_dict(read_state(args.state))
    dynamic = args.static_batch is None
    export(net, args.out, names, args.style, dynamic, args.static_batch or 1, args.provenance)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB, {args.style}, opset {STYLES[args.style]}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
