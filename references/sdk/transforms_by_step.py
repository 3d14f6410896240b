# SPDX-License-Identifier: Apache-2.0
"""Runs a composition of torchvision's or timm's transforms one by one, and records the picture after each stage."""

import numpy as np
import torch
from PIL import Image

RESIZES = ("Resize", "ResizeKeepRatio")
CROPS = ("CenterCrop", "CenterCropOrPad")


def as_bytes(picture):
    """A picture of Pillow, or a uint8 tensor [C,H,W] -> uint8 [H,W,C]; None for numbers that are no bytes."""
    if isinstance(picture, Image.Image):
        return np.asarray(picture)
    if isinstance(picture, torch.Tensor) and picture.dtype == torch.uint8:
        return picture.numpy().transpose(1, 2, 0)
    return None


def run(transforms, picture, recording):
    """The result of all transforms. A stage is what its last transform makes."""
    stages = {}
    for transform in transforms:
        picture = transform(picture)
        name = type(transform).__name__
        stage = "resize" if name in RESIZES else "crop" if name in CROPS else None
        pixels = as_bytes(picture)
        if stage and pixels is not None:
            stages[stage] = (pixels, str(transform))
    for stage in ("resize", "crop"):
        if stage in stages:
            recording.stage(stage, *stages[stage])
    return picture
