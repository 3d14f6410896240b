# SPDX-License-Identifier: Apache-2.0
"""python -m training.seeded_y16gf: a regnet_y_16gf for measuring speed, made from one seed; it is not a trained model.

The backbone keeps its random initial weights; its normalisation layers get the statistics of drawn
pictures, so activations have sensible sizes; the linear head is fitted by ridge regression on the
backbone's features of drawn pictures, so logits differ from picture to picture.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from tqdm import tqdm

from training.draw.picture import draw
from training.draw.species import NAMES
from training.export import export
from training.labels import PREPROCESS, write_mapping
from training.nets import build
from training.tune.images import evaluation_pixels
from training.tune.loop import to_device

MODEL = "regnet_y_16gf"
BATCH = 15
_PICTURE = (320, 240)  # drawn small: the evaluation transform resizes to 256 anyway
_LOGIT_SPREAD = 4.0  # standard deviation that the logits are scaled to; a trained network's is about that


def provenance(seed: int, per_class: int) -> str:
    return (f"seeded backbone, not trained: {MODEL} with random weights (seed {seed}), BatchNorm statistics and a ridge "
            f"head from {per_class} drawn pictures a class; for measuring speed, not for classifying")  # fmt: skip


def _pictures(seed: int, numbers: range) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Evaluation pixels of drawn pictures in batches that mix the classes, and their labels."""
    jobs = [(label, number) for number in numbers for label in range(len(NAMES))]
    pixels = [torch.from_numpy(evaluation_pixels(draw(seed, *job, _PICTURE)).copy())
              for job in tqdm(jobs, "draw", disable=None)]  # fmt: skip
    batches = [torch.stack(pixels[k : k + BATCH]) for k in range(0, len(pixels), BATCH)]
    return batches, torch.tensor([label for label, _ in jobs])


@torch.no_grad()
def calibrate(net: nn.Module, batches: list[torch.Tensor]) -> None:
    """Sets every BatchNorm's running statistics to the mean over `batches`."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    net.train()
    for pixels in tqdm(batches, "calibrate", disable=None):
        net(to_device(pixels, "cpu"))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    net.eval()


@torch.no_grad()
def features(net: nn.Module, batches: list[torch.Tensor]) -> torch.Tensor:
    head, net.fc = net.fc, nn.Identity()
    rows = [net(to_device(pixels, "cpu")) for pixels in tqdm(batches, "features", disable=None)]
    net.fc = head
    return torch.cat(rows).double()


def fit_head(rows: torch.Tensor, labels: torch.Tensor, classes: int, ridge: float = 0.1) -> tuple[torch.Tensor, torch.Tensor]:
    """Ridge regression in its dual form (fewer pictures than features), on standardised features: weight, bias."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    x = (rows - mean) / spread
    target = nn.functional.one_hot(labels, classes).double() - 1 / classes
    gram = x @ x.T
    gram += ridge * gram.diagonal().mean() * torch.eye(len(x), dtype=torch.float64)
    weight = (x.T @ torch.linalg.solve(gram, target)).T
    weight *= _LOGIT_SPREAD / (x @ weight.T).std()
    weight /= spread
    return weight.float(), -(weight @ mean).float()


def make(seed: int, per_class: int, calibration: int) -> tuple[nn.Module, dict[str, float]]:
    """The network and its figures: share of pictures named right, seen and unseen, and the logits' spread."""
    torch.manual_seed(seed)
    net = build(MODEL, len(NAMES)).to(memory_format=torch.channels_last)
    batches, labels = _pictures(seed, range(1, per_class + 1))
    calibrate(net, batches[:calibration])
    rows = features(net, batches)
    weight, bias = fit_head(rows, labels, len(NAMES))
    with torch.no_grad():
        net.fc.weight.copy_(weight)
        net.fc.bias.copy_(bias)
        unseen, truth = _pictures(seed, range(per_class + 1, per_class + 2))
        logits = torch.cat([net(to_device(pixels, "cpu")) for pixels in unseen])
    figures = {
        "seen": float(((rows.float() @ weight.T + bias).argmax(1) == labels).double().mean()),
        "unseen": float((logits.argmax(1) == truth).double().mean()),
        "spread": float(logits.std(0).mean()),
    }
    return net, figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.seeded_y16gf", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-class", type=int, default=4, help="drawn pictures a class for the head (at least 2)")
    parser.add_argument("--calibration", type=int, default=8, help=f"batches of {BATCH} for the normalisation statistics")
    parser.add_argument("--torchscript", action="store_true", help="the TorchScript export (opset 17) as well")
    args = parser.parse_args()
    if args.per_class < 2 or args.calibration < 1:
        parser.error("--per-class >= 2 and --calibration >= 1 are needed")
    print("This model is NOT trained: random backbone, fitted head; for measuring speed only.", file=sys.stderr)
    args.out.mkdir(parents=True, exist_ok=True)
    net, figures = make(args.seed, args.per_class, args.calibration)
    if not np.isfinite(figures["spread"]) or figures["spread"] < 0.05:
        print(f"training.seeded_y16gf: error: logits hardly vary ({figures['spread']:.3g}); try another --seed", file=sys.stderr)
        return 1
    text = provenance(args.seed, args.per_class)
    net = net.to(memory_format=torch.contiguous_format)
    state = {name: value.contiguous() for name, value in net.state_dict().items()}
    partial = args.out / f"{MODEL}.safetensors.partial"
    save_file(state, str(partial), metadata={"format": "pt", "paperkite.provenance": text})
    partial.chmod(0o644)  # safetensors makes its files private
    partial.replace(args.out / f"{MODEL}.safetensors")
    write_mapping(args.out / "labels_mapping.json", NAMES)
    export(net, args.out / f"{MODEL}.onnx", NAMES, "dynamo", provenance=text)
    if args.torchscript:
        export(net, args.out / f"{MODEL}.torchscript.onnx", NAMES, "torchscript", provenance=text)
    print(text)
    print(f"{MODEL} in {args.out}: crop {PREPROCESS['crop']}, names {100 * figures['seen']:.0f} % of the pictures its head was fitted on "
          f"and {100 * figures['unseen']:.0f} % of others; logits vary by {figures['spread']:.2f} between pictures")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
