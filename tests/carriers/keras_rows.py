# SPDX-License-Identifier: Apache-2.0
"""Keras' own export, channels last, with the modes of keras.applications; pictures have the model's size already."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import numpy as np
from rows import SIDE, Row


def write(folder, _):
    import keras

    pixels = keras.Input((SIDE, SIDE, 3), name="pixels")
    scores = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(pixels))
    model = keras.Model(pixels, scores)
    model(np.zeros((1, SIDE, SIDE, 3), np.float32))
    model.export(str(folder / "model.onnx"), format="onnx", verbose=False)
    return folder / "model.onnx"


def rows():
    import keras
    from keras.applications.imagenet_utils import preprocess_input

    def tensor(mode):
        def prepared(picture):
            pixels = np.asarray(picture.resize((SIDE, SIDE), 2), np.float32)  # bilinear
            return np.asarray(preprocess_input(pixels, data_format="channels_last", mode=mode), np.float32)

        return prepared

    remark = "; squashed by Pillow's bilinear filter: a Keras model states no size and no filter"
    for mode in ("caffe", "tf", "torch"):
        carrier, flags = f"Keras, channels last, --recipe keras-{mode}", ("--recipe", f"keras-{mode}")
        yield Row(carrier, f"keras {keras.__version__}", write, tensor(mode), None, flags, remark)
