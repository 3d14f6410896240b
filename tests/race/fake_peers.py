# SPDX-License-Identifier: Apache-2.0
"""Runs kite-race, and makes the contestants, the model and the pictures that the tests feed to it."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KITE_RACE = os.environ.get("KITE_RACE", str(ROOT / "build/release/bin/kite-race"))
CONTESTANT = HERE / "fake_contestant.py"
# The interpreter itself, since the name in PATH may be a script that searches for it. -S and -E: without the packages of the
# environment. So a process takes about 20 ms.
PYTHON = [os.path.realpath(sys.executable), "-S", "-E"]


def save_model(path, dims=(1, 3, 8, 8)):
    """The model that fake_contestant.py computes; its recipe makes pictures of 8x8, also for open `dims`."""
    weights = np.diag([4.0, 5.0, 6.0]).astype(np.float32)
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
             helper.make_node("Gemm", ["f", "w"], ["logits"], transB=1)]
    graph = helper.make_graph(nodes, "fake", [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)],
                              [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [dims[0], 3])],
                              [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    path.with_suffix(".kite.json").write_text(json.dumps({
        "labels": ["Red", "Green", "Blue"],
        "preprocess": {"resize": 8, "crop": 8, "interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1]}}))
    return path


class Ground:
    """A folder with peers/, a model and four pictures."""

    def make_ground(self, folder):
        self.folder = pathlib.Path(folder)
        self.peers = self.folder / "peers"
        self.peers.mkdir()
        self.model = save_model(self.folder / "tiny.onnx")
        self.pictures = self.folder / "pictures"
        self.pictures.mkdir()
        for i, colour in enumerate([(20, 200, 40), (10, 160, 20), (30, 220, 90), (5, 120, 60)]):
            Image.new("RGB", (16, 16), colour).save(self.pictures / f"{i}.png")

    def peer(self, name, behaviour="ok", prepare=False, contestant=CONTESTANT, more_arguments=(), **more):
        """A contestant that needs no setup; `more` are further lines of its peer.toml, as Python values."""
        program = [*PYTHON, str(contestant)]
        common = ["--threads", "{threads}", "--behaviour", behaviour, *map(str, more_arguments)]
        keys = {"title": f"Fake {name}", "runtime": "fake", "language": "Python", "settings": "none", "check": [*program, "version"],
                "oneshot": [*program, "oneshot", "--model", "{model}", "--picture", "{picture}", *common],
                "no_pre": [*program, "no_pre", "--inputs", "{inputs}", "--count", "{count}", *common], **more}
        if prepare:
            keys["prepare"] = [*program, "prepare", "--cache", "{cache}", "--behaviour", behaviour]
        folder = self.peers / name
        folder.mkdir()
        # JSON's texts and lists of texts are TOML's, too.
        (folder / "peer.toml").write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))
        return folder

    def command(self, *arguments):
        return [KITE_RACE, *map(str, arguments), "--peers-dir", str(self.peers)]

    def run_race(self, *arguments, timeout=600):
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")}
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, env=environment, timeout=timeout, check=False,
                              cwd=self.folder)

    def race_arguments(self, out, *more):
        return ["--model", self.model, "--images", self.pictures, "--threads", "1", "--out", out, *more]

    def records(self, out, kind="process"):
        """The records of one kind, in order. Processes include those of the sets of heats."""
        found = []
        for record in map(json.loads, (out / "journal.jsonl").read_text().splitlines()):
            if record["kind"] == kind:
                found.append(record)
            elif kind == "process":
                found += record.get("processes", [])
        return found


class RaceCase(Ground, unittest.TestCase):
    """A new folder for each test."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.make_ground(holder.name)


class OneRace(unittest.TestCase):
    """A race that is run once for all tests of a class: `prepare(ground)` gives run_race's arguments."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.ground = Ground()
        cls.ground.make_ground(holder.name)
        cls.out = cls.ground.folder / "out"
        cls.result = cls.ground.run_race(*cls.ground.race_arguments(cls.out, *cls.prepare(cls.ground)))
        cls.records = staticmethod(lambda kind="process": cls.ground.records(cls.out, kind))

    def changed_race(self, name, change):
        """The same race's journal in another folder, after `change(record, contestant)` for every process, and for the plan
        with no contestant."""
        folder = self.ground.folder / name
        folder.mkdir()
        records = [json.loads(line) for line in (self.out / "journal.jsonl").read_text().splitlines()]
        cells = records[0]["cells"]
        for record in records:
            for process in [record] if record["kind"] == "process" else record.get("processes", []):
                change(process, cells[process["cell"]]["contestant"])
            if record["kind"] == "plan":
                change(record, "")
        (folder / "journal.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        return folder
