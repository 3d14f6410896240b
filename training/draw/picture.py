# SPDX-License-Identifier: Apache-2.0
"""One picture: background, shadow, wings, body, light, camera; from (seed, class, number) alone."""

from __future__ import annotations

import colorsys
import io

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .backdrop import backdrop
from .pose import canvas_corners, homography, project, random_pose, wing_points
from .species import SPECIES, Species
from .wing import Layer, paint, rgb
from . import shapes

SIZES = [(500, 332), (332, 500), (480, 360), (360, 480), (400, 400), (320, 240), (448, 336), (384, 256), (500, 375), (300, 300)]


def _tint(rng: np.random.Generator):
    """This individual's change of hue, saturation and brightness: small, and the same for all of its colours."""
    hue, sat, val = rng.normal(0, 0.009), rng.uniform(0.85, 1.1), rng.uniform(0.88, 1.08)

    def apply(colour: np.ndarray) -> np.ndarray:
        h, s, v = colorsys.rgb_to_hsv(*np.clip(colour, 0, 1).tolist())
        out = colorsys.hsv_to_rgb((h + hue) % 1, min(1, s * sat), min(1, v * val + 0.005))
        return np.array(out, np.float32)

    return apply


def _wings(species: Species, rng: np.random.Generator, underside: bool) -> dict[str, Image.Image]:
    tint = _tint(rng)
    grounds = {"f": rgb(species.ground), "h": rgb(species.hind_ground)}
    layers: list[Layer] = species.layers
    amount = 0.0
    if underside:
        amount = species.under_amount
        if species.under_layers is not None:
            layers = species.under_layers
            grounds = dict.fromkeys("fh", rgb(species.under))
    out = {}
    for wing, outline in (("f", shapes.FORE[species.fore]), ("h", shapes.HIND[species.hind])):
        texture = paint(wing, outline, tint(grounds[wing]), layers, rng, tint)
        if underside and species.under_layers is None:
            tone = tint(rgb(species.under)) * 255
            mixed = texture[..., :3] * (1 - amount) + tone * amount
            texture[..., :3] = np.clip(mixed, 0, 255)
        out[wing] = texture
    if rng.random() < 0.12:  # a torn margin
        wing = "fh"[int(rng.integers(2))]
        height, width = out[wing].shape[:2]
        x, y = rng.uniform(0.55, 0.95) * width, rng.uniform(0.1, 0.9) * height
        yy, xx = np.ogrid[:height, :width]
        out[wing][..., 3][np.hypot(xx - x, yy - y) < rng.uniform(4, 13)] = 0
    # RGBX, not RGBA: Pillow would premultiply on every transform; colour is defined beyond the outline.
    return {wing: Image.frombuffer("RGBX", (a.shape[1], a.shape[0]), a.tobytes(), "raw", "RGBX", 0, 1)
            for wing, a in out.items()}  # fmt: skip


def _place(canvas: Image.Image, cover: Image.Image, texture: Image.Image, corners: np.ndarray, light: float) -> None:
    """Pastes a wing texture onto the picture where its corners project to, and its outline onto `cover`."""
    x0, y0 = np.floor(corners.min(0)).astype(int)
    x1, y1 = np.ceil(corners.max(0)).astype(int) + 1
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, canvas.width), min(y1, canvas.height)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return
    w, h = texture.size
    source = np.array([(0, 0), (w, 0), (w, h), (0, h)], float)
    numbers = homography(source, corners - [x0, y0])
    warped = texture.transform((int(x1 - x0), int(y1 - y0)), Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR)
    bands = warped.split()
    colour = Image.merge("RGB", bands[:3]).point(lambda value: int(min(255, value * light)))
    box = (int(x0), int(y0))
    # A thin dark rim inside the outline separates a wing from the one beneath it.
    canvas.paste(tuple(int(c * 0.35) for c in (60, 50, 40)), (box[0], box[1] + 1), bands[3])
    canvas.paste(colour, box, bands[3])
    cover.paste(255, box, bands[3])


