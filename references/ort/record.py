# SPDX-License-Identifier: Apache-2.0
"""Pillow and numpy as one writes them by hand, then ONNX Runtime."""

import pathlib
import sys

import numpy as np
from PIL import Image, ImageOps

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
import picture_rules
from request import Refusal, run


def prepare(request, recording):
    recipe = request.recipe
    resampler = "torch" if recipe.get("antialias") is False else recipe.get("resampler", "pillow")
    if resampler != "pillow":
        raise Refusal(f'the recipe resizes as {resampler} does ("resampler"), and Pillow cannot; '
                      + ("use --against torchvision" if resampler == "torch" else "record your own program instead"))
    with Image.open(request.picture) as file:
        stored = file.convert("RGB")
        recording.stage("decode", stored, "Image.open().convert('RGB')")
        picture = ImageOps.exif_transpose(file) if recipe.get("exif") == "apply" else file
        picture = picture.convert("L" if request.input["pixels"] == "grey" else "RGB")
    recording.stage("orientation", picture, "ImageOps.exif_transpose()" if recipe.get("exif") == "apply" else "as stored")

    picture = picture_rules.first_crop(picture, recipe)
    size = picture_rules.resized_size(picture.size, recipe)
    name = recipe.get("interpolation", "bilinear")
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling[name.upper()])
    recording.stage("resize", picture, f"Image.resize(), {name}")
    picture = picture_rules.centre_crop(picture, recipe)
    recording.stage("crop", picture, "Image.crop()")

    mode = "RGBA" if request.input["pixels"] == "rgba" else "RGB"  # alpha 255: kite refuses transparent pictures there
    return request.tensor(picture_rules.numbers(np.asarray(picture.convert(mode)), recipe))


if __name__ == "__main__":
    run("ONNX Runtime with Pillow and numpy", ["onnxruntime", "Pillow", "numpy"], prepare)
