# SPDX-License-Identifier: Apache-2.0
"""The recipe's sizes, crops and numbers, as one writes them with Pillow and numpy.

docs/preprocessing.md has each rule and the library that it comes from.
"""

import numpy as np
from PIL import Image


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def first_crop(picture, recipe):
    part = recipe.get("first_crop")
    if part is None:
        return picture
    width, height = picture.size
    if recipe.get("first_crop_of") == "shape":  # in float32, half up, as Windows ML computes it
        shape = np.float32(part[1]) / np.float32(part[0])
        if shape * np.float32(height) < np.float32(width):
            new_width, new_height = int(shape * np.float32(height) + np.float32(0.5)), height
        else:
            new_width, new_height = width, int(np.float32(width) / shape + np.float32(0.5))
    else:
        short = min(width, height)
        new_height, new_width = int(part[0] * short), int(part[1] * short)
    new_width, new_height = min(max(new_width, 1), width), min(max(new_height, 1), height)
    left, top = (width - new_width) // 2, (height - new_height) // 2
    return picture.crop((left, top, left + new_width, top + new_height))


def resized_size(size, recipe):
    """(width, height) of the picture -> (width, height) after the resize."""
    resize = recipe.get("resize")
    if resize is None:
        return size
    width, height = size
    if isinstance(resize, int):
        short, long = min(size), max(size)
        sides = [resize, int(resize * long / short)]
        multiple = recipe.get("resize_multiple", 1)
        sides = [-(-side // multiple) * multiple for side in sides]
        return (sides[0], sides[1]) if width <= height else (sides[1], sides[0])
    ratios = height / resize[0], width / resize[1]
    kind = recipe.get("resize_to", "squash")
    if kind == "squash":
        return resize[1], resize[0]
    if kind in ("cover", "fit"):
        ratio = min(ratios) if kind == "cover" else max(ratios)
        return round(width / ratio), round(height / ratio)
    scale = min(resize[0] / height, resize[1] / width)  # fit_scaled
    return round(width * scale), round(height * scale)


def offsets(side, crop, rule):
    """Of one axis: the first pixel that is kept, and the pixels of border before it."""
    spare = side - crop
    if rule == "start":
        return 0, 0
    if spare < 0:
        return 0, -(spare // 2) if rule == "floor" else -spare // 2
    return (round(spare / 2) if rule == "half_even" else spare // 2), 0


def centre_crop(picture, recipe):
    if recipe.get("crop") is None:
        return picture
    crop_h, crop_w = pair(recipe["crop"])
    rule = recipe.get("crop_offset", "half_even")
    left, before = offsets(picture.width, crop_w, rule)
    top, above = offsets(picture.height, crop_h, rule)
    border = tuple(recipe.get("border", (0, 0, 0)))
    canvas = Image.new(picture.mode, (crop_w, crop_h), border if picture.mode == "RGB" else border[0])
    kept = picture.crop((left, top, min(left + crop_w, picture.width), min(top + crop_h, picture.height)))
    canvas.paste(kept, (before, above))
    return canvas


def numbers(pixels, recipe):
    """Bytes [H,W,C] of RGB or RGBA -> float32 [C,H,W], the channels in the order that the recipe states."""
    kind = recipe.get("arithmetic", "huggingface" if "rescale" in recipe else "torchvision")
    rescale = recipe.get("rescale", 1 / 255)
    mean, std, second = (np.float32(recipe.get(key, (1, 1, 1))) for key in ("mean", "std", "second_std"))
    if pixels.shape[2] == 4:  # all channels have the same numbers then
        mean, std, second = mean[0], std[0], second[0]
    if recipe.get("channels") == "bgr":
        pixels = pixels[:, :, [2, 1, 0, 3][:pixels.shape[2]]]
    if kind == "torchvision":
        unit = pixels.astype(np.float32) / np.float32(255)
    elif kind == "huggingface":
        unit = (pixels * np.float64(rescale)).astype(np.float32)
    elif kind == "product":
        unit = pixels.astype(np.float32) * np.float32(rescale)
    else:  # fused: the factor is in mean and std
        unit = pixels.astype(np.float32)
        inverse = np.float32(1 / rescale)
        mean, std = mean * inverse, std * inverse
    if recipe.get("offset", 0):
        unit = unit + np.float32(recipe["offset"])
    unit = (unit - mean) / std / second
    return np.ascontiguousarray(unit.transpose(2, 0, 1))
