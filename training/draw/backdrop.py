# SPDX-License-Identifier: Apache-2.0
"""Backgrounds: leaves, flowers, bokeh, grass, soil, bark, plain paper; drawn small, then enlarged (out of focus)."""

from __future__ import annotations

import colorsys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .wing import smooth_noise

SCALE = 2  # backgrounds are drawn at 1/SCALE of the picture


def hsv(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    r, g, b = colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), min(max(value, 0), 1))
    return int(r * 255), int(g * 255), int(b * 255)


def _wash(rng, width, height, low, high, cells=4):
    """Two colours mixed by smooth noise."""
    t = np.clip(0.5 + 0.6 * smooth_noise(rng, (height, width), cells), 0, 1)[..., None]
    a, b = np.array(low, np.float32), np.array(high, np.float32)
    return Image.fromarray((a + (b - a) * t).astype(np.uint8))


def _greens(rng, dark=0.15, light=0.55):
    hue = rng.uniform(0.2, 0.4)
    return hsv(hue, rng.uniform(0.4, 0.9), dark), hsv(hue + rng.normal(0, 0.03), rng.uniform(0.3, 0.8), light)


def _leaf(draw, rng, cx, cy, size, turn, colour, vein):
    t = np.linspace(0, np.pi, 14)
    along = size * np.concatenate([-np.cos(t), np.cos(t)])
    across = size * rng.uniform(0.3, 0.55) * np.concatenate([np.sin(t) ** 0.8, -np.sin(t) ** 0.8])
    c, s = np.cos(turn), np.sin(turn)

    def place(a, b):
        return (float(cx + a * c - b * s), float(cy + a * s + b * c))

    draw.polygon([place(a, b) for a, b in zip(along, across, strict=True)], fill=colour)
    draw.line([place(-size, 0), place(size, 0)], fill=vein, width=max(1, int(size / 25)))
    for k in np.linspace(-0.7, 0.7, 6):
        for side in (-1, 1):
            reach = side * size * 0.3 * (1 - k * k)
            draw.line([place(k * size, 0), place((k + 0.22) * size, reach)], fill=vein, width=1)


def _leaves(rng, width, height):
    image = _wash(rng, width, height, *_greens(rng, 0.1, 0.4))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(2, 9)):
        value = rng.uniform(0.25, 0.75)
        hue, sat = rng.uniform(0.18, 0.4), rng.uniform(0.35, 0.9)
        _leaf(draw, rng, rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.25, 0.9) * height,
              rng.uniform(0, np.pi), hsv(hue, sat, value), hsv(hue, sat * 0.7, value + 0.12))  # fmt: skip
    return image.filter(ImageFilter.GaussianBlur(float(rng.choice([0.4, 1.0, 3.0]))))


def _flowers(rng, width, height):
    image = _wash(rng, width, height, *_greens(rng, 0.15, 0.55)).filter(ImageFilter.BoxBlur(3))
    draw = ImageDraw.Draw(image)
    hue, sat = rng.uniform(0, 1), rng.uniform(0.1, 0.9)
    for _ in range(rng.integers(2, 8)):
        cx, cy = rng.uniform(0, width), rng.uniform(0.1 * height, height)
        size, petals = rng.uniform(0.12, 0.4) * height, int(rng.integers(5, 15))
        turn = rng.uniform(0, 6)
        shade = rng.uniform(0.6, 1.0)
        for k in range(petals):
            a = turn + 2 * np.pi * k / petals
            x, y, q = cx + size * 0.6 * np.cos(a), cy + size * 0.6 * np.sin(a), size * min(0.5, 2.2 / petals)
            draw.ellipse([x - q, y - q, x + q, y + q], fill=hsv(hue, sat, shade * rng.uniform(0.85, 1.0)))
        q = size * 0.28
        draw.ellipse([cx - q, cy - q, cx + q, cy + q], fill=hsv(rng.uniform(0.05, 0.16), 0.8, 0.8))
    return image.filter(ImageFilter.GaussianBlur(float(rng.choice([0.6, 1.5, 4.0]))))


