# SPDX-License-Identifier: Apache-2.0
"""Writes members.txt: every classification model of the installed torchvision, and of timm so many that every file which
defines a classifier is represented, the more the more models it defines.

    choose_members.py           writes the list anew (minutes: networks without data, for their sizes and multiply-adds)
    choose_members.py --check   exit code 1 where the list no longer covers what is installed"""

from __future__ import annotations

import collections
import math
import re
import sys
import warnings

import timm
import torch
import torchvision
from timm.models import _registry
from torch.utils.flop_counter import FlopCounterMode

import members

LEAST_TIMM = 220
# Models above this in thousand millions of multiply-adds, or members.LARGE_PARAMS, are left to torchvision's part of the list.
LARGEST_MACS = 12.0
CLASSES = 1000
# Of other libraries, five or more each: size of the picture, millions of parameters, 10^9 multiply-adds.
OTHERS = """keras MobileNet keras 224 4.25 0.57
keras MobileNetV3Small keras 224 2.55 0.06
keras EfficientNetB0 keras 224 5.33 0.39
keras DenseNet121 keras 224 8.06 2.84
keras ConvNeXtTiny keras 224 28.6 4.46
keras ResNet50V2 keras 224 25.61 3.49
paddle mobilenet_v1 paddle 224 4.23 0.57
paddle mobilenet_v3_small paddle 224 2.54 0.06
paddle shufflenet_v2_x0_25 paddle 224 0.61 0.03
paddle squeezenet1_1 paddle 224 1.24 0.35
paddle resnet18 paddle 224 11.69 1.82
sklearn mlp sklearn 8 0.01 0
sklearn mlp_of_range sklearn 8 0.01 0
sklearn gaussian_naive_bayes sklearn 8 0.01 0
sklearn quadratic_discriminant sklearn 8 0.05 0
sklearn nearest_neighbours sklearn 8 0.12 0
sklearn standardised_logistic sklearn 8 0.01 0
sklearn random_forest sklearn 8 0.02 0"""


def timm_modules() -> dict[str, list[str]]:
    """The file of timm -> the models that it defines."""
    found = collections.defaultdict(list)
    for name in timm.list_models(exclude_filters="test_*"):  # miniatures for timm's own tests
        found[_registry._model_to_module[name]].append(name)
    return found


def torchvision_models() -> list[str]:
    return torchvision.models.list_models(module=torchvision.models)


def measured(name: str, module: str) -> members.Member | None:
    """None where the model gives no class scores, or cannot be run without data."""
    try:
        with torch.device("meta"):
            network = timm.create_model(name, pretrained=False, num_classes=CLASSES).eval()
            size = network.pretrained_cfg.get("input_size", (3, 224, 224))[-1]
            with FlopCounterMode(display=False) as counter:
                scores = network(torch.zeros(1, 3, size, size))
    except Exception as error:  # a model that cannot be made is not chosen; its file must have another one
        print(f"left out: {name}: {error}", file=sys.stderr)
        return None
    if tuple(scores.shape) != (1, CLASSES):
        return None
    params = sum(parameter.numel() for parameter in network.parameters())
    return members.Member("timm", name, module, size, round(params / 1e6, 2), round(counter.get_total_flops() / 2e9, 3))


def of_torchvision(name: str) -> members.Member:
    """torchvision states both numbers beside its weights."""
    meta = torchvision.models.get_model_weights(name).DEFAULT.meta
    module = torchvision.models.get_model_builder(name).__module__.rsplit(".", 1)[-1]
    size = 299 if name == "inception_v3" else 224
    # Those trained at larger pictures state the work at their own size.
    return members.Member("torchvision", name, module, size, round(meta["num_params"] / 1e6, 2), meta["_ops"])


def family(name: str) -> str:
    """Sizes and numbers left out: models that differ in more than these are chosen first."""
    words = re.split(r"[_\d.]+", name)
    return "_".join(word for word in words if word not in ("", "tiny", "small", "base", "large", "x", "w", "s", "m", "l", "b", "t", "n"))


def choose(models: list[members.Member]) -> list[members.Member]:
    """The cheapest of each family in turn, until the file has its share."""
    affordable = [m for m in models if not m.large and m.macs <= LARGEST_MACS] or [min(models, key=lambda m: m.macs)]
    share = max(2, math.ceil(0.8 * math.sqrt(len(affordable))))
    families = collections.defaultdict(list)
    for member in sorted(affordable, key=lambda m: (m.macs, m.name)):
        families[family(member.name)].append(member)
    chosen: list[members.Member] = []
    for turn in range(max(map(len, families.values()))):
        for models_of_one in families.values():
            if turn < len(models_of_one) and len(chosen) < share:
                chosen.append(models_of_one[turn])
    return chosen


def write() -> None:
    chosen = [of_torchvision(name) for name in torchvision_models()]
    for module, names in sorted(timm_modules().items()):
        models = [member for member in (measured(name, module) for name in names) if member is not None]
        if models:
            chosen += choose(models)
    lines = [f"# Made by choose_members.py from torchvision {torchvision.__version__.split('+')[0]} and timm {timm.__version__}.",
             "# library, model, the file that defines it, size of the picture, millions of parameters, 10^9 multiply-adds"]
    lines += [f"{m.library} {m.name} {m.module} {m.size} {m.params} {m.macs}" for m in chosen]
    members.LIST.write_text("\n".join([*lines, OTHERS]) + "\n")


def check() -> int:
    listed = members.read()
    of_timm = [member for member in listed if member.library == "timm"]
    missing = [name for name in torchvision_models() if name not in {m.name for m in listed if m.library == "torchvision"}]
    modules = timm_modules()
    faults = [f"torchvision's {name} is not in the list" for name in missing]
    faults += [f"timm has no {m.name}" for m in of_timm if m.name not in modules.get(m.module, [])]
    for module in sorted(set(modules) - {member.module for member in of_timm}):
        if any(measured(name, module) for name in modules[module]):
            faults.append(f"timm/models/{module}.py has a classifier, and none of its models is in the list")
    if len(of_timm) < LEAST_TIMM:
        faults.append(f"{len(of_timm)} models of timm, {LEAST_TIMM} are wanted")
    for fault in faults:
        print(f"members.txt: {fault}")
    print(f"{len(listed)} members, {len({m.module for m in of_timm})} of timm's {len(modules)} files")
    return 1 if faults else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(check() if sys.argv[1:] == ["--check"] else write())
