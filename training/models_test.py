# SPDX-License-Identifier: Apache-2.0
"""The committed demo model: state dict and ONNX give the same logits, and the committed pictures their labels."""

from __future__ import annotations

import json
import re
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from training.draw.dataset import slug
from training.draw.species import NAMES
from training.labels import PREPROCESS, read_mapping
from training.nets import build, read_state
from training.tune.images import evaluation_pixels, load
from training.tune.loop import to_device

MODELS = Path(__file__).resolve().parent.parent / "models"


class ModelsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pictures = sorted((MODELS / "pictures").glob("*.jpg"))
        pixels = np.stack([evaluation_pixels(load(path)) for path in cls.pictures])
        cls.x = to_device(torch.from_numpy(pixels), "cpu").contiguous()
        net = build("regnet_x_400mf", len(NAMES))
        net.load_state_dict(read_state(MODELS / "regnet_x_400mf.safetensors"))
        with torch.no_grad():
            cls.expected = net.eval()(cls.x).numpy()
        cls.session = onnxruntime.InferenceSession(
            str(MODELS / "regnet_x_400mf.onnx"), providers=["CPUExecutionProvider"]
        )

    def test_state_dict_and_onnx_give_the_same_logits(self):
        got = self.session.run(["logits"], {"x": self.x.numpy()})[0]
        self.assertEqual(got.shape, (len(self.pictures), 75))
        self.assertLessEqual(np.abs(got - self.expected).max(), 1e-4 * np.abs(self.expected).max())
        np.testing.assert_array_equal(got.argmax(1), self.expected.argmax(1))

    def test_a_single_picture_gives_the_same_logits_as_in_a_batch(self):
        one = self.session.run(["logits"], {"x": self.x[:1].numpy()})[0]
        self.assertLessEqual(np.abs(one - self.expected[:1]).max(), 1e-4 * np.abs(self.expected).max())

    def test_there_are_two_pictures_a_class_and_95_percent_are_named_right(self):
        words = [re.sub(r"_\d+$", "", path.stem) for path in self.pictures]
        self.assertEqual(sorted(words), sorted(2 * [slug(name) for name in NAMES]))
        answers = [slug(NAMES[k]) for k in self.expected.argmax(1)]
        right = sum(word == answer for word, answer in zip(words, answers, strict=True))
        self.assertGreaterEqual(right, 0.95 * len(words))
        kites = [answer for word, answer in zip(words, answers, strict=True) if word == "paper_kite"]
        self.assertEqual(kites, ["paper_kite", "paper_kite"])

    def test_labels_and_recipe_travel_in_the_file(self):
        model = onnx.load(str(MODELS / "regnet_x_400mf.onnx"))
        meta = {entry.key: entry.value for entry in model.metadata_props}
        self.assertEqual(json.loads(meta["paperkite.labels"]), NAMES)
        self.assertEqual(json.loads(meta["paperkite.preprocess"]), PREPROCESS)
        self.assertEqual(read_mapping(MODELS / "labels_mapping.json"), NAMES)
        self.assertEqual(model.opset_import[0].version, 18)


if __name__ == "__main__":
    unittest.main()
