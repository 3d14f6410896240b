# SPDX-License-Identifier: Apache-2.0
"""Chooses each tensor's range for a torchvision network so that activations neither vanish nor explode.

One forward pass over a few seeded pictures, similar to layer-sequential unit-variance
initialisation: the range of each layer is chosen from the output that the layer would give, and its
weights are drawn from that recipe, before the next layer runs. Needs PyTorch; only a refresh of the
graphs runs this.
"""

from __future__ import annotations

import torch
from torch import nn
from torchvision.models import convnext, vision_transformer
from torchvision.ops.misc import SqueezeExcitation

import pictures
from weights import Recipe, Spec

SEED = 75
CALIBRATION_PICTURES = list(range(1000, 1006))
# A residual branch adds a fraction of what it is added to: a stack of full-strength random branches
# multiplies rounding errors from block to block until no two runtimes agree. At 0.35 PyTorch's float32
# stays within 4e-6 of the largest logit of its float64 for every network here (0.5: 9e-6).
BRANCH_GAIN = 0.35
LOGIT_SPREAD = 3.0


def rounded(value: float) -> float:
    """A recipe stores only four digits, so calibration must use the rounded number, too."""
    return float(f"{value:.4g}")


def bias_image(module: nn.Conv2d | nn.Linear) -> torch.Tensor:
    """The bias, shaped to be subtracted from the layer's output."""
    return module.bias.reshape((-1, 1, 1)) if isinstance(module, nn.Conv2d) else module.bias


def typical_variance(x: torch.Tensor) -> float:
    """The median over pictures of the variance within one: one picture with large values must not set the scale."""
    return x.flatten(1).var(dim=1).median().item()


def branch_ends(model: nn.Module) -> set[nn.Module]:
    """The last layer of every residual branch: its output is added to the trunk."""
    ends = set()
    for module in model.modules():
        kind = type(module).__name__
        if kind == "Bottleneck":
            ends.add(module.bn3)
        elif kind == "ResBottleneckBlock":
            ends.add(module.f.c[1])
        elif getattr(module, "use_res_connect", False):
            ends.add([m for m in module.modules() if isinstance(m, nn.BatchNorm2d)][-1])
        elif isinstance(module, vision_transformer.EncoderBlock):
            ends.add(module.self_attention.out_proj)
            ends.add(module.mlp[3])
    return ends


