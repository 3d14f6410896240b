# SPDX-License-Identifier: Apache-2.0
"""Refreshes tests/models/graphs: torchvision networks as PyTorch's exporters write them, without weights.

Needs torch, torchvision, onnx and onnxscript. Each network is calibrated, exported in both styles,
and every weight in the result is recognised by its value and replaced by the expression that
fill.py evaluates. A weight that is not recognised stops the refresh.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
import torchvision
from onnx import numpy_helper
from torch import nn

import fill
import pictures
from calibrate import Calibrator, rounding_noise, telling_pictures
from weights import Recipe

# Tensors that no recipe describes and that are larger than this would be weights left behind.
LARGEST_CONSTANT = 64
# A tenth of what check_models.py allows between two runtimes.
LARGEST_NOISE = 1e-5


@dataclass(frozen=True)
class Export:
    """One way of exporting: `style` is dynamo, torchscript, or torchscript_bn (batch norm left in)."""

    style: str
    batch: str
    opset: int

    def file_name(self, network: str) -> str:
        return f"{network}-{self.style}-{self.batch}.onnx.gz"


def exports(static: int, dynamic: int, batch_norm: int | None) -> list[Export]:
    result = [
        Export("dynamo", "static", 18),
        Export("dynamo", "dynamic", 18),
        Export("torchscript", "static", static),
        Export("torchscript", "dynamic", dynamic),
    ]
    if batch_norm is not None:
        result.append(Export("torchscript_bn", "static", batch_norm))
    return result


# TorchScript opsets are spread over 11..17, where operators changed: BatchNormalization at 14 and 15,
# HardSwish from 14, axes as inputs from 13, LayerNormalization from 17 (in pieces before it).
# vit_b_16 starts at 14: below it the exporter has no scaled_dot_product_attention.
NETWORKS = {
    "regnet_x_400mf": exports(17, 13, 11),
    "regnet_y_16gf": exports(17, 16, None),
    "resnet50": exports(11, 17, 15),
    "mobilenet_v2": exports(12, 13, 14),
    "mobilenet_v3_large": exports(13, 17, 14),
    "efficientnet_b0": exports(17, 16, 11),
    "convnext_tiny": exports(11, 17, None),
    "vit_b_16": exports(14, 17, None),
}


def export(network: nn.Module, how: Export, example: torch.Tensor, path: Path) -> None:
    """Writes the file that a user gets from torch.onnx.export with the usual arguments; large weights may be files beside it."""
    names = {"input_names": ["x"], "output_names": ["logits"]}
    dynamic = how.batch == "dynamic"
    if how.style == "dynamo":
        if dynamic:
            names["dynamic_shapes"] = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(network, (example,), path, dynamo=True, opset_version=how.opset, verbose=False, **names)
        return
    if dynamic:
        names["dynamic_axes"] = {"x": {0: "batch"}, "logits": {0: "batch"}}
    if how.style == "torchscript_bn":
        names |= {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    # A string: of a path object it cannot write weights above 2 GB, which lie beside the file.
    torch.onnx.export(network, (example,), str(path), dynamo=False, opset_version=how.opset, **names)


def exported(network: nn.Module, how: Export) -> onnx.ModelProto:
    # Two pictures: torch.export takes a batch of one for a constant, even where it is named dynamic.
    example = torch.from_numpy(pictures.batch([1, 2] if how.batch == "dynamic" else [1]))
    with tempfile.TemporaryDirectory() as folder:
        export(network, how, example, Path(folder, "model.onnx"))
        return onnx.load(Path(folder, "model.onnx"))


class Recogniser:
    """Finds which expression over the recipe's tensors equals a given exported weight."""

    def __init__(self, network: nn.Module, recipe: Recipe):
        self.recipe = recipe
        self.by_count: dict[int, list[str]] = {}
        self.values: dict[str, np.ndarray] = {}
        for name, spec in recipe.specs.items():
            self.add(name)
            if len(spec.dims) == 2:
                self.add(f"{name} | transpose")
            if name.endswith(("in_proj_weight", "in_proj_bias")):
                third = spec.dims[0] // 3
                for part in range(3):
                    rows = f"{name} | rows {part * third} {(part + 1) * third}"
                    self.add(rows)
                    if len(spec.dims) == 2:
                        self.add(f"{rows} | transpose")
        # In every network here a BatchNorm2d is listed right behind the convolution that feeds it.
        modules = list(network.named_modules())
        for (conv, conv_module), (bn, bn_module) in zip(modules, modules[1:]):
            if isinstance(bn_module, nn.BatchNorm2d) and isinstance(conv_module, nn.Conv2d):
                self.add_folded(conv, bn, bn_module.eps)

    def add(self, expression: str) -> None:
        value = self.recipe.evaluate(expression)
        self.values[expression] = value
        self.by_count.setdefault(value.size, []).append(expression)

    def add_folded(self, conv: str, bn: str, eps: float) -> None:
        self.add(f"fold_weight {conv} {bn} {eps:g}")
        self.add(f"fold_bias {bn} {eps:g}")

    def find(self, tensor: np.ndarray) -> str | None:
        for expression in self.by_count.get(tensor.size, []):
            value = self.values[expression]
            # Folding rounds in another order than ours: a few units in the last place.
            if np.abs(value.ravel() - tensor.ravel()).max() <= 4e-6 * np.abs(value).max():
                return expression
        return None


