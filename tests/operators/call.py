# SPDX-License-Identifier: Apache-2.0
"""What a random call of an operator is, and how its parts are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Call:
    op: str
    opset: int
    inputs: list  # numpy arrays, None where one is left out
    attributes: dict = field(default_factory=dict)
    outputs: int = 1
    constants: tuple = ()  # positions of inputs that the model holds
    tolerance: float = 1e-5  # of the largest element
    newer: Call | None = None  # the same call in a newer opset, which is judged instead


def pick(rng, *choices):
    return choices[rng.integers(len(choices))]


def floats(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def shape_of(rng, rank, least=1, most=6):
    return [int(v) for v in rng.integers(least, most + 1, rank)]


def some_attributes(rng, **values):
    """Each attribute with a chance of 3 in 4, so that defaults are tried, too."""
    return {name: value for name, value in values.items() if rng.random() < 0.75}
