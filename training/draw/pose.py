# SPDX-License-Identifier: Apache-2.0
"""Where each wing lies in the picture: wing planes in space, turned, seen in weak perspective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .wing import CANVAS

_EYE = 4.5  # distance of the camera in units of a fore wing


@dataclass
class Pose:
    closed: bool
    turn: np.ndarray  # 3x3: butterfly -> camera
    dihedral: dict[str, float]  # how far each side's wings are raised, radians, keys L and R
    sweep: dict[str, float]  # how far each wing is turned in its own plane, radians, keys fL hL fR hR
    scale: float  # pixels per unit
    centre: tuple[float, float]


def _rotation(axis: int, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    m = np.eye(3)
    i, j = [k for k in range(3) if k != axis]
    m[i, i], m[i, j], m[j, i], m[j, j] = c, -s, s, c
    return m


def random_pose(rng: np.random.Generator, width: int, height: int, closed_share: float) -> Pose:
    closed = bool(rng.random() < closed_share)
    if closed:
        spin = rng.normal(0, 0.45) + (0.5 if rng.random() < 0.5 else -0.5)
        turn = _rotation(2, spin) @ _rotation(0, rng.normal(0, 0.12)) @ _rotation(1, rng.normal(0, 0.25))
        if rng.random() < 0.5:
            turn = turn @ np.diag([-1.0, 1.0, 1.0])
        raised = {"R": 0.0}
    else:
        spin = rng.normal(0, 0.5) if rng.random() < 0.75 else rng.uniform(-np.pi, np.pi)
        tilt, roll = (0.12, 0.12) if rng.random() < 0.6 else (0.4, 0.28)
        turn = _rotation(2, spin) @ _rotation(0, rng.normal(0, tilt)) @ _rotation(1, rng.normal(0, roll))
        lift = abs(rng.normal(0.1, 0.28))
        raised = {side: float(np.clip(lift + rng.normal(0, 0.06), -0.1, 1.0)) for side in "LR"}
    forward = rng.normal(-0.09, 0.11)
    sweep = {w + side: (forward if w == "f" else -0.4 * forward) + rng.normal(0, 0.035)
             for w in "fh" for side in raised}  # fmt: skip
    fill = rng.uniform(0.52, 1.02)
    scale = fill * min(width / 2.2, height / 1.75) * (1.25 if closed else 1.0)
    centre = (width * (0.5 + rng.normal(0, 0.05)), height * (0.5 + rng.normal(0, 0.05)))
    return Pose(closed, turn, raised, sweep, float(scale), centre)


def project(pose: Pose, points: np.ndarray) -> np.ndarray:
    """Butterfly space (x right, y forward, z up) -> pixels."""
    seen = points @ pose.turn.T
    grow = _EYE / (_EYE - seen[:, 2:3]) * pose.scale
    return seen[:, :2] * [1, -1] * grow + np.array(pose.centre)


def wing_points(pose: Pose, wing: str, side: str, flat: np.ndarray) -> np.ndarray:
    """Points of a wing's plane (x, y in units) -> butterfly space."""
    a = pose.sweep[wing + side]
    x, y = flat[:, 0] * np.cos(a) - flat[:, 1] * np.sin(a), flat[:, 0] * np.sin(a) + flat[:, 1] * np.cos(a)
    # The fore wing's root lies in front of the hind wing's.
    y = y + (0.1 if wing == "f" else -0.02)
    up = pose.dihedral[side]
    sign = 1 if side == "R" else -1
    lift = 0.012 if wing == "f" else 0.0
    return np.stack([sign * x * np.cos(up), y, x * np.sin(up) + lift], 1)


def canvas_corners(wing: str) -> np.ndarray:
    x0, x1, y0, y1 = CANVAS[wing]
    return np.array([(x0, y1), (x1, y1), (x1, y0), (x0, y0)])


def homography(source: np.ndarray, target: np.ndarray) -> list[float]:
    """The eight numbers of Pillow's PERSPECTIVE transform that bring `target` back to `source`."""
    rows, right = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        right += [u, v]
    return np.linalg.solve(np.array(rows), np.array(right)).tolist()
