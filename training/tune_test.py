# SPDX-License-Identifier: Apache-2.0
"""Two optimiser steps of each RegNet on the public layout, killed with -9 while writing a checkpoint, resumed, exported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image

from training.draw.picture import draw
from training.draw.species import NAMES
from training.labels import read_mapping
from training.nets import NoWeights, build, read_state, start_from
from training.tune.images import evaluation_pixels
from training.tune.loop import to_device

ROOT = Path(__file__).resolve().parent.parent

# Runs the real program, but the second checkpoint's fsync never returns: the process kills itself with
# SIGKILL there, after the bytes are written and before the file takes the checkpoint's name.
_KILLED = """
import os, signal, sys
real, calls = os.fsync, []
def fsync(fd):
    calls.append(fd)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    real(fd)
os.fsync = fsync
from training.tune.__main__ import main
sys.exit(main())
"""


def _logits(path: Path, x: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"x": x})[0]


class TuneTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.data = Path(cls.folder.name, "data")
        command = [sys.executable, "-m", "training.draw", "--out", str(cls.data), "--layout", "csv", "--per-class", "1",
                   "--test-per-class", "1", "--size", "96x64"]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def _arguments(self, model: str, out: Path, *more: str) -> list[str]:
        return ["--images", str(self.data), "--model", model, "--weights", "none", "--val-share", "0", "--stages", "64:1",
                "--batch", "4", "--max-steps", "2", "--checkpoint-every", "1", "--threads", "1", "--out", str(out), *more]  # fmt: skip

    def _run(self, arguments: list[str], start: list[str]) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, *start, *arguments], cwd=ROOT, capture_output=True, text=True)

    def _killed_resumed_exported(self, model: str) -> dict[str, torch.Tensor]:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            killed = self._run(self._arguments(model, out, "--resume"), ["-c", _KILLED])
            self.assertEqual(killed.returncode, -signal.SIGKILL, killed.stderr[-2000:])
            self.assertEqual(torch.load(out / "checkpoint.pt", weights_only=True)["step"], 1)
            self.assertFalse((out / f"{model}.safetensors").exists())
            resumed = self._run(self._arguments(model, out, "--resume"), ["-m", "training.tune"])
            self.assertEqual(resumed.returncode, 0, resumed.stderr[-2000:])
            self.assertIn("resumed at step 1 of 2", resumed.stderr)
            os.unlink(out / "checkpoint.pt")
            self.assertEqual(read_mapping(out / "labels_mapping.json"), NAMES)
            state = read_state(out / f"{model}.safetensors")
            net = build(model, len(NAMES))
            net.load_state_dict(state)
            net.eval()
            pixels = [evaluation_pixels(draw(11, label, 1, (160, 120))) for label in (50, 3)]
            x = to_device(torch.from_numpy(np.stack(pixels)), "cpu").contiguous()
            with torch.no_grad():
                expected = net(x).numpy()
            for suffix, opset in (("", 18), (".torchscript", 17)):
                path = out / f"{model}{suffix}.onnx"
                got = _logits(path, x.numpy())
                self.assertLessEqual(np.abs(got - expected).max(), 1e-4 * np.abs(expected).max(), path.name)
                header = onnx.load(str(path))
                self.assertEqual({entry.version for entry in header.opset_import if not entry.domain}, {opset})
                self.assertEqual([i.name for i in header.graph.input], ["x"])
                self.assertEqual(header.graph.input[0].type.tensor_type.shape.dim[0].dim_param, "batch")
                meta = {entry.key: entry.value for entry in header.metadata_props}
                self.assertEqual(json.loads(meta["paperkite.labels"]), NAMES)
                self.assertEqual(json.loads(meta["paperkite.preprocess"])["crop"], 224)
            return state

    def test_regnet_x_400mf_survives_a_kill_and_ends_where_an_unbroken_run_ends(self):
        state = self._killed_resumed_exported("regnet_x_400mf")
        with tempfile.TemporaryDirectory() as folder:
            whole = self._run(self._arguments("regnet_x_400mf", Path(folder), "--no-export"), ["-m", "training.tune"])
            self.assertEqual(whole.returncode, 0, whole.stderr[-2000:])
            unbroken = read_state(Path(folder, "regnet_x_400mf.safetensors"))
        for name, value in unbroken.items():
            self.assertTrue(torch.allclose(value.double(), state[name].double(), rtol=1e-5, atol=1e-6), name)

    def test_regnet_y_16gf_survives_a_kill_and_exports(self):
        self._killed_resumed_exported("regnet_y_16gf")

    def test_resuming_with_another_batch_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            arguments = self._arguments("regnet_x_400mf", Path(folder), "--no-export")
            self.assertEqual(self._run(arguments, ["-m", "training.tune"]).returncode, 0)
            other = self._run([*arguments, "--resume", "--batch", "5"], ["-m", "training.tune"])
            self.assertEqual(other.returncode, 1)
            self.assertIn("another batch", other.stderr)

    def test_a_file_that_is_no_picture_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a", "b"):
                Path(folder, name).mkdir()
                Path(folder, name, "1.jpg").write_text("not a picture")
            done = self._run(["--images", folder, "--weights", "none", "--val-share", "0", "--batch", "2", "--stages", "64:1",
                              "--out", f"{folder}/out"], ["-m", "training.tune"])  # fmt: skip
            self.assertEqual(done.returncode, 1)
            self.assertIn("1.jpg: not a readable picture", done.stderr)

    def test_weights_that_cannot_be_had_say_what_to_do(self):
        with self.assertRaisesRegex(NoWeights, "nowhere.pth"):
            start_from(build("regnet_x_400mf", 2), "regnet_x_400mf", "/tmp/nowhere.pth")


class PreprocessingTest(unittest.TestCase):
    def test_evaluation_pixels_equal_torchvisions_transform(self):
        from torchvision.transforms import InterpolationMode, v2

        reference = v2.Compose([v2.Resize(256, InterpolationMode.BILINEAR), v2.CenterCrop(224), v2.PILToTensor()])
        for size in ((500, 332), (333, 501), (300, 300), (257, 640)):
            image = draw(12, 7, 1, size)
            self.assertIsInstance(image, Image.Image)
            np.testing.assert_array_equal(evaluation_pixels(image), reference(image).numpy())


if __name__ == "__main__":
    unittest.main()