def strip(model: onnx.ModelProto, recogniser: Recogniser) -> None:
    """Empties every weight, and drops the stack traces that the dynamo exporter attaches to nodes."""
    for initializer in model.graph.initializer:
        if initializer.data_type != onnx.TensorProto.FLOAT:
            continue
        tensor = numpy_helper.to_array(initializer)
        expression = recogniser.find(tensor) if tensor.size > 1 else None
        if expression is None:
            if tensor.size > LARGEST_CONSTANT:
                raise RuntimeError(f"initializer {initializer.name} {tensor.shape} is no known weight")
            continue
        name, data_type, dims = initializer.name, initializer.data_type, list(initializer.dims)
        initializer.Clear()
        initializer.name, initializer.data_type = name, data_type
        initializer.dims.extend(dims)
        initializer.doc_string = fill.MARK + expression
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    for item in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        item.ClearField("doc_string")
        del item.metadata_props[:]


def refresh(name: str, out: Path, check: bool) -> None:
    torch.manual_seed(0)
    network = getattr(torchvision.models, name)(weights=None).eval()
    calibrator = Calibrator(network)
    recipe = calibrator.run()
    recipe.pictures = telling_pictures(network, 3)
    recipe.save(out / f"{name}.json")
    noise = rounding_noise(network, recipe.pictures)
    print(f"{name}: float32 is within {noise:.1e} of float64")
    if noise > LARGEST_NOISE:
        raise RuntimeError(f"{name} multiplies rounding errors: two correct runtimes would not agree")
    recogniser = Recogniser(network, recipe)
    seeds = recipe.pictures
    with torch.no_grad():
        expected = network(torch.from_numpy(pictures.batch(seeds))).numpy()
    for how in NETWORKS[name]:
        model = exported(network, how)
        strip(model, recogniser)
        path = out / how.file_name(name)
        path.write_bytes(gzip.compress(model.SerializeToString(deterministic=True), 9, mtime=0))
        print(f"{path.name}: opset {how.opset}, {len(model.graph.node)} nodes, {path.stat().st_size} bytes")
        if check:
            compare(path, seeds, expected, how.batch == "dynamic")


def compare(graph: Path, seeds: list[int], expected: np.ndarray, dynamic: bool) -> None:
    """The filled graph must be the network that was exported: PyTorch's own logits are the proof."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder) / "filled.onnx"
        fill.fill_file(graph, filled)
        session = onnxruntime.InferenceSession(str(filled), providers=["CPUExecutionProvider"])
    x = pictures.batch(seeds)
    chunks = [x] if dynamic else [x[i : i + 1] for i in range(len(seeds))]
    got = np.concatenate([session.run(["logits"], {"x": chunk})[0] for chunk in chunks])
    worst = np.abs(got - expected).max() / np.abs(expected).max()
    print(f"  against PyTorch: {worst:.1e} of the largest logit")
    if worst > 1e-4:
        raise RuntimeError(f"{graph.name} is not the network that was exported")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=fill.GRAPHS)
    parser.add_argument("--only", default="", help="regular expression on the network's name")
    parser.add_argument("--no-check", action="store_true", help="skip the comparison with PyTorch's logits")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in NETWORKS:
        if re.search(arguments.only, name):
            refresh(name, arguments.out, not arguments.no_check)
    return 0


if __name__ == "__main__":
    sys.exit(main())
