# SPDX-License-Identifier: Apache-2.0
"""The two RegNets with a head for our classes, and where their starting weights come from."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torchvision
from safetensors.torch import load_file
from torch import nn

MODELS = {
    "regnet_x_400mf": torchvision.models.RegNet_X_400MF_Weights.IMAGENET1K_V2,
    "regnet_y_16gf": torchvision.models.RegNet_Y_16GF_Weights.IMAGENET1K_V2,
}


class NoWeights(Exception):
    """The requested starting weights are not available; the text says what to do."""


def build(model: str, classes: int) -> nn.Module:
    return torchvision.models.get_model(model, weights=None, num_classes=classes)


def read_state(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix == ".safetensors":
        return load_file(str(path))
    return torch.load(path, map_location="cpu", weights_only=True)


def _pretrained(model: str) -> dict[str, torch.Tensor]:
    weights = MODELS[model]
    try:
        return weights.get_state_dict(progress=sys.stderr.isatty(), check_hash=True)
    except Exception as error:  # a download fails in many ways: DNS, proxy, disk, hash
        raise NoWeights(
            f"{model}: torchvision's weights {weights} cannot be downloaded ({error}); "
            "pass --weights none to train from scratch, or --weights PATH to a state dict you have"
        ) from error


def start_from(net: nn.Module, model: str, weights: str) -> str:
    """Loads the starting weights ('imagenet', 'none' or a file) into net; returns a line that says what it did."""
    if weights == "none":
        # The last normalisation of each block starts at zero, so that every block starts as the identity.
        for module in net.modules():
            if isinstance(module, torchvision.models.regnet.ResBottleneckBlock):
                nn.init.zeros_(module.f.c[1].weight)
        return "from scratch"
    try:
        state = _pretrained(model) if weights == "imagenet" else read_state(Path(weights))
    except OSError as error:
        raise NoWeights(f"--weights {weights}: {error}") from error
    own = net.state_dict()
    fits = {name: value for name, value in state.items() if name in own and own[name].shape == value.shape}
    left = [name for name in own if name not in fits and not name.startswith("fc.")]
    if left:
        raise NoWeights(f"--weights {weights} does not fit {model}: {len(left)} tensors are missing, first {left[0]}")
    net.load_state_dict(fits, strict=False)
    head = "with its head" if "fc.weight" in fits else "with a new head"
    return f"from {weights}, {head}"