class Calibrator:
    """Walks the layers in execution order and settles their ranges, one after another."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.recipe = Recipe(SEED, {})
        self.names = {module: name for name, module in model.named_modules()}
        self.ends = branch_ends(model)
        self.classifier = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
        self.gates = [m for m in model.modules() if isinstance(m, SqueezeExcitation)]

    def settle(self, module: nn.Module, part: str, role: str, low: float, high: float, centre=False) -> None:
        """Fixes one tensor's recipe and puts the drawn numbers into the network."""
        tensor = getattr(module, part)
        name = f"{self.names[module]}.{part}".lstrip(".")
        spec = Spec(role, tuple(tensor.shape), rounded(low), rounded(high), centre)
        self.recipe.specs[name] = spec
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(self.recipe.tensor(name)))

    def centred(self, module: nn.Conv2d | nn.Linear) -> bool:
        """True for layers after activations that are mostly positive: their rows get a mean of zero. False after the picture."""
        if isinstance(module, nn.Linear):
            return module is self.classifier
        return module.in_channels != 3

    def spread(self, module: nn.Module, part: str, role: str, gain: float, centre: bool) -> None:
        """A zero-mean weight of standard deviation gain / sqrt(fan_in)."""
        tensor = getattr(module, part)
        half = gain * (3.0 / (tensor.numel() / tensor.shape[0])) ** 0.5
        self.settle(module, part, role, -half, half, centre)

    def run(self) -> Recipe:
        self.start()
        hooks = [m.register_forward_pre_hook(self.before) for m in self.model.modules()]
        with torch.no_grad():
            self.model(torch.from_numpy(pictures.batch(CALIBRATION_PICTURES)))
        for hook in hooks:
            hook.remove()
        missing = set(dict(self.model.named_parameters())) - set(self.recipe.specs)
        if missing:
            raise RuntimeError(f"no recipe for {sorted(missing)}")
        return self.recipe

    def start(self) -> None:
        """Tensors whose range needs no measurement."""
        for module in self.model.modules():
            if isinstance(module, nn.Conv2d):
                self.spread(module, "weight", "conv_weight", 1.0, self.centred(module))
            elif isinstance(module, nn.LayerNorm):
                self.settle(module, "weight", "norm_scale", 0.8, 1.2)
                self.settle(module, "bias", "norm_bias", -0.2, 0.2)
            elif isinstance(module, nn.Linear):
                self.spread(module, "weight", "linear_weight", 1.0, self.centred(module))
            elif isinstance(module, nn.MultiheadAttention):
                self.spread(module, "in_proj_weight", "linear_weight", 1.2, False)
                self.settle(module, "in_proj_bias", "bias", -0.2, 0.2)
            elif isinstance(module, convnext.CNBlock):
                self.settle(module, "layer_scale", "layer_scale", 0.25, 0.75)
            elif isinstance(module, vision_transformer.VisionTransformer):
                self.settle(module, "class_token", "token", -0.5, 0.5)
            elif isinstance(module, vision_transformer.Encoder):
                self.settle(module, "pos_embedding", "token", -0.5, 0.5)
            if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
                self.settle(module, "bias", "bias", -0.2, 0.2)

    def before(self, module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if isinstance(module, nn.BatchNorm2d):
            self.normalise(module, inputs[0])
        elif isinstance(module, nn.MultiheadAttention):
            # The projection behind the attention is called as a function; its hook never fires.
            self.spread(module.out_proj, "weight", "linear_weight", 4 * BRANCH_GAIN, False)
        elif isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.bias is not None):
            self.rescale(module, inputs[0])

    def normalise(self, module: nn.BatchNorm2d, x: torch.Tensor) -> None:
        """Running statistics as one mean and one variance for all channels, each with some scatter."""
        mean, variance = x.mean().item(), x.var(dim=(0, 2, 3)).mean().item()
        gain = BRANCH_GAIN if module in self.ends else 1.0
        scatter = 0.1 * variance**0.5
        self.settle(module, "running_mean", "bn_mean", mean - scatter, mean + scatter)
        self.settle(module, "running_var", "bn_variance", 0.75 * variance, 1.25 * variance)
        self.settle(module, "weight", "norm_scale", 0.75 * gain, 1.25 * gain)
        self.settle(module, "bias", "norm_bias", -0.2 * gain, 0.2 * gain)

    def rescale(self, module: nn.Conv2d | nn.Linear, x: torch.Tensor) -> None:
        """Scales the weight so that the layer's output has the spread that its place asks for."""
        target = 1.0
        if module in self.ends:
            target = BRANCH_GAIN
        elif module is self.classifier:
            target = LOGIT_SPREAD
        measured = typical_variance(module.forward(x) - bias_image(module)) ** 0.5
        fan_in = module.weight.numel() / module.weight.shape[0]
        gain = module.weight.std().item() * fan_in**0.5 * target / max(measured, 1e-6)
        role = "conv_weight" if isinstance(module, nn.Conv2d) else "linear_weight"
        self.spread(module, "weight", role, gain, self.centred(module))


def rounding_noise(model: nn.Module, seeds: list[int]) -> float:
    """Largest difference of float32 logits from float64 logits, as a fraction of the largest logit."""
    x = torch.from_numpy(pictures.batch(seeds))
    with torch.no_grad():
        single = model(x).double()
        exact = model.double()(x.double())
        model.float()
    return ((single - exact).abs().amax(1) / exact.abs().amax(1)).max().item()


def telling_pictures(model: nn.Module, count: int) -> list[int]:
    """Seeds of pictures to which the network gives different classes, each with a clear margin."""
    seeds, found = list(range(1, 25)), {}
    with torch.no_grad():
        logits = torch.cat([model(torch.from_numpy(pictures.batch([seed]))) for seed in seeds])
    for seed, row in zip(seeds, logits):
        first, second = row.topk(2).values.tolist()
        # A hundred times the tolerance of the comparison: a runtime that is right cannot swap the two.
        if first - second > 0.01 * row.abs().max().item():
            found.setdefault(row.argmax().item(), seed)
    if len(found) < 2:
        raise RuntimeError(f"the network gives {len(found)} label(s) for {len(seeds)} pictures")
    chosen = list(found.values())[:count]
    return chosen + [seed for seed in seeds if seed not in chosen][: count - len(chosen)]
