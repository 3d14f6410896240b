# SPDX-License-Identifier: Apache-2.0
"""Carriers of vendors without a library to install: the reference is their published samples and sources, in numpy."""

import json
import zipfile

import numpy as np
from PIL import Image
from rows import LABELS, SIDE, Row, inside, write_model

SAMPLE = "the service's sample for Python (customvision-export-samples)"
SOURCE = "Windows ML's source (ImageFeatureValue.cpp)"
WIDE = (3, 24, 40)


def planes(pixels, is_bgr=False):
    return np.asarray(pixels, np.float32)[..., :: -1 if is_bgr else 1].transpose(2, 0, 1)


def custom_vision_row(pixel_format, pixel_range):
    """The zip that the service gives; its model also has the metadata of Windows ML."""
    image = {"Image.BitmapPixelFormat": pixel_format, "Image.ColorSpaceGamma": "SRGB", "Image.NominalPixelRange": pixel_range}
    step = "CustomVision.Preprocess."
    properties = {
        "CustomVision.Metadata.AdditionalModelInfo": "",
        "CustomVision.Metadata.Version": "1.2",
        "CustomVision.Postprocess.Method": "ClassificationMultiClass",
        "CustomVision.Postprocess.Yolo.Biases": "[]",
        "CustomVision.Postprocess.Yolo.NmsThreshold": "0.0",
        **{step + name: "0" for name in ("CropHeight", "CropWidth", "MaxDimension", "MaxScale", "MinDimension", "MinScale")},
        step + "CropMethod": "NoCrop",
        step + "NormalizeMean": "[0.0, 0.0, 0.0]",
        step + "NormalizeStd": "[1.0, 1.0, 1.0]",
        step + "ResizeMethod": "Stretch",
        step + "TargetHeight": str(SIDE),
        step + "TargetWidth": str(SIDE),
        **image,
    }

    def write(folder, shape):
        model = write_model(folder / "unpacked.onnx", shape, image)
        with zipfile.ZipFile(folder / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(model, "model.onnx")
            archive.writestr("labels.txt", "\r\n".join(LABELS))
            archive.writestr("metadata_properties.json", json.dumps(properties))
            archive.writestr("cvexport.manifest", json.dumps({"ModelFileName": "model.onnx", "LabelFileName": "labels.txt"}))
        return folder / "export.zip"

    def tensor(picture):
        values = planes(picture.resize((SIDE, SIDE)), pixel_format == "Bgr8")
        return values if pixel_range == "NominalRange_0_255" else values / np.float32(255)

    return Row(f"Custom Vision's zip, {pixel_format}, {pixel_range}", SAMPLE, write, tensor, LABELS)


def windows_ml_part(picture, height, width):
    """The largest centred part of the shape, in float32."""
    shape, half = np.float32(width) / np.float32(height), np.float32(0.5)
    if shape * np.float32(picture.height) < np.float32(picture.width):
        part = min(int(shape * np.float32(picture.height) + half), picture.width)
        left = (picture.width - part) // 2
        return picture.crop((left, 0, left + part, picture.height))
    part = min(int(np.float32(picture.width) / shape + half), picture.height)
    top = (picture.height - part) // 2
    return picture.crop((0, top, picture.width, top + part))


def windows_ml_row(what, metadata, shape, is_bgr, numbers, denotation="IMAGE"):
    def tensor(picture):
        part = windows_ml_part(picture, *shape[1:])
        return numbers(planes(part.resize((shape[2], shape[1]), Image.Resampling.BILINEAR), is_bgr))

    remark = "; scaled as Pillow does, since the scaling of Windows is not documented"
    return Row(f"Windows ML, {what}", SOURCE, inside(metadata, denotation), tensor, None, (), remark)


def rows():
    yield custom_vision_row("Rgb8", "Normalized_0_1")
    yield custom_vision_row("Bgr8", "NominalRange_0_255")
    square = (3, SIDE, SIDE)
    raw = {"Image.BitmapPixelFormat": "Bgr8", "Image.ColorSpaceGamma": "SRGB", "Image.NominalPixelRange": "NominalRange_0_255"}
    yield windows_ml_row("Bgr8, NominalRange_0_255", raw, square, True, lambda x: x)
    yield windows_ml_row("the same, not square", raw, WIDE, True, lambda x: x)
    unit = {"Image.BitmapPixelFormat": "Rgb8", "Image.NominalPixelRange": "Normalized_0_1"}
    yield windows_ml_row("Rgb8, Normalized_0_1", unit, square, False, lambda x: x / np.float32(255))
    signed = {"Image.BitmapPixelFormat": "Rgb8", "Image.NominalPixelRange": "Normalized_1_1"}
    half = np.float32(0.5)
    yield windows_ml_row("Rgb8, Normalized_1_1", signed, square, False, lambda x: (x / np.float32(255) - half) / half)
    yield windows_ml_row("the denotation IMAGE alone", {}, square, True, lambda x: x)