def _body(canvas: Image.Image, cover: Image.Image, pose, colour: np.ndarray, rng: np.random.Generator) -> None:
    """Abdomen, thorax, head, antennae, drawn along the projected body axis."""
    axis = project(pose, np.array([(0, y, 0.03) for y in (-0.55, -0.42, -0.2, 0.0, 0.14, 0.26)]))
    width = pose.scale * np.array([0.018, 0.036, 0.044, 0.06, 0.062, 0.046]) * rng.uniform(0.85, 1.15)
    if pose.closed:
        width = width * 1.2
    draw, mask = ImageDraw.Draw(canvas), ImageDraw.Draw(cover)
    shades = [tuple(int(np.clip(c * k, 0, 1) * 255) for c in colour) for k in (0.55, 0.9, 1.35)]
    for k, share in enumerate((1.0, 0.72, 0.34)):
        for (ax, ay), (bx, by), wa, wb in zip(axis[:-1], axis[1:], width[:-1], width[1:], strict=True):
            for t in np.linspace(0, 1, 7):
                x, y, q = ax + (bx - ax) * t - k * 0.6, ay + (by - ay) * t - k * 0.6, (wa + (wb - wa) * t) * share
                draw.ellipse([x - q, y - q, x + q, y + q], fill=shades[k])
                if k == 0:
                    mask.ellipse([x - q, y - q, x + q, y + q], fill=255)
    spread = rng.uniform(0.16, 0.34)
    for side in (-1, 1):
        path = np.array([(side * spread * t, 0.27 + 0.42 * t - 0.06 * t * t, 0.03) for t in (0, 0.3, 0.6, 1.0)])
        points = project(pose, path)
        draw.line([tuple(p) for p in points.tolist()], fill=shades[0], width=max(1, round(pose.scale / 110)))
        (x, y), q = points[-1], max(1.2, pose.scale * 0.016)
        draw.ellipse([x - q, y - q, x + q, y + q], fill=shades[0])


def _camera(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Light, exposure, white balance, focus, sensor noise."""
    if rng.random() < 0.75:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.25, 0.75))))
    else:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.75, 1.6))))
    pixels = np.asarray(image).astype(np.float32)
    height, width = pixels.shape[:2]
    a, depth = rng.uniform(0, 2 * np.pi), abs(rng.normal(0, 0.16))
    x, y = np.linspace(-1, 1, width, dtype=np.float32)[None, :], np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    light = (1 + np.float32(depth) * (np.float32(np.cos(a)) * x + np.float32(np.sin(a)) * y))[..., None]
    gain = (rng.uniform(0.78, 1.18) * (1 + rng.normal(0, 0.035, 3))).astype(np.float32)
    pixels *= light * gain
    noise = rng.standard_normal((height, width), np.float32) * np.float32(rng.uniform(0.5, 7))
    pixels += (noise + np.float32(rng.normal(0, 6)))[..., None]
    np.minimum(np.maximum(pixels, 0, out=pixels), 255, out=pixels)
    return Image.fromarray(pixels.astype(np.uint8))


def draw(seed: int, label: int, number: int, size: tuple[int, int] | None = None) -> Image.Image:
    """Picture `number` of class `label`; the same arguments give the same pixels."""
    species = SPECIES[label]
    rng = np.random.default_rng([seed, label, number])
    width, height = size or SIZES[int(rng.integers(len(SIZES)))]
    pose = random_pose(rng, width, height, species.closed)
    canvas = backdrop(rng, width, height)
    wings = _wings(species, rng, pose.closed)
    butterfly, cover = canvas.copy(), Image.new("L", (width, height), 0)
    placed = []
    for wing in "hf":
        for side in pose.dihedral:
            corners = project(pose, wing_points(pose, wing, side, canvas_corners(wing)))
            placed.append((wing, side, corners))
    for wing, side, corners in placed:
        _place(butterfly, cover, wings[wing], corners, float(np.clip(1 + rng.normal(0, 0.05), 0.8, 1.2)))
    _body(butterfly, cover, pose, rgb(species.body), rng)
    # Shadow: the cover, moved away from the light, soft, on the background only.
    reach = pose.scale * rng.uniform(0.02, 0.12)
    a = rng.uniform(0, 2 * np.pi)
    small = cover.resize((max(1, width // 4), max(1, height // 4)), Image.Resampling.BILINEAR)
    small = small.filter(ImageFilter.GaussianBlur(1 + reach / 8))
    shadow = small.resize((width, height), Image.Resampling.BILINEAR)
    shadow = ImageChops.offset(shadow, int(reach * np.cos(a)), int(reach * np.sin(a)))
    depth = rng.uniform(0.15, 0.6)
    canvas.paste((12, 12, 10), (0, 0), shadow.point(lambda value: int(value * depth)))
    canvas.paste(butterfly, (0, 0), cover)
    return _camera(canvas, rng)


def encode(image: Image.Image, seed: int, label: int, number: int, quality: int | None = None) -> bytes:
    """The picture as a JPEG of varied quality and chroma subsampling (or of the quality asked for)."""
    rng = np.random.default_rng([seed, label, number, 1])
    out = io.BytesIO()
    chosen = int(rng.integers(45, 96)) if quality is None else quality
    image.save(out, "JPEG", quality=chosen, subsampling=int(rng.choice([0, 1, 2], p=[0.2, 0.1, 0.7])))
    return out.getvalue()