def _bokeh(rng, width, height):
    hue = rng.uniform(0, 1)
    image = _wash(rng, width, height, hsv(hue, 0.6, 0.15), hsv(hue + rng.normal(0, 0.1), 0.5, 0.6), 3)
    discs = image.copy()
    draw = ImageDraw.Draw(discs)
    for _ in range(rng.integers(6, 30)):
        x, y, q = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.02, 0.14) * height
        draw.ellipse([x - q, y - q, x + q, y + q], fill=hsv(hue + rng.normal(0, 0.12), 0.4, rng.uniform(0.4, 1)))
    return Image.blend(image, discs, 0.55).filter(ImageFilter.GaussianBlur(2.5))


def _grass(rng, width, height):
    image = _wash(rng, width, height, *_greens(rng, 0.12, 0.45))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(20, 70)):
        x, lean, top = rng.uniform(0, width), rng.normal(0, 0.25), rng.uniform(-0.2, 0.8) * height
        colour = hsv(rng.uniform(0.13, 0.36), rng.uniform(0.3, 0.8), rng.uniform(0.25, 0.8))
        draw.line([(x, height), (x + lean * height, top)], fill=colour, width=int(rng.integers(1, 5)))
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 2.5))))


def _soil(rng, width, height):
    hue = rng.uniform(0.04, 0.13)
    value = rng.uniform(0.3, 0.75)
    low, high = hsv(hue, rng.uniform(0.1, 0.5), value * 0.4), hsv(hue, rng.uniform(0.05, 0.4), value)
    t = 0.5 + 0.3 * smooth_noise(rng, (height, width), 5) + 0.25 * smooth_noise(rng, (height, width), 40)
    t = t + 0.15 * rng.standard_normal((height, width), np.float32)
    a, b = np.array(low, np.float32), np.array(high, np.float32)
    image = Image.fromarray((a + (b - a) * np.clip(t, 0, 1)[..., None]).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 30)):
        x, y, q = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(1, 9)
        draw.ellipse([x - q, y - q * 0.7, x + q, y + q * 0.7], fill=hsv(hue, 0.2, rng.uniform(0.25, 0.8)))
    return image.filter(ImageFilter.GaussianBlur(0.6))


def _bark(rng, width, height):
    lying = rng.random() < 0.3
    if lying:
        width, height = height, width
    hue = rng.uniform(0.03, 0.12)
    rows = smooth_noise(rng, (6, width), 60)
    rows = np.asarray(Image.fromarray(rows).resize((width, height), Image.Resampling.BICUBIC))
    t = np.clip(0.5 + 0.5 * rows + 0.2 * smooth_noise(rng, (height, width), 50), 0, 1)[..., None]
    a, b = np.array(hsv(hue, 0.5, 0.12), np.float32), np.array(hsv(hue, 0.3, rng.uniform(0.4, 0.75)), np.float32)
    image = Image.fromarray((a + (b - a) * t).astype(np.uint8))
    return image.transpose(Image.Transpose.ROTATE_90) if lying else image


def _sky(rng, width, height):
    hue = rng.uniform(0.52, 0.64)
    return _wash(rng, width, height, hsv(hue, rng.uniform(0.3, 0.7), rng.uniform(0.5, 0.9)), hsv(hue, 0.15, 0.97), 3)


def _paper(rng, width, height):
    value = rng.uniform(0.65, 0.98)
    return _wash(rng, width, height, hsv(0.1, 0.06, value * 0.93), hsv(0.1, 0.04, value), 2)


_KINDS = [(_leaves, 0.27), (_flowers, 0.23), (_bokeh, 0.14), (_grass, 0.11), (_soil, 0.1), (_bark, 0.05),
          (_sky, 0.04), (_paper, 0.06)]  # fmt: skip


def backdrop(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    kind = rng.choice(len(_KINDS), p=[share for _, share in _KINDS])
    small = _KINDS[kind][0](rng, max(32, width // SCALE), max(32, height // SCALE))
    return small.resize((width, height), Image.Resampling.BILINEAR)
