# SPDX-License-Identifier: Apache-2.0
"""What every program of this folder is asked: one JSON file, as ../README.md describes it, is its only argument."""

import json
import pathlib
import sys
from importlib import metadata

import graph_values
import numpy as np
from recording import Recording


class Refusal(Exception):
    """What the library cannot do, in a sentence for the user."""


class Request:
    def __init__(self, path):
        fields = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.model = pathlib.Path(fields["model"])
        self.picture = pathlib.Path(fields["picture"])
        self.recipe = fields["recipe"]
        self.input = fields["input"]  # name, type, axes, pixels, batch
        self.recording = pathlib.Path(fields["recording"])
        self.data_dirs = [pathlib.Path(folder) for folder in fields.get("data_dirs", [])]
        self.values = fields.get("values")  # names; None: every value

    def beside_model(self, name):
        """The file of another program beside the model, or in the folder above `onnx/`."""
        folders = [self.model.parent]
        if self.model.parent.name == "onnx" or self.model.parent.name.isdigit():
            folders.append(self.model.parent.parent)
        for folder in folders:
            if (folder / name).is_file():
                return folder / name
        raise Refusal(f"there is no {name} beside {self.model}; it states the preprocessing that is compared")

    def tensor(self, channels_first):
        """Float [C,H,W] -> the model's input: its layout, its type, one picture."""
        axes = self.input["axes"]
        array = np.asarray(channels_first)
        channels = {"grey": 1, "rgb": 3, "rgba": 4}[self.input["pixels"]]
        if channels == 1 and array.shape[0] == 3:
            array = array[:1]  # grey in three equal channels
        if array.shape[0] != channels:
            raise Refusal(f"it makes {array.shape[0]} channels, and the model's input has {channels}")
        order = [letter for letter in axes if letter in "CHW"]
        if "C" in order:
            array = array.transpose(["CHW".index(letter) for letter in order])
        else:
            array = array[0].transpose(["HW".index(letter) for letter in order])
        for i, letter in enumerate(axes):
            if letter not in "CHW":
                array = np.expand_dims(array, i)
        return np.ascontiguousarray(array).astype(np.dtype(self.input["type"]))


def run(program, packages, prepare):
    """Calls prepare(request, recording), which records the stages and returns the input tensor; then runs the model."""
    request = Request(sys.argv[1])
    try:
        with Recording(request.recording, program) as recording:
            recording.about["versions"] = {name: metadata.version(name) for name in packages}
            tensor = prepare(request, recording)
            recording.stage("normalise", tensor)
            graph_values.record(request, tensor, recording)
    except (Refusal, OSError) as problem:  # Pillow's unreadable pictures are OSErrors
        request.recording.unlink(missing_ok=True)
        sys.exit(str(problem))
