# SPDX-License-Identifier: Apache-2.0
"""Seeded weights from a recipe: the same numbers on every machine, from a few bytes per tensor."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

# A BatchNormalization that an exporter folds away is named by its module; these are its four tensors.
BN_PARTS = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Spec:
    """One tensor: uniform in [low, high). `centre` then gives every output row a mean of zero.

    Zero-mean rows matter after a ReLU: its outputs are all positive, so the output of a random filter
    without this is mostly their common mean, and after fifty layers every picture has the same logits.
    """

    role: str
    dims: tuple[int, ...]
    low: float
    high: float
    centre: bool = False


def uniform(seed: int, name: str, count: int) -> np.ndarray:
    """`count` multiples of 2^-24 in [0, 1) as float32, from the seed and the tensor's name alone.

    The numbers are made from raw PCG64 words, not with Generator methods: numpy guarantees that the raw
    stream never changes, and 24 bits convert to float32 exactly, so that no rounding mode or libm can
    make two machines differ.
    """
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    words = np.random.PCG64(int.from_bytes(digest[:16], "little")).random_raw((count + 1) // 2)
    bits = words.astype("<u8", copy=False).view("<u4")[:count] >> np.uint32(8)
    return bits.astype(np.float32) * np.float32(2.0**-24)


def draw(seed: int, name: str, spec: Spec) -> np.ndarray:
    """The tensor that `spec` describes. Every operation is one correctly rounded float32 operation."""
    unit = uniform(seed, name, int(np.prod(spec.dims, dtype=np.int64)))
    low, span = np.float32(spec.low), np.float32(spec.high) - np.float32(spec.low)
    if not spec.centre:
        return (unit * span + low).reshape(spec.dims)
    rows = unit.reshape(spec.dims[0], -1)
    # Sums of multiples of 2^-24 below 2^29 are exact in float64: the order of adding cannot matter.
    mean = rows.sum(axis=1, dtype=np.float64) / rows.shape[1]
    rows = (rows - mean.astype(np.float32)[:, None]) * span
    return (rows + (np.float32(0.5) * span + low)).reshape(spec.dims)


class Recipe:
    """All tensors of one network, by the name that the network's author gave them."""

    def __init__(self, seed: int, specs: dict[str, Spec], pictures: list[int] | None = None):
        self.seed = seed
        self.specs = specs
        # Seeds of input pictures that get different labels from this network.
        self.pictures = pictures or []

    @classmethod
    def load(cls, path: Path) -> Recipe:
        data = json.loads(Path(path).read_text())
        specs = {}
        for name, fields in data["tensors"].items():
            specs[name] = Spec(**{**fields, "dims": tuple(fields["dims"])})
        return cls(data["seed"], specs, data["pictures"])

    def save(self, path: Path) -> None:
        """One line for each tensor, so that a refresh gives a readable diff."""
        lines = []
        for name, spec in self.specs.items():
            fields = {key: value for key, value in asdict(spec).items() if value is not False}
            lines.append(f"    {json.dumps(name)}: {json.dumps(fields)}")
        body = ",\n".join(lines)
        head = f'  "seed": {self.seed},\n  "pictures": {json.dumps(self.pictures)},\n'
        Path(path).write_text(f'{{\n{head}  "tensors": {{\n{body}\n  }}\n}}\n')

    def tensor(self, name: str) -> np.ndarray:
        return draw(self.seed, name, self.specs[name])

    def evaluate(self, expression: str) -> np.ndarray:
        """The numbers that the doc_string of an initializer without weights describes.

        PARAM                           the tensor itself
        PARAM | transpose               its last two axes exchanged
        PARAM | rows A B                rows A to B (a fused query-key-value projection, cut apart)
        fold_weight CONV BN EPS         convolution weight with the BatchNormalization multiplied in
        fold_bias BN EPS                the rest of that BatchNormalization, a bias
        The caller reshapes to the initializer's dims.
        """
        head, *steps = [part.strip() for part in expression.split("|")]
        words = head.split()
        if words[0] == "fold_weight":
            conv, bn, eps = words[1:]
            scale = self._bn_scale(bn, eps)
            weight = self.tensor(f"{conv}.weight")
            value = weight * scale.reshape((-1,) + (1,) * (weight.ndim - 1))
        elif words[0] == "fold_bias":
            bn, eps = words[1:]
            value = self.tensor(f"{bn}.bias") - self.tensor(f"{bn}.running_mean") * self._bn_scale(bn, eps)
        else:
            (name,) = words
            value = self.tensor(name)
        for step in steps:
            verb, *arguments = step.split()
            if verb == "transpose":
                value = np.ascontiguousarray(value.swapaxes(-1, -2))
            elif verb == "rows":
                value = value[int(arguments[0]) : int(arguments[1])]
            else:
                raise ValueError(f"unknown step {step!r} in {expression!r}")
        return value

    def _bn_scale(self, bn: str, eps: str) -> np.ndarray:
        variance = self.tensor(f"{bn}.running_var") + np.float32(eps)
        return self.tensor(f"{bn}.weight") / np.sqrt(variance)
