# SPDX-License-Identifier: Apache-2.0
"""A recording: an .npz of what one program computed of one picture, which `kite verify --reference` reads.

Needs numpy alone, so that a program of your own can write one:

    with Recording("mine.npz", program="my service 1.2") as recording:
        recording.stage("resize", picture)                  # uint8 [H,W,3], or a Pillow picture
        recording.stage("normalise", tensor, how="by hand")
        recording.value("layer1.0/Relu_output_0", array)    # a value of the ONNX graph, by its name in the file
"""

import json
import zipfile

import numpy as np

STAGES = ("decode", "orientation", "resize", "crop", "normalise")  # in the order in which a picture passes them


class Recording:
    """Writes each array at once, so that no two have to be in memory. A file that was not closed is no recording."""

    def __init__(self, path, program):
        self.about = {"program": program, "versions": {}, "stages": {}, "left_out": {}}
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._names = set()

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if failed is None:
            self._zip.writestr("about.json", json.dumps(self.about, indent=1))
        self._zip.close()

    def stage(self, name, picture, how=""):
        """A stage of STAGES: bytes [H,W,3] of a picture, and of "normalise" the model's input tensor."""
        if name not in STAGES:
            raise ValueError(f"{name!r} is not one of the stages {', '.join(STAGES)}")
        array = np.asarray(picture)
        if name != "normalise":
            if array.ndim == 2:
                array = np.repeat(array[:, :, None], 3, axis=2)
            if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
                raise ValueError(f"{name!r} is {array.dtype} {list(array.shape)}, not uint8 [H, W, 3]")
        self._write(name, array)
        if how:
            self.about["stages"][name] = how

    def value(self, name, array):
        """A value of the graph. Types that .npy files do not have are named in `about` instead."""
        if name in STAGES or name in self._names:
            self.left_out(name, "its name stands for a stage")
        elif not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            self.left_out(name, "it is no array of numbers")
        else:
            self._write(name, array)

    def left_out(self, name, reason):
        self.about["left_out"][name] = reason

    def _write(self, name, array):
        if name in self._names:
            raise ValueError(f"{name!r} is recorded twice")
        self._names.add(name)
        entry = zipfile.ZipInfo(name + ".npy")  # ZipFile.writestr() would keep a second copy; the date stays 1980
        with self._zip.open(entry, "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
