# SPDX-License-Identifier: Apache-2.0
"""The widened demo model: its blocks are copied, the wide network computes the same as the narrow one, and answers stay right."""

from __future__ import annotations

import unittest
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors import safe_open
from torchvision.models.regnet import BlockParams, RegNet

from training.draw.dataset import slug
from training.draw.species import NAMES
from training.nets import build, read_state
from training.tune.images import evaluation_pixels, load
from training.tune.loop import to_device
from training.widened_y16gf import DEMO, MODEL, narrow, provenance, start_from_demo, widen

ROOT = Path(__file__).resolve().parent.parent
MADE = ROOT / "build" / "models"


def _small(widths: list[int], group: int) -> RegNet:
    return RegNet(BlockParams([1, 2], widths, [group] * 2, [1.0] * 2, [2] * 2, 0.25), num_classes=5).eval()


class WidenedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(3)
        cls.net, cls.wide = _small([16, 32], 8), _small([112, 224], 56)
        for name, value in cls.net.state_dict().items():
            if name.endswith("running_mean"):  # a trained network's statistics are not 0 and 1
                value.uniform_(-0.2, 0.2)
            elif name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
        cls.x = torch.randn(2, 3, 64, 64)

    def test_the_narrow_network_has_a_seventh_of_each_width_but_the_stem(self):
        ours, theirs = narrow(75).state_dict(), build(MODEL, 75).state_dict()
        self.assertEqual(ours.keys(), theirs.keys())
        for name, value in theirs.items():
            ratios = [a / b for a, b in zip(value.shape, ours[name].shape, strict=True)]
            self.assertLessEqual(set(ratios), {1.0, 7.0}, name)
            if name.startswith("trunk_output") and ".se." not in name and value.ndim == 1:
                self.assertEqual(ratios, [7.0], name)

    @torch.no_grad()
    def test_widened_without_scatter_it_computes_the_same_logits(self):
        widen(self.net, self.wide, seed=1, scatter=0)
        expected = self.net(self.x)
        self.assertGreater(float(expected.std()), 1e-3)
        self.assertLessEqual(float((self.wide(self.x) - expected).abs().max()), 1e-5 * float(expected.abs().max()))

    @torch.no_grad()
    def test_scatter_makes_all_channels_differ_and_hardly_moves_the_logits(self):
        widen(self.net, self.wide, seed=1)
        expected = self.net(self.x)
        self.assertLessEqual(float((self.wide(self.x) - expected).abs().max()), 0.05 * float(expected.abs().max()))
        for name, value in self.wide.state_dict().items():
            if value.ndim > 1:
                self.assertEqual(len(torch.unique(value.flatten(1), dim=0)), len(value), name)
                self.assertTrue(bool((value.abs() > 1e-20).all()), f"{name} holds zeros or denormals")

    @torch.no_grad()
    def test_another_seed_widens_to_other_weights_and_the_same_seed_to_the_same(self):
        states = []
        for seed in (1, 1, 2):
            widen(self.net, self.wide, seed)
            states.append({name: value.clone() for name, value in self.wide.state_dict().items()})
        name = "trunk_output.block2.block2-0.f.a.0.weight"
        self.assertTrue(all(torch.equal(states[0][key], states[1][key]) for key in states[0]))
        self.assertFalse(torch.equal(states[0][name], states[2][name]))

    @torch.no_grad()
    def test_the_demo_models_blocks_arrive_and_further_blocks_start_as_the_identity(self):
        demo, net = read_state(DEMO), narrow(75).eval()
        start_from_demo(net, demo)
        state = net.state_dict()
        for name in ("stem.0.weight", "trunk_output.block1.block1-0.f.b.0.weight", "trunk_output.block2.block2-1.f.c.1.bias"):
            self.assertTrue(torch.equal(state[name], demo[name]), name)
        for name in ("trunk_output.block3.block3-6.f.a.0.weight", "trunk_output.block4.block4-0.proj.0.weight"):
            rows, columns = demo[name].shape[:2]
            self.assertTrue(torch.equal(state[name][:rows, :columns], demo[name]), name)
        x = torch.rand(1, 176, 8, 8)  # not negative, as behind a block's last activation
        self.assertTrue(torch.equal(net.trunk_output.block3[7](x), x))
        self.assertFalse(torch.equal(net.trunk_output.block3[6](x), x))

    def test_provenance_says_that_it_was_widened(self):
        self.assertTrue(provenance(1, 4).startswith("a widened network"))


@unittest.skipUnless((MADE / f"{MODEL}.onnx").exists(), "the model is not made: make models")
class MadeTest(unittest.TestCase):
    """On every fifth committed picture; each is of another class."""

    @classmethod
    def setUpClass(cls):
        cls.pictures = sorted((ROOT / "models" / "pictures").glob("*.jpg"))[::5]
        cls.pixels = np.stack([evaluation_pixels(load(path)) for path in cls.pictures]).astype(np.int16)
        cls.session = onnxruntime.InferenceSession(str(MADE / f"{MODEL}.onnx"), providers=["CPUExecutionProvider"])
        cls.logits = cls.infer(cls.pixels)

    @classmethod
    def infer(cls, pixels: np.ndarray) -> np.ndarray:
        return cls.session.run(["logits"], {"x": to_device(torch.from_numpy(pixels), "cpu").contiguous().numpy()})[0]

    def test_it_names_four_pictures_in_five_right(self):
        answers = [slug(NAMES[k]) for k in self.logits.argmax(1)]
        right = sum(path.stem.rsplit("_", 1)[0] == answer for path, answer in zip(self.pictures, answers, strict=True))
        self.assertGreaterEqual(right, 0.8 * len(answers))

    def test_its_answers_hold_when_every_pixel_changes_by_a_grey_level(self):
        noise = np.random.default_rng(1).integers(-1, 2, self.pixels.shape, dtype=np.int16)
        logits = self.infer(np.clip(self.pixels + noise, 0, 255))
        self.assertGreaterEqual((logits.argmax(1) == self.logits.argmax(1)).mean(), 0.96)  # one of 30 may lie on the edge

    def test_state_dict_and_onnx_give_the_same_logits(self):
        net = build(MODEL, len(NAMES)).eval()
        net.load_state_dict(read_state(MADE / f"{MODEL}.safetensors"))
        with torch.no_grad():
            expected = net(to_device(torch.from_numpy(self.pixels[:4]), "cpu")).numpy()
        self.assertLessEqual(np.abs(self.logits[:4] - expected).max(), 1e-4 * np.abs(expected).max())

    def test_both_files_say_where_they_come_from(self):
        with safe_open(MADE / f"{MODEL}.safetensors", "pt") as file:
            said = file.metadata()["paperkite.provenance"]
        self.assertTrue(said.startswith("a widened network"), f"made by an older version; run make models: {said}")
        self.assertEqual(self.session.get_modelmeta().custom_metadata_map["paperkite.provenance"], said)


if __name__ == "__main__":
    unittest.main()
