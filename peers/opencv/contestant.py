# SPDX-License-Identifier: Apache-2.0
"""OpenCV's dnn module through its Python wheel. README.md says which settings, and why they are fair."""

import os
import sys

import cv2

sys.path.insert(1, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "sdk", "python"))
import paperkite_contestant as sdk  # noqa: E402


def load(request):
    if request.threads:  # 0 would mean "no pool" here, not "choose"
        cv2.setNumThreads(request.threads)
    if request.track == "default":
        net, settings = cv2.dnn.readNetFromONNX(request.model), "nothing set: the engine is OpenCV's choice"
    else:
        net, settings = cv2.dnn.readNetFromONNX(request.model, cv2.dnn.ENGINE_NEW), "the new graph engine, float32"

    def infer(tensor):
        net.setInput(tensor)
        return net.forward()

    return sdk.Engine(infer, cv2.getNumThreads(), settings)


sdk.run(load, {"opencv": cv2.__version__})
