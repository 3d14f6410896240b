# SPDX-License-Identifier: Apache-2.0
"""The rows of the table: one list, one function a carrier that gives the reference tensor.

A row is (carrier, what it shows, {file name: its JSON}, function of a Pillow picture that gives float32 [3,H,W]).
A carrier of another kind adds its own function and its rows here.
"""

import numpy as np

SIDE = 28
OTHER = 32


def huggingface_rows(transformers, forms):
    """Every image processor class for classification, with the settings of a small model. `forms`: suffixes of class names."""
    square, edge = {"height": SIDE, "width": SIDE}, {"shortest_edge": OTHER}
    crop = {"crop_size": square, "do_center_crop": True}
    settings = {
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
    for name, keys in settings.items():
        for form in forms:
            kind = getattr(transformers, f"{name}ImageProcessor{form}", None)
            if kind is None:
                continue
            files = {
                "preprocessor_config.json": {"image_processor_type": kind.__name__, **keys},
                "config.json": {"model_type": "any", "transformers_version": transformers.__version__},
            }
            yield kind.__name__, "Hugging Face", files, huggingface_tensor(kind, keys)


def huggingface_tensor(kind, keys):
    def tensor(picture):
        values = np.asarray(kind(**keys)(picture, return_tensors="pt")["pixel_values"][0], np.float32)
        return values[0] if values.ndim == 4 else values  # one frame of a video

    return tensor


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
        yield f"config.json, {what}", "timm", {"config.json": {"pretrained_cfg": config}}, tensor(config)


def torchvision_rows():
    from torchvision.transforms._presets import ImageClassification
    from torchvision.transforms import InterpolationMode

    for mode in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC):
        preset = ImageClassification(crop_size=SIDE, resize_size=OTHER, interpolation=mode)
        fields = {name: getattr(preset, name) for name in ("crop_size", "resize_size", "mean", "std", "antialias")}
        recipe = {"preprocess": {**fields, "interpolation": str(mode)}}
        yield f"weights.transforms(), {mode.value}", "torchvision", {"model.kite.json": recipe}, lambda picture, p=preset: p(picture).numpy()


def all_rows():
    import torchvision
    import transformers

    is_five = int(transformers.__version__.split(".")[0]) >= 5
    rows = list(huggingface_rows(transformers, ("", "Pil") if is_five else ("", "Fast")))
    versions = {"Hugging Face": f"transformers {transformers.__version__}", "torchvision": f"torchvision {torchvision.__version__.split('+')[0]}"}
    if not is_five:  # once is enough
        import timm

        versions["timm"] = f"timm {timm.__version__}"
        rows += [*timm_rows(), *torchvision_rows()]
    return [(carrier, versions[library], files, tensor) for carrier, library, files, tensor in rows]
