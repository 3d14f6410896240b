# SPDX-License-Identifier: Apache-2.0
"""timm's own evaluation transform, from the config.json beside the model, then ONNX Runtime."""

import json
import pathlib
import sys

from PIL import Image
from timm import data

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
import transforms_by_step
from request import Refusal, run


def pretrained_cfg(path):
    """timm's hub files have it under its name, older ones on the top level."""
    config = json.loads(path.read_text(encoding="utf-8"))
    cfg = config.get("pretrained_cfg", config)
    if "input_size" not in cfg:
        raise Refusal(f"{path} has no input_size, so it is no config.json of timm")
    return cfg


def prepare(request, recording):
    cfg = pretrained_cfg(request.beside_model("config.json"))
    transform = data.create_transform(**data.resolve_data_config(pretrained_cfg=cfg), is_training=False)
    picture = Image.open(request.picture).convert("RGB")
    recording.stage("decode", picture, "Image.open().convert('RGB')")
    recording.stage("orientation", picture, "timm does not read it")
    return request.tensor(transforms_by_step.run(transform.transforms, picture, recording).numpy())


if __name__ == "__main__":
    run("timm", ["timm", "torchvision", "torch", "Pillow", "onnxruntime"], prepare)
