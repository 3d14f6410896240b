# SPDX-License-Identifier: Apache-2.0
"""Paints one wing: a polar outline R(angle) and layers of pattern in wing coordinates (u, v).

A wing is star-shaped about its root.  Angles are in degrees, 0 = towards the head, 90 = sideways,
180 = towards the tail.  u = radius / R(angle) runs from the root (0) to the margin (1);
v = 0 at the leading edge, 1 at the trailing edge.  So a row of spots along the margin is a line of
constant u, and a vein is a line of constant v.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

PX_PER_UNIT = 160  # one unit = root to wing tip
CANVAS = {"f": (-0.08, 1.16, -0.62, 1.06), "h": (-0.08, 1.06, -1.42, 0.42)}  # x0, x1, y0, y1 in units


@dataclass(frozen=True)
class Layer:
    """One pattern layer: what (kind), where (wing: f, h or b for both), colour, and its numbers."""

    kind: str
    wing: str
    colour: str | tuple
    args: dict


@dataclass
class Field:
    """The coordinates that a layer may use: flat float32 arrays over the pixels of one wing."""

    u: np.ndarray
    v: np.ndarray
    r: np.ndarray  # distance from the root in units
    span: float  # angle between leading and trailing edge, radians
    reach: np.ndarray  # R(angle), units
    x: np.ndarray
    y: np.ndarray
    noise: np.ndarray  # smooth noise, about -1..1
    rng: np.random.Generator
    canvas: tuple[int, int]  # the pixels are a flat list; this is the canvas they come from
    near: np.ndarray  # their places on it


def rgb(text: str) -> np.ndarray:
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def _grid(wing: str) -> tuple[np.ndarray, ...]:
    x0, x1, y0, y1 = CANVAS[wing]
    width, height = round((x1 - x0) * PX_PER_UNIT), round((y1 - y0) * PX_PER_UNIT)
    x = np.linspace(x0, x1, width, dtype=np.float32)[None, :].repeat(height, 0)
    y = np.linspace(y1, y0, height, dtype=np.float32)[:, None].repeat(width, 1)
    angle = np.degrees(np.arctan2(x, y)).astype(np.float32)
    # Behind the body line the angle wraps; keep it continuous so that no seam crosses the canvas.
    angle = np.where(angle < -90, angle + 360, angle)
    return x, y, np.hypot(x, y), angle


_GRID = {wing: _grid(wing) for wing in CANVAS}


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> np.ndarray:
    """Smooth noise of about -1..1 with `cells` bumps along the longer side."""
    height, width = shape
    scale = cells / max(shape)
    small = rng.standard_normal((max(2, round(height * scale)), max(2, round(width * scale))))
    image = Image.fromarray(small.astype(np.float32) * 0.6)
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def step(value: np.ndarray, soft: float) -> np.ndarray:
    """0 below zero, 1 above, a ramp of width `soft` around it."""
    out = value * np.float32(1 / soft) + np.float32(0.5)
    np.maximum(out, 0, out=out)
    return np.minimum(out, 1, out=out)


def _blobs(f: Field, u: float, v: np.ndarray, r: np.ndarray, stretch: float) -> np.ndarray:
    """Distance to the nearest of the spots at (u, v[k]) in units of their radius r[k]."""
    along = (f.u - u) * f.reach / stretch
    square, arc = along * along, f.reach * np.float32(f.span * u)
    best = np.full(f.u.shape, 81.0, np.float32)
    for vk, rk in zip(v, r, strict=True):
        across = (f.v - np.float32(vk)) * arc
        np.minimum(best, (square + across * across) * np.float32(1 / rk**2), out=best)
    return np.sqrt(best)


def _row(f, u, r, n, v0=0.1, v1=0.95, stretch=1.0, grow=0.0, soft=0.35):
    v = np.linspace(v0, v1, n) + f.rng.normal(0, 0.012, n)
    size = r * (1 + grow * np.linspace(-1, 1, n)) * f.rng.uniform(0.8, 1.2, n)
    return step(1 - _blobs(f, u, v, size, stretch), soft)


def _spot(f, u, v, r, stretch=1.0, soft=0.25):
    return step(1 - _blobs(f, u, np.array([v]), np.array([r]), stretch), soft)


def _margin(f, w, scallop=0.0, n=7, v0=-9.0, v1=9.0, lean=0.0):
    depth = w * (1 + scallop * np.cos(f.v * (2 * np.pi * n))) + lean * (0.5 - f.v)
    return step(f.u - 1 + depth, 0.03) * step(f.v - v0, 0.05) * step(v1 - f.v, 0.05)


def _root(f, w, soft=0.12):
    return step(w - f.u, soft)


def _band(f, u0, u1, slope=0.0, wave=0.0, n=6, v0=-9.0, v1=9.0, soft=0.03):
    u = f.u - slope * (f.v - 0.5) - wave * np.cos(f.v * (2 * np.pi * n))
    return step(u - u0, soft) * step(u1 - u, soft) * step(f.v - v0, 0.04) * step(v1 - f.v, 0.04)


def _apex(f, t, k=0.9, soft=0.04):
    return step(f.u - k * f.v - t, soft)


def _veins(f, w, n=7, u0=0.0, u1=1.1):
    phase = f.v * n + 0.18 * np.sin(f.v * 9)
    distance = np.abs(phase - np.round(phase)) * (f.span / n) * np.maximum(f.r, 0.05)
    return step(w * (0.55 + 0.6 * f.u) - distance, 0.016) * step(f.u - u0, 0.06) * step(u1 - f.u, 0.06)


def _cell(f, w, u1=0.55, v0=0.12, v1=0.55):
    edge = np.minimum(np.minimum(f.v - v0, v1 - f.v) * f.span * f.r, (u1 - f.u) * f.reach)
    return step(w - np.abs(edge), 0.016)


def _ray(f, v0, v1, u0=0.0, u1=1.1, bend=0.0, soft=0.03):
    v = f.v + bend * f.u * f.u
    return step(v - v0, soft) * step(v1 - v, soft) * step(f.u - u0, 0.05) * step(u1 - f.u, 0.05)


def _rays(f, n, fill=0.5, u0=0.2, u1=0.9, soft=0.2):
    wave = np.cos(f.v * (2 * np.pi * n)) - np.cos(np.pi * fill)
    return step(wave, soft * 2) * step(f.u - u0, 0.12) * step(u1 - f.u, 0.12)


def _bar(f, t0, t1, turn=0.0, soft=0.03, v0=-9.0, v1=9.0):
    """A straight band across the wing: t runs sideways, turned by `turn` degrees."""
    a = np.radians(turn)
    t = f.x * np.cos(a) + f.y * np.sin(a) + 0.02 * f.noise
    return step(t - t0, soft) * step(t1 - t, soft) * step(f.v - v0, 0.04) * step(v1 - f.v, 0.04)


def _mottle(f, cells=24, t=0.3, u0=-1.0, u1=2.0):
    noise = smooth_noise(f.rng, f.canvas, round(cells)).ravel()[f.near]
    return step(noise - t, 0.3) * step(f.u - u0, 0.08) * step(u1 - f.u, 0.08)


def _checks(f, n, m, fill=0.5, u0=0.1, u1=1.0):
    """Chequered: n columns across, m rows along the wing."""
    wave = np.cos(f.v * (2 * np.pi * n)) * np.cos(f.u * (2 * np.pi * m)) - (0.5 - fill)
    return step(wave, 0.35) * step(f.u - u0, 0.06) * step(u1 - f.u, 0.06)


def _patch(f, u, v, du, dv, soft=0.25):
    d = np.hypot((f.u - u) / du, (f.v - v) / dv) + 0.08 * f.noise
    return step(1 - d, soft)


def _sheen(f, u0=0.0, u1=0.9, soft=0.35):
    """An iridescent area: its strength leans with the light, a random direction a picture."""
    a = f.rng.uniform(0, 2 * np.pi)
    lean = 0.85 + 0.25 * (f.x * np.cos(a) + f.y * np.sin(a))
    return np.clip(step(f.u - u0, soft) * step(u1 - f.u, soft) * lean, 0, 1)


KINDS = {
    "row": _row, "spot": _spot, "margin": _margin, "root": _root, "band": _band, "apex": _apex,
    "veins": _veins, "cell": _cell, "ray": _ray, "rays": _rays, "bar": _bar, "mottle": _mottle,
    "checks": _checks, "patch": _patch, "sheen": _sheen,
}  # fmt: skip
_EXACT = {"n", "m", "soft", "cells", "slope", "lean", "bend", "turn", "k", "v0", "v1", "scallop"}
_SHARED = {"u0", "u1", "t0", "t1", "w", "t", "u", "v", "du", "dv", "r"}


def _vary(args: dict, rng: np.random.Generator) -> dict:
    """The species' numbers, changed by a few per cent for this individual; the edges move together."""
    shift = rng.normal(0, 0.012)
    out = {}
    for name, value in args.items():
        if name in _EXACT:
            out[name] = value
        elif name in ("u0", "u1", "t0", "t1", "u", "v"):
            out[name] = value + shift if -1 < value < 1 else value
        else:
            out[name] = value * rng.uniform(0.86, 1.14)
    return out


