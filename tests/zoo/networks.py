# SPDX-License-Identifier: Apache-2.0
"""A network of the zoo with seeded weights whose answer depends on the picture.

A freshly made network answers the same for every picture: branches that begin at zero are constant, BatchNormalization's
statistics are those of no data, and what a random trunk says of all pictures together hides where they differ. A wrong
kernel could then not be seen. So constant parameters are drawn anew, the statistics come from one pass in training mode
over seeded pictures, and the classifier gives what all pictures share no more weight than what tells them apart.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

import telling
from telling import CLASSES, SEED

@dataclass(frozen=True)
class Seeded:
    network: nn.Module
    x: np.ndarray  # [INPUTS, 3, size, size]
    logits: np.ndarray  # PyTorch's, [INPUTS, CLASSES]


def make(library: str, name: str) -> nn.Module:
    torch.manual_seed(SEED)
    if library == "torchvision":
        import torchvision

        return getattr(torchvision.models, name)(weights=None).eval()
    import timm

    return timm.create_model(name, pretrained=False, num_classes=CLASSES).eval()


def uniform(parameter: torch.Tensor, low: float, high: float) -> torch.Tensor:
    return torch.empty_like(parameter).uniform_(low, high)


def wake_constants(network: nn.Module) -> None:
    """Draws anew what begins as one constant, or so small that its branch adds nothing.

    A layer-scale of 1e-6, or a last norm of zeros, hides everything that its branch computes. At 0.2 to 0.4 a branch
    counts, and a stack of them does not yet multiply rounding errors from block to block.
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            low, high = parameter.min().item(), parameter.max().item()
            is_bias = name.endswith(("bias", "token", "pos_embed", "beta"))
            if low == high and low == 0:
                parameter.copy_(uniform(parameter, -0.1, 0.1) if is_bias or parameter.ndim > 1 else uniform(parameter, 0.2, 0.4))
            elif low == high and abs(low) < 0.1:
                parameter.copy_(uniform(parameter, 0.2, 0.4))
            elif low == high and parameter.numel() > 1:
                parameter.mul_(uniform(parameter, 0.75, 1.25))
            elif parameter.ndim > 1 and parameter.std().item() < 1e-3:
                parameter.normal_(std=(parameter.numel() / parameter.shape[0]) ** -0.5)


def take_statistics(network: nn.Module, x: torch.Tensor) -> None:
    """BatchNormalization's running statistics become those of `x`; no other layer trains."""
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    if norms:
        network(x)
    network.eval()


def classifiers(network: nn.Module) -> list[nn.Module]:
    """Usually one; two where the mean of two heads is the answer (distillation, two branches)."""
    return [module for module in network.modules()
            if isinstance(module, (nn.Linear, nn.Conv2d)) and module.weight.shape[0] == CLASSES]


def features_of(network: nn.Module, heads: list[nn.Module], x: torch.Tensor) -> dict[nn.Module, torch.Tensor]:
    """What each head is given, as [pictures, features], the mean over positions where it works at each of them."""
    seen: dict[nn.Module, torch.Tensor] = {}

    def keep(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        value = inputs[0].double()
        value = value.flatten(2).mean(2) if isinstance(module, nn.Conv2d) else value
        seen[module] = value.reshape(len(x), -1, value.shape[-1]).mean(1)

    hooks = [head.register_forward_pre_hook(keep) for head in heads]
    network(x)
    for hook in hooks:
        hook.remove()
    return seen


def seeded(library: str, name: str, size: int) -> Seeded:
    """Raises NotTelling where the gate does not hold."""
    warnings.simplefilter("ignore")
    network = make(library, name)
    x = torch.from_numpy(telling.calibration_batch(size))
    with torch.no_grad():
        wake_constants(network)
        take_statistics(network, x)
        for head, features in features_of(network, classifiers(network), x).items():
            weight = telling.balanced(head.weight.reshape(CLASSES, -1).numpy(), features.numpy())
            head.weight.copy_(torch.from_numpy(weight).reshape(head.weight.shape))
        rows = telling.chosen(network(x).numpy())
        # One picture at a time, as the exported file takes them.
        single = [network(x[i : i + 1]).numpy() for i in rows]
    return Seeded(network, x[rows].numpy(), np.concatenate(single))
