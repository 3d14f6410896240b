# SPDX-License-Identifier: Apache-2.0
"""Runs the program under test, and makes the small models and pictures that the tests feed to it."""

import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))
from sanitizers import SLOWNESS  # noqa: E402

KITE = os.environ.get("KITE", str(ROOT / "build/release/bin/kite"))
DEMO_MODEL = ROOT / "models/regnet_x_400mf.onnx"
PICTURES = ROOT / "models/pictures"


class Case(unittest.TestCase):
    """A test with a folder of its own, which also holds its plan cache."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)

    def kite(self, *arguments, stdin=None, env=None, timeout=60, cwd=None):
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache"), **(env or {})}
        return subprocess.run([KITE, *map(str, arguments)], input=stdin, capture_output=True, env=environment,
                              timeout=timeout * SLOWNESS, check=False, cwd=cwd)

    def json(self, *arguments, **options):
        result = self.kite(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return json.loads(result.stdout)

    def assert_error(self, result, code, exit_code, *words):
        """One line on stderr in the form `kite: error[CODE]: what; where; what to do`."""
        text = result.stderr.decode(errors="replace")
        self.assertEqual(result.returncode, exit_code, text)
        lines = [line for line in text.splitlines() if line.startswith("kite: error[")]
        self.assertEqual(len(lines), 1, text)
        self.assertTrue(lines[0].startswith(f"kite: error[{code}]: "), text)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual(result.stdout, b"")


def wait_until_it_catches(process, which=signal.SIGINT, seconds=60 * SLOWNESS):
    """Until a program has its handler of a signal."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        caught = re.search(r"^SigCgt:\s*(\w+)", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE).group(1)
        if int(caught, 16) >> (which - 1) & 1:
            return
        time.sleep(0.01)
    raise AssertionError(f"{process.args} catches no {which.name}")


def wait_until_it_waits(process, seconds=60 * SLOWNESS):
    """Until a program has its handlers of signals and nothing to do, as where it waits for standard input: a sleep would have
    to be longer than its start takes on the busiest machine."""
    wait_until_it_catches(process)
    at_rest, before, end = 0, None, time.monotonic() + seconds
    while at_rest < 4 and process.poll() is None:
        if time.monotonic() > end:
            raise AssertionError(f"{process.args} never waited")
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        now = (fields[11], fields[12])  # its time on processors, of the user and of the system
        is_at_rest = fields[0] == "S" and now == before
        at_rest, before = at_rest + 1 if is_at_rest else 0, now
        time.sleep(0.05)


def save(path, nodes, inputs, outputs, initializers=(), opset=17, ir_version=8, metadata=None, domain_opsets=()):
    """Writes a model. inputs and outputs are (name, dims) of float32; initializers are name -> array."""
    graph = helper.make_graph(
        nodes, "test", [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in outputs],
        [numpy_helper.from_array(array, name) for name, array in dict(initializers).items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *domain_opsets], ir_version=ir_version)
    for key, value in (metadata or {}).items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, path)
    return path


def save_classifier(path, classes=3, size=8, **options):
    """Mean colour -> scores: class i likes channel i % 3; small enough to reason about."""
    weights = np.zeros((classes, 3), np.float32)
    for i in range(classes):
        weights[i, i % 3] = 4.0 + i
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
             helper.make_node("Gemm", ["f", "w", "b"], ["logits"], transB=1)]
    return save(path, nodes, [("x", options.pop("dims", ["batch", 3, size, size]))], [("logits", ["batch", classes])],
                {"w": weights, "b": np.zeros(classes, np.float32)}, **options)


def save_picture(path, colour=(200, 30, 30), size=(40, 30), **options):
    Image.new("RGB", size, colour).save(path, **options)
    return path


def picture_bytes(kind="JPEG", size=(64, 48), seed=1, **options):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()