def outline_table(points: list, smooth_deg: float, tails: list, teeth: tuple) -> np.ndarray:
    """R for every half degree of -90..270, from control points (angle, R) and tails (angle, length, width)."""
    angles = np.arange(-90, 270, 0.5, dtype=np.float32)
    table = np.interp(angles, [p[0] for p in points], [p[1] for p in points])
    reach = max(1, round(smooth_deg * 2))
    kernel = np.hanning(2 * reach + 1)
    table = np.convolve(np.pad(table, reach, mode="edge"), kernel / kernel.sum(), mode="valid")
    depth, count = teeth
    first, last = points[0][0], points[-1][0]
    if depth:
        table = table * (1 + depth * np.cos((angles - first) / (last - first) * 2 * np.pi * count))
    for angle, length, width in tails:
        bump = np.clip(1 - np.abs(angles - angle) / width, 0, 1)
        table = table + length * np.minimum(1, bump * 1.7) ** 1.4
    return table.astype(np.float32)


def paint(wing: str, shape: dict, base: np.ndarray, layers: list, rng: np.random.Generator,
          tint) -> np.ndarray:  # fmt: skip
    """One wing as uint8 RGBA (alpha = the wing's outline), canvas as in CANVAS."""
    x, y, r, angle = _GRID[wing]
    noise = smooth_noise(rng, r.shape, 9)
    points = [(a + rng.normal(0, 0.8), q * rng.uniform(0.975, 1.025)) for a, q in shape["points"]]
    points.sort()
    first, last = points[0][0], points[-1][0]
    tails = [(a + rng.normal(0, 1.5), q * rng.uniform(0.8, 1.2), w) for a, q, w in shape.get("tails", ())]
    table = outline_table(points, shape.get("smooth", 5), tails, shape.get("teeth", (0, 1)))
    # The edges bow outwards between root and tip: bend the angle, most at mid radius.
    bow = 4 * np.clip(r, 0, 1) * np.clip(1 - r, 0, 1)
    middle = 0.5 * (first + last)
    bend = np.where(angle < middle, shape.get("bow", 6), -shape.get("trail", 4)) * bow
    bent = angle + bend * np.clip(np.abs(angle - middle) / (0.5 * (last - first)), 0, 1)
    reach = table[np.clip((bent + 90) * 2, 0, len(table) - 1).astype(np.int32)]
    v = (bent - first) / (last - first) + 0.010 * noise
    u = r / reach
    inside = np.minimum(1 - u, 1.0) * reach
    edge = np.minimum(inside, np.minimum(v, 1 - v) * np.radians(last - first) * np.maximum(r, 0.02))
    alpha = step(edge + 0.004, 1.6 / PX_PER_UNIT)
    # The pattern is worked out inside the outline and a little beyond it only (bilinear neighbours).
    near = np.flatnonzero(edge > -0.02)
    u, v, r, reach, x, y, flat_noise = (a.ravel()[near] for a in (u, v, r, reach, x, y, noise))
    field = Field(u + 0.008 * flat_noise, v, r, float(np.radians(last - first)), reach, x, y, flat_noise,
                  rng, alpha.shape, near)  # fmt: skip
    colour = np.repeat(base[:, None], len(near), 1)  # 3 x pixels
    for layer in layers:
        if layer.wing not in (wing, "b"):
            continue
        mask = KINDS[layer.kind](field, **_vary(layer.args, rng))
        colour += (tint(rgb(layer.colour))[:, None] - colour) * (mask * np.float32(rng.uniform(0.9, 1.0)))
    # Relief: membranes between the veins are slightly pleated, scales are uneven, roots are hairy.
    relief = 1 + 0.05 * np.cos(v * np.float32(2 * np.pi * 7)) * np.minimum(u, 1) + 0.05 * flat_noise
    relief += rng.standard_normal(u.shape, np.float32) * np.float32(0.035)
    colour *= relief - 0.18 * step(0.16 - u, 0.2)
    colour *= 255
    np.minimum(np.maximum(colour, 0, out=colour), 255, out=colour)
    out = np.zeros((alpha.size, 4), np.uint8)
    out[near, :3] = colour.T
    out[:, 3] = alpha.ravel() * 255
    return out.reshape(*alpha.shape, 4)
