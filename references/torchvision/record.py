# SPDX-License-Identifier: Apache-2.0
"""torchvision.transforms with the recipe's parameters, then ONNX Runtime."""

import pathlib
import sys

import torch
from PIL import Image, ImageOps
from torchvision import transforms
from torchvision.transforms import v2

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
import transforms_by_step
from request import Refusal, run

# Keys of a recipe that torchvision has no parameter for, and the value that is its own.
FOREIGN = {"resize_to": "squash", "resize_multiple": 1, "first_crop": None, "border": [0, 0, 0], "crop_offset": "half_even"}


def refuse_foreign(recipe):
    for key, own in FOREIGN.items():
        if recipe.get(key, own) != own:
            raise Refusal(f'torchvision has nothing for "{key}": {recipe[key]!r} of the recipe; use --against ort')
    if recipe.get("resampler") == "opencv":
        raise Refusal("the recipe resizes as OpenCV does, and torchvision cannot; record your own program instead")


def geometry(recipe):
    """Without "resampler": "torch" the picture is Pillow's until it has its final size, as in most Python programs."""
    kind = v2.InterpolationMode(recipe.get("interpolation", "bilinear"))
    is_tensor = recipe.get("resampler") == "torch" or recipe.get("antialias") is False
    if is_tensor:
        yield v2.PILToTensor()
        if kind == v2.InterpolationMode.NEAREST:
            kind = v2.InterpolationMode.NEAREST_EXACT  # the pixel under the centre, as Pillow's nearest
    if recipe.get("resize") is not None:
        yield v2.Resize(recipe["resize"], interpolation=kind, antialias=recipe.get("antialias", True))
    if recipe.get("crop") is not None:
        yield v2.CenterCrop(recipe["crop"])


def numbers(recipe):
    """From a picture of either kind to the input tensor."""
    if "rescale" in recipe:
        factor, offset = recipe["rescale"], recipe.get("offset", 0)
        yield transforms.Lambda(lambda picture: v2.functional.to_image(picture) * factor + offset)
    else:
        yield transforms.Lambda(lambda picture: transforms.ToTensor()(picture) if isinstance(picture, Image.Image)
                                else transforms.ConvertImageDtype(torch.float32)(picture))
    if recipe.get("channels") == "bgr":
        yield transforms.Lambda(lambda tensor: tensor.flip(0))
    yield transforms.Normalize(recipe["mean"], recipe["std"])
    if "second_std" in recipe:
        yield transforms.Normalize([0, 0, 0], recipe["second_std"])


def prepare(request, recording):
    refuse_foreign(request.recipe)
    picture = Image.open(request.picture)
    recording.stage("decode", picture.convert("RGB"), "Image.open().convert('RGB')")
    if request.recipe.get("exif") == "apply":
        picture = ImageOps.exif_transpose(picture)
    picture = picture.convert("RGB")
    if request.input["pixels"] == "grey":
        picture = transforms.Grayscale(3)(picture)
    recording.stage("orientation", picture, "ImageOps.exif_transpose()" if request.recipe.get("exif") == "apply" else "as stored")
    steps = [*geometry(request.recipe), *numbers(request.recipe)]
    return request.tensor(transforms_by_step.run(steps, picture, recording).numpy())


if __name__ == "__main__":
    run("torchvision", ["torchvision", "torch", "Pillow", "onnxruntime"], prepare)
