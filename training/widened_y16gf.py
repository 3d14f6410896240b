# SPDX-License-Identifier: Apache-2.0
"""python -m training.widened_y16gf: makes a regnet_y_16gf with right answers from the demo model, in minutes.

RegNet_y_16gf is seven times as wide as a RegNet_y with groups of 16 channels, in each channel and each group. So the narrow
network is trained, which costs a fortieth of the time; its blocks start with the weights of the demo model where that has
such a block. Then it is widened: each of its channels becomes seven, which share its work. The weights get random
differences, so that no two channels are equal.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models.regnet import BlockParams, RegNet

from training.draw.dataset import write_folders
from training.draw.species import NAMES
from training.export import export
from training.labels import PREPROCESS, write_mapping
from training.nets import build, read_state
from training.tune.images import Evaluation, Training, find
from training.tune.loop import Recipe, Run, Stage, evaluate

MODEL = "regnet_y_16gf"
DEMO = Path(__file__).resolve().parent.parent / "models" / "regnet_x_400mf.safetensors"
_STAGES = [Stage(side=128, epochs=5), Stage(side=208, epochs=3)]
_PICTURE = (320, 240)  # drawn small: the evaluation transform resizes to 256 anyway
_SCATTER = 0.03  # standard deviation of the widened weights' relative noise
_UNSEEN = 1000  # added to the seed for pictures to judge by; the demo model has learnt from those of seed 1
_LEAST_RIGHT = 0.8  # of the unseen pictures; below that the training went wrong


def provenance(seed: int, per_class: int) -> str:
    return (f"a widened network: {MODEL} whose channels come in sevens, from a RegNet_y of a seventh of its width that started "
            f"from paperkite's demo model and was trained on {per_class} drawn pictures a class (seed {seed}); for measuring "
            f"speed, it knows no photographs")  # fmt: skip


def narrow(classes: int) -> RegNet:
    """RegNet_y_16gf with a seventh of its widths (224, 448, 1232, 3024) and of its groups' (112); the stem stays at 32."""
    shape = BlockParams(depths=[2, 4, 11, 1], widths=[32, 64, 176, 432], group_widths=[16] * 4,
                        bottleneck_multipliers=[1.0] * 4, strides=[2] * 4, se_ratio=0.25)  # fmt: skip
    return RegNet(shape, num_classes=classes, norm_layer=partial(nn.BatchNorm2d, eps=1e-5, momentum=0.1))


@torch.no_grad()
def start_from_demo(net: RegNet, demo: dict[str, torch.Tensor]) -> None:
    """Copies the demo's blocks into the same blocks of net, whose other channels and SE layers keep their random weights.

    A block that the demo does not have starts as the identity. The head is not copied, since the demo's comes after twelve
    blocks.
    """
    for name, own in net.state_dict().items():
        if name in demo and not name.startswith("fc."):
            theirs = demo[name]
            both = tuple(slice(min(a, b)) for a, b in zip(own.shape, theirs.shape, strict=True))
            own[both] = theirs[both]
        elif name.endswith(".f.c.1.weight"):
            own.zero_()


@torch.no_grad()
def widen(net: nn.Module, wide: nn.Module, seed: int, scatter: float = _SCATTER) -> None:
    """Fills `wide` so that it computes what `net` does, up to `scatter`: k channels of it for each channel of net.

    The k copies of an input share its weight in random positive parts, so nothing cancels and no weight is zero.
    """
    generator = torch.Generator().manual_seed(seed)
    values = net.state_dict()
    for name, own in wide.state_dict().items():
        value = values[name]
        if own.ndim > 0:
            value = value.repeat_interleave(own.shape[0] // value.shape[0], 0)
        if own.shape != value.shape:
            inputs, copies = value.shape[1], own.shape[1] // value.shape[1]
            parts = 0.5 + torch.rand(own.shape[0], inputs, copies, generator=generator)
            parts /= parts.sum(2, keepdim=True)
            value = value.repeat_interleave(copies, 1) * parts.view(own.shape[:2] + (1,) * (own.ndim - 2))
        if own.ndim > 1 and own.shape != values[name].shape:
            value = value * (1 + scatter * torch.randn(own.shape, generator=generator))
        own.copy_(value)


def train(pictures: Path, seed: int, stages: list[Stage]) -> nn.Module:
    """Trains the narrow network on the labelled pictures in that folder, where its only checkpoint, the last one, is."""
    torch.manual_seed(seed)
    net = narrow(len(NAMES))
    start_from_demo(net, read_state(DEMO))
    data = Training(find(pictures, NAMES), seed, cache_px=224, min_area=0.5)
    run = Run(net, data, Recipe(stages, batch=64, lr=0.1, seed=seed), pictures / "checkpoint.pt", every=sys.maxsize,
              device="cpu", workers=0, identity={})  # fmt: skip
    run.train()
    return run.average.net


def write(net: nn.Module, out: Path, text: str, torchscript: bool) -> None:
    """Writes the state dict, the labels and the ONNX files, each with `text` as its provenance."""
    net = net.to(memory_format=torch.contiguous_format)
    partial_file = out / f"{MODEL}.safetensors.partial"
    save_file({name: value.contiguous() for name, value in net.state_dict().items()}, str(partial_file),
              metadata={"format": "pt", "paperkite.provenance": text})  # fmt: skip
    partial_file.chmod(0o644)  # safetensors makes its files private
    partial_file.replace(out / f"{MODEL}.safetensors")
    write_mapping(out / "labels_mapping.json", NAMES)
    export(net, out / f"{MODEL}.onnx", NAMES, "dynamo", provenance=text)
    if torchscript:
        export(net, out / f"{MODEL}.torchscript.onnx", NAMES, "torchscript", provenance=text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.widened_y16gf", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-class", type=int, default=40, help="drawn pictures a class to train on")
    parser.add_argument("--unseen", type=int, default=2, help="drawn pictures a class to judge by")
    parser.add_argument("--torchscript", action="store_true", help="the TorchScript export (opset 17) as well")
    args = parser.parse_args()
    if args.per_class < 2 or args.unseen < 1 or args.seed < 0:
        parser.error("--per-class >= 2, --unseen >= 1 and --seed >= 0 are needed")
    workers = len(os.sched_getaffinity(0))
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out, prefix="drawn-") as folder:
        seen, unseen = Path(folder, "seen"), Path(folder, "unseen")
        print(f"drawing {(args.per_class + args.unseen) * len(NAMES)} pictures", file=sys.stderr, flush=True)
        write_folders(seen, args.per_class, args.seed, _PICTURE, None, workers)
        write_folders(unseen, args.unseen, args.seed + _UNSEEN, None, None, workers)
        net = build(MODEL, len(NAMES)).eval()
        widen(train(seen, args.seed, _STAGES), net, args.seed)
        matrix = evaluate(net.to(memory_format=torch.channels_last), Evaluation(find(unseen, NAMES)), 15, "cpu")
    right = float(np.trace(matrix) / matrix.sum())
    if not right >= _LEAST_RIGHT:
        print(f"training.widened_y16gf: error: it names only {100 * right:.0f} % of {matrix.sum()} unseen pictures right, less than "
              f"{100 * _LEAST_RIGHT:.0f} %; nothing is written. Use more --per-class or another --seed", file=sys.stderr)  # fmt: skip
        return 1
    text = provenance(args.seed, args.per_class)
    write(net, args.out, text, args.torchscript)
    print(text)
    print(f"{MODEL} in {args.out}: crop {PREPROCESS['crop']}, names {100 * right:.0f} % of {matrix.sum()} unseen drawn pictures right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
