# SPDX-License-Identifier: Apache-2.0
"""Recipes that training libraries write: Hugging Face (also in transformers.js's layout), timm, torchvision."""

import numpy as np
from rows import LABELS, OTHER, SIDE, Row, beside

ID2LABEL = {"id2label": dict(enumerate(LABELS)), "label2id": {name: i for i, name in enumerate(LABELS)}}


def huggingface_settings():
    """Every image processor class for classification, with the settings of a small model."""
    square, edge = {"height": SIDE, "width": SIDE}, {"shortest_edge": OTHER}
    crop = {"crop_size": square, "do_center_crop": True}
    return {
        "Beit": {"size": square, "do_center_crop": False},
        "Bit": {"size": edge, **crop},
        "CLIP": {"size": edge, **crop},
        "ConvNext": {"size": {"shortest_edge": SIDE}},
        "DeiT": {"size": {"height": OTHER, "width": OTHER}, **crop},
        "Donut": {"size": square},
        "EfficientFormer": {"size": edge, **crop},
        "EfficientNet": {"size": square},
        "Gemma3": {"size": square},
        "ImageGPT": {"size": square, "do_color_quantize": False},
        "Levit": {"size": {"shortest_edge": SIDE}, **crop},
        "MobileNetV1": {"size": edge, **crop},
        "MobileNetV2": {"size": edge, **crop},
        "MobileViT": {"size": edge, **crop},
        "PPLCNet": {"resize_short": OTHER, **crop},
        "Perceiver": {"size": square, "crop_size": {"height": OTHER, "width": OTHER}},
        "PoolFormer": {"size": {"shortest_edge": SIDE}, **crop},
        "Pvt": {"size": square},
        "Segformer": {"size": square},
        "Siglip": {"size": square},
        "Siglip2": {},
        "TextNet": {"size": edge, **crop},
        "ViT": {"size": square},
        "ViTHybrid": {"size": edge, **crop},
        "VideoMAE": {"size": edge, **crop},
        "Vivit": {"size": edge, **crop},
    }


def huggingface_tensor(kind, keys):
    def tensor(picture):
        values = np.asarray(kind(**keys)(picture, return_tensors="pt")["pixel_values"][0], np.float32)
        return values[0] if values.ndim == 4 else values  # one frame of a video

    return tensor


def huggingface_rows(transformers, forms):
    """`forms`: suffixes of class names."""
    version = f"transformers {transformers.__version__}"
    config = {"model_type": "any", "transformers_version": transformers.__version__, **ID2LABEL}
    for name, keys in huggingface_settings().items():
        for form in forms:
            kind = getattr(transformers, f"{name}ImageProcessor{form}", None)
            if kind is None:
                continue
            files = {"preprocessor_config.json": {"image_processor_type": kind.__name__, **keys}, "config.json": config}
            yield Row(kind.__name__, version, beside(files), huggingface_tensor(kind, keys), LABELS)
    kind, keys = transformers.ViTImageProcessor, huggingface_settings()["ViT"]
    files = {"preprocessor_config.json": {"image_processor_type": kind.__name__, **keys}, "config.json": config}

    def layout(folder, shape):
        beside(files, "onnx/model.onnx")(folder, shape)
        return folder

    yield Row("transformers.js's layout: a folder with onnx/model.onnx", version, layout, huggingface_tensor(kind, keys), LABELS)


def timm_rows():
    import timm.data

    def tensor(config):
        size = timm.data.resolve_data_config(pretrained_cfg=config, model=None)
        transform = timm.data.create_transform(**size, is_training=False)
        return lambda picture: transform(picture).numpy()

    common = {"input_size": [3, SIDE, SIDE], "interpolation": "bicubic", "crop_pct": 0.9}
    for what, changes in {
        "center": {},
        "squash": {"crop_mode": "squash"},
        "border": {"crop_mode": "border"},
        "not square": {"input_size": [3, 24, 40]},
        "nulls": {"crop_pct": None, "crop_mode": None, "interpolation": ""},
        "crop_pct 1.14": {"crop_pct": 1.14},
        "bilinear": {"interpolation": "bilinear"},
    }.items():
        config = {**common, **changes}
        files = {"config.json": {"label_names": LABELS, "pretrained_cfg": config}}
        yield Row(f"config.json, {what}", f"timm {timm.__version__}", beside(files), tensor(config), LABELS)


def torchvision_rows():
    """Each way in which the weights of torchvision's classifiers prepare pictures, once."""
    import torchvision
    from torchvision.models import get_model_weights, list_models

    version = f"torchvision {torchvision.__version__.split('+')[0]}"
    presets = {}
    for model in list_models(module=torchvision.models):
        for weights in get_model_weights(model):
            presets.setdefault(repr(weights.transforms()), []).append(weights)
    for weights in presets.values():
        preset = weights[0].transforms()
        fields = {name: getattr(preset, name) for name in ("crop_size", "resize_size", "mean", "std", "antialias")}
        recipe = {"labels": LABELS, "preprocess": {**fields, "interpolation": str(preset.interpolation)}}
        more = f" and {len(weights) - 1} more" if len(weights) > 1 else ""
        yield Row(
            f"weights.transforms() of {weights[0]}{more}",
            version,
            beside({"model.kite.json": recipe}),
            lambda picture, preset=preset: preset(picture).numpy(),
            LABELS,
        )


def rows():
    import transformers

    is_five = int(transformers.__version__.split(".")[0]) >= 5
    yield from huggingface_rows(transformers, ("", "Pil") if is_five else ("", "Fast"))
    if not is_five:  # once is enough
        yield from timm_rows()
        yield from torchvision_rows()
