# SPDX-License-Identifier: Apache-2.0
"""Seeded input tensors that look like normalised photographs: broad colour areas, edges and texture."""

from __future__ import annotations

import numpy as np

SIZE = 224


def picture(seed: int, size: int = SIZE) -> np.ndarray:
    """One picture as float32 [3, size, size], about zero mean and unit spread over many pictures.

    White noise cannot be used: convolution and pooling average it away, so that every picture of noise
    gives the classifier the same input.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    values = np.repeat(rng.uniform(-1.2, 1.2, (3, 1, 1)), size, 1).repeat(size, 2)
    for cells, strength in ((3, 1.0), (9, 0.7), (37, 0.5), (size, 0.3)):
        coarse = rng.uniform(-1.0, 1.0, (3, cells, cells)) * strength * rng.uniform(0.3, 1.7)
        index = np.arange(size) * cells // size
        values = values + coarse[:, index][:, :, index]
    row, column = np.mgrid[0:size, 0:size] / size
    waves, angle = rng.uniform(2, 40), rng.uniform(0, np.pi)
    stripes = np.sin(2 * np.pi * waves * (row * np.cos(angle) + column * np.sin(angle)))
    return (values + rng.uniform(-0.8, 0.8, (3, 1, 1)) * stripes).astype(np.float32)


def batch(seeds: list[int], size: int = SIZE) -> np.ndarray:
    """Pictures stacked to [len(seeds), 3, size, size]."""
    return np.stack([picture(seed, size) for seed in seeds])
