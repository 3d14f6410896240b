# SPDX-License-Identifier: Apache-2.0
"""transformers' own image processor, from the preprocessor_config.json beside the model, then ONNX Runtime."""

import functools
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"  # files beside the model only
import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import AutoImageProcessor  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
from request import Refusal, run  # noqa: E402

STAGE_OF = {"resize": "resize", "center_crop": "crop", "pad": "crop"}  # methods of a processor


def as_bytes(picture):
    """What a method returns -> uint8 [H,W,3]; None where the numbers are no bytes any more."""
    if isinstance(picture, (list, tuple)):
        picture = picture[0]
    if isinstance(picture, Image.Image):
        return np.asarray(picture.convert("RGB"))
    array = picture.numpy() if isinstance(picture, torch.Tensor) else np.asarray(picture)
    while array.ndim > 3:
        array = array[0]
    if array.ndim == 3 and array.shape[0] in (1, 3):
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or array.shape[2] not in (1, 3):
        return None
    array = np.broadcast_to(array, (*array.shape[:2], 3))
    if array.dtype != np.uint8:
        if not (np.array_equal(array, np.rint(array)) and array.min() >= 0 and array.max() <= 255):
            return None
    return array.astype(np.uint8)


def watch(processor, stages):
    """Every call of a method of STAGE_OF leaves what it returned in `stages`."""
    for name, stage in STAGE_OF.items():
        method = getattr(processor, name, None)
        if method is None:
            continue

        @functools.wraps(method)
        def recorded(*arguments, method=method, name=name, stage=stage, **options):
            crop = stages.get("crop")
            result = method(*arguments, **options)
            crops_too = name == "resize" and stages.get("crop") is not crop  # some classes do both in resize()
            pixels = as_bytes(result)
            if pixels is not None and not crops_too:
                stages[stage] = (pixels, f"{type(processor).__name__}.{name}()")
            return result

        setattr(processor, name, recorded)


def prepare(request, recording):
    folder = request.beside_model("preprocessor_config.json").parent
    try:
        processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    except (ValueError, OSError, ImportError) as problem:
        raise Refusal(f"transformers cannot read {folder}/preprocessor_config.json: {problem}") from problem
    recording.about["processor"] = type(processor).__name__
    picture = Image.open(request.picture).convert("RGB")
    recording.stage("decode", picture, "Image.open().convert('RGB')")
    recording.stage("orientation", picture, "transformers does not read it")
    stages = {}
    watch(processor, stages)
    pixel_values = processor(images=picture, return_tensors="pt")["pixel_values"]
    for stage in ("resize", "crop"):
        if stage in stages:
            recording.stage(stage, *stages[stage])
    array = pixel_values.numpy()
    while array.ndim > 3:  # one picture; of videos and pairs the first
        array = array[0]
    return request.tensor(array)


if __name__ == "__main__":
    run("transformers", ["transformers", "torchvision", "torch", "Pillow", "onnxruntime"], prepare)
