# SPDX-License-Identifier: Apache-2.0
"""A program that was written for ONNX Runtime: Pillow reads the pictures, numpy makes tensors of them and probabilities of
what the session gives."""

import json
import math

import numpy
from PIL import Image
from rows import arguments, show

import paperkite.ort as onnxruntime


def tensor_of(picture, recipe):
    image = Image.open(picture).convert("RGB")
    scale = recipe["resize"] / min(image.size)
    image = image.resize([int(scale * side) for side in image.size], Image.Resampling.BILINEAR)
    left, top = (round((side - recipe["crop"]) / 2) for side in image.size)
    image = image.crop((left, top, left + recipe["crop"], top + recipe["crop"]))
    mean, std = (numpy.array(recipe[name], numpy.float32) for name in ("mean", "std"))
    pixels = (numpy.asarray(image, numpy.float32) / numpy.float32(255) - mean) / std
    return pixels.transpose(2, 0, 1)[None]


def softmax(logits):
    largest = max(logits)
    exponentials = [math.exp(logit - largest) for logit in logits]  # of Python's floats, which have 64 bits
    total = sum(exponentials)
    return [each / total for each in exponentials]


_, model, pictures = arguments()
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
metadata = session.get_modelmeta().custom_metadata_map
labels, recipe = json.loads(metadata["paperkite.labels"]), json.loads(metadata["paperkite.preprocess"])
for picture in pictures:
    logits, = session.run(["logits"], {session.get_inputs()[0].name: tensor_of(picture, recipe)})
    scores = softmax(logits[0].tolist())
    best = sorted(range(len(scores)), key=lambda index: -scores[index])[:5]
    show(picture, [(index, labels[index], scores[index]) for index in best])
