# SPDX-License-Identifier: Apache-2.0
"""torchvision's and Hugging Face's preprocessing, written again with Pillow and numpy.

That rules.torchvision_tensor() equals torchvision itself is checked by check_torchvision.py, which needs PyTorch.
"""

import numpy as np
from PIL import Image, ImageOps

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resized_size(size, resize):
    """resize: None, a short side, or [height, width] -> (width, height)."""
    if resize is None:
        return size
    if isinstance(resize, list):
        return resize[1], resize[0]
    width, height = size
    short, long = (width, height) if width <= height else (height, width)
    new_long = int(resize * long / short)
    return (resize, new_long) if width <= height else (new_long, resize)


def half_even_crop(image: Image.Image, crop) -> Image.Image:
    crop_h, crop_w = crop
    width, height = image.size
    if crop_w > width or crop_h > height:
        pad = [max(crop_w - width, 0) // 2, max(crop_h - height, 0) // 2,
               (max(crop_w - width, 0) + 1) // 2, (max(crop_h - height, 0) + 1) // 2]
        image = ImageOps.expand(image, tuple(pad), fill=0)
        width, height = image.size
    top, left = int(round((height - crop_h) / 2.0)), int(round((width - crop_w) / 2.0))
    return image.crop((left, top, left + crop_w, top + crop_h))


def floor_crop(image: Image.Image, crop) -> Image.Image:
    """As transformers.image_transforms.center_crop does it on an array."""
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    crop_h, crop_w = crop
    top, left = (height - crop_h) // 2, (width - crop_w) // 2
    new_h, new_w = max(crop_h, height), max(crop_w, width)
    padded = np.zeros((new_h, new_w, *pixels.shape[2:]), np.uint8)
    top_pad, left_pad = -(-(new_h - height) // 2), -(-(new_w - width) // 2)
    padded[top_pad : top_pad + height, left_pad : left_pad + width] = pixels
    top, left = max(0, top + top_pad), max(0, left + left_pad)
    return Image.fromarray(padded[top : top + crop_h, left : left + crop_w])


def picture(image: Image.Image, recipe: dict) -> Image.Image:
    """image in RGB -> the 8-bit picture of the model's input."""
    size = resized_size(image.size, recipe.get("resize"))
    if size != image.size:
        image = image.resize(size, FILTERS[recipe.get("interpolation", "bilinear")])
    crop = recipe.get("crop")
    if crop is None:
        return image
    crop = [crop, crop] if isinstance(crop, int) else crop
    return (floor_crop if recipe.get("crop_offset") == "floor" else half_even_crop)(image, crop)


def normalize(pixels: np.ndarray, recipe: dict) -> np.ndarray:
    """[H, W, 3] bytes -> [3, H, W] float32, every step in float32 unless the recipe multiplies by a factor."""
    if recipe.get("arithmetic") == "huggingface" or "rescale" in recipe:
        unit = (pixels.astype(np.float64) * recipe.get("rescale", 1 / 255)).astype(np.float32)
    else:
        unit = pixels.astype(np.float32) / np.float32(255)
    if recipe.get("channels") == "bgr":
        unit = unit[:, :, ::-1]
    mean = np.array(recipe.get("mean", [0, 0, 0]), np.float32)
    std = np.array(recipe.get("std", [1, 1, 1]), np.float32)
    return np.ascontiguousarray(((unit - mean) / std).transpose(2, 0, 1))
