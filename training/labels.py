# SPDX-License-Identifier: Apache-2.0
"""The label mapping file and the preprocessing recipe, as the models carry them."""

from __future__ import annotations

import json
from pathlib import Path

# torchvision's evaluation transform of the RegNet IMAGENET1K_V1 weights.
PREPROCESS = {
    "resize": 256,
    "crop": 224,
    "interpolation": "bilinear",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}


def write_mapping(path: Path, names: list[str]) -> None:
    mapping = {
        "class_to_int": {name: index for index, name in enumerate(names)},
        "int_to_class": {str(index): name for index, name in enumerate(names)},
    }
    path.write_text(json.dumps(mapping, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_mapping(path: Path) -> list[str]:
    names = json.loads(path.read_text(encoding="utf-8"))["int_to_class"]
    missing = [str(index) for index in range(len(names)) if str(index) not in names]
    if missing:
        raise ValueError(f"{path}: int_to_class has {len(names)} entries but no {', '.join(missing)}")
    return [names[str(index)] for index in range(len(names))]
