# SPDX-License-Identifier: Apache-2.0
"""What makes a network's answer depend on the picture, and the gate that proves it. Needs numpy alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

import pictures  # noqa: E402

SEED = 75
CLASSES = 1000
CALIBRATION_PICTURES = list(range(1, 9))
INPUTS = 3
# Two of the inputs must differ by this fraction of the largest logit in at least one class.
LEAST_DIFFERENCE = 0.1


class NotTelling(Exception):
    """The network gives every picture nearly the same logits, so that its row would prove nothing."""


def calibration_batch(size: int) -> np.ndarray:
    """[8, 3, size, size]"""
    return pictures.batch(CALIBRATION_PICTURES, size)


def balanced(weight: np.ndarray, features: np.ndarray) -> np.ndarray:
    """A classifier's weight [classes, inputs] from its own and the features [pictures, inputs] that it is given.

    W' = W - share * (W f) f^T / |f|^2, where f is the mean feature: the logits that all pictures share become at most as
    large as those that tell them apart. No more of f is taken away than that asks, because what is left of a
    difference that is small beside f has lost digits. The result gives logits with a standard deviation of 1.
    """
    weight, features = weight.astype(np.float64), features.astype(np.float64)
    mean = features.mean(0)
    shared, apart = (weight @ mean).std(), (weight @ (features - mean).T).std()
    if not apart > 0:
        raise NotTelling("the classifier is given the same features for every picture")
    share = max(0.0, 1 - apart / shared)
    return ((weight - share * np.outer(weight @ mean, mean) / mean.dot(mean)) / apart).astype(np.float32)


def chosen(logits: np.ndarray) -> list[int]:
    """INPUTS of the pictures, among them as many top classes as there are; raises NotTelling where they do not differ."""
    winners = logits.argmax(1).tolist()
    first = [winners.index(winner) for winner in dict.fromkeys(winners)]
    rows = (first + [i for i in range(len(logits)) if i not in first])[:INPUTS]
    gate(logits[rows])
    return rows


def gate(logits: np.ndarray) -> None:
    if not np.isfinite(logits).all():
        raise NotTelling("logits are not finite")
    largest = float(np.abs(logits).max())
    difference = max(float(np.abs(a - b).max()) for a in logits for b in logits)
    if difference < LEAST_DIFFERENCE * largest:
        raise NotTelling(f"two inputs differ by {difference / largest:.2g} of the largest logit, {LEAST_DIFFERENCE} is wanted")
    if len(set(logits.argmax(1))) < 2:
        raise NotTelling("every input gets the same class")


def save(folder: Path, inputs: list[np.ndarray], logits: np.ndarray) -> None:
    """x0.npy ... as the exported file takes them, and the library's own logits for them."""
    for i, x in enumerate(inputs):
        np.save(folder / f"x{i}.npy", x)
    np.save(folder / "library.npy", logits)
