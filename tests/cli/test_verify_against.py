# SPDX-License-Identifier: Apache-2.0
"""kite verify --against ort: the engine beside Pillow, numpy and ONNX Runtime, and the sentences for planted faults.

The reference runs in the tests' own environment, which has its packages, so that nothing is installed.
"""

import json
import unittest

import numpy as np
from onnx import helper
from PIL import Image

from kite import DEMO_MODEL, PICTURES, ROOT, Case, save, save_classifier

VENV = ROOT / "build/venv"
RECIPE = {"resize": 40, "crop": 32, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def references(folder, python_of=VENV):
    """A folder of references whose setup takes an environment that exists."""
    home = folder / "references"
    home.mkdir()
    for name in ("ort", "sdk", "environments"):
        (home / name).symlink_to(ROOT / "references" / name)
    setup = home / "setup"
    setup.write_text(f'#!/bin/sh\nmkdir -p "$1" && ln -sfn "{python_of}" "$1/venv"\n')
    setup.chmod(0o755)
    return home


class Against(Case):
    def setUp(self):
        super().setUp()
        self.references = references(self.folder)

    def verify(self, *arguments, references_dir=None, exit_code=0):
        result = self.kite("verify", *arguments, "--json", "-o", self.folder,
                           env={"KITE_REFERENCES_DIR": str(references_dir or self.references)}, timeout=240)
        self.assertEqual(result.returncode, exit_code, result.stderr.decode())
        return json.loads(result.stdout)

    def model(self, recipe, **options):
        return save_classifier(self.folder / "m.onnx", size=32, metadata={"paperkite.preprocess": json.dumps(recipe)}, **options)


class Ort(Against):
    def test_the_demo_model_agrees_at_every_stage_and_value(self):
        said = self.verify(DEMO_MODEL, PICTURES / "adonis_1.jpg", "--against", "ort")
        self.assertTrue(said["agrees"])
        picture = said["pictures"][0]
        stages = {row["stage"]: row["result"] for row in picture["stages"]}
        self.assertEqual(stages, dict.fromkeys(("decode", "orientation", "resize", "crop", "normalise"), "equal"))
        self.assertGreater(len(picture["values"]), 50)

    def test_every_key_of_a_recipe_is_followed(self):
        picture = PICTURES / "adonis_1.jpg"
        for keys in ({"resize": [40, 48], "resize_to": "cover", "crop": [32, 32]},
                     {"resize": [32, 32], "resize_to": "fit", "crop": 32, "border": [9, 99, 199]},
                     {"resize": 33, "resize_multiple": 8, "crop_offset": "floor", "interpolation": "lanczos"},
                     {"resize": 20, "crop_offset": "floor"}, {"resize": 21, "crop_offset": "floor_both"},
                     {"resize": [32, 32], "first_crop": [0.7, 0.9], "crop": None},
                     {"resize": [32, 32], "first_crop": [3, 4], "first_crop_of": "shape", "crop": None},
                     {"channels": "bgr", "rescale": 1, "mean": [1, 2, 3], "std": [3, 2, 1]},
                     {"arithmetic": "product", "rescale": 0.0078, "offset": -1, "second_std": [0.1, 0.2, 0.3]},
                     {"arithmetic": "fused", "crop_offset": "start", "interpolation": "nearest"}):
            with self.subTest(keys):
                said = self.verify(self.model({**RECIPE, **keys}), picture, "--against", "ort")
                rows = said["pictures"][0]["stages"]
                self.assertEqual([row["result"] for row in rows], ["equal"] * 5, rows)

    def test_every_layout_of_the_input_is_made_with_the_orientation_applied(self):
        turned = self.folder / "turned.jpg"
        exif = Image.Exif()
        exif[0x112] = 6
        Image.open(PICTURES / "adonis_1.jpg").save(turned, exif=exif)
        recipe = {**RECIPE, "mean": [0.5] * 3, "std": [0.25] * 3, "exif": "apply"}
        for dims, channels in (([4, 3, 32, 32], 3), (["n", 1, 32, 32], 1), ([1, 32, 32, 3], 3), ([32, 32], 1)):
            with self.subTest(dims):
                to_planes = {4: helper.make_node("Identity", ["x"], ["t"]), 2: helper.make_node("Unsqueeze", ["x", "axes"], ["t"])}
                first = helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]) if dims[-1] == 3 else to_planes[len(dims)]
                nodes = [first, helper.make_node("GlobalAveragePool", ["t"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
                         helper.make_node("MatMul", ["f", "w"], ["logits"])]
                model = save(self.folder / "m.onnx", nodes, [("x", dims)], [("logits", [dims[0] if len(dims) == 4 else 1, 3])],
                             {"w": np.eye(channels, 3, dtype=np.float32), "axes": np.array([0, 1])},
                             metadata={"paperkite.preprocess": json.dumps(recipe)})
                said = self.verify(model, turned, "--against", "ort")
                rows = said["pictures"][0]["stages"]
                self.assertEqual([row["result"] for row in rows], ["equal"] * 5, rows)

    def test_what_it_cannot_do_is_its_own_sentence(self):
        result = self.kite("verify", self.model({**RECIPE, "resampler": "torch"}), PICTURES / "adonis_1.jpg", "--against",
                           "ort", env={"KITE_REFERENCES_DIR": str(self.references)})
        self.assert_error(result, "invalid-input", 3, "resizes as torch", "--against torchvision")

    def test_a_picture_is_needed_and_only_one_other_side(self):
        self.assert_error(self.kite("verify", DEMO_MODEL, "--against", "ort"), "usage", 2, "needs a picture")
        self.assert_error(self.kite("verify", DEMO_MODEL, PICTURES / "adonis_1.jpg", "--against", "ort", "--reference", "x.npz"),
                          "usage", 2, "--reference")


class PlantedFaults(Against):
    """The reference is copied, and one line of it is changed as a user's program might have it."""

    def planted(self, file, before, after, recipe=None):
        home = self.folder / "planted"
        (home / "ort").mkdir(parents=True)
        (home / "sdk").mkdir()
        (home / "environments").symlink_to(ROOT / "references/environments")
        for source in [*(ROOT / "references/ort").iterdir(), *(ROOT / "references/sdk").glob("*.py")]:
            if source.is_file():
                text = source.read_text()
                if source.name == file:
                    self.assertEqual(text.count(before), 1, f"{file} has no {before!r}")
                    text = text.replace(before, after)
                (home / source.parent.name / source.name).write_text(text)
        (home / "setup").write_text((self.references / "setup").read_text())
        (home / "setup").chmod(0o755)
        said = self.verify(self.model(recipe or RECIPE), PICTURES / "adonis_1.jpg", "--against", "ort", references_dir=home,
                           exit_code=1)
        return said["pictures"][0]["findings"][0]

    def test_a_wrong_interpolation_is_named(self):
        found = self.planted("record.py", 'recipe.get("interpolation", "bilinear")', '"bicubic"')
        self.assertIn("resizes with the bicubic filter", found["what"])
        self.assertEqual(found["recipe"], {"interpolation": "bicubic"})

    def test_a_wrong_rounding_of_the_crop_is_named(self):
        found = self.planted("picture_rules.py", 'round(spare / 2) if rule == "half_even" else spare // 2', "spare // 2",
                             {**RECIPE, "resize": 37, "crop": [32, 32]})
        self.assertIn("rounds the crop's offset down", found["what"])
        self.assertIn("crop_offset", found["recipe"])

    def test_the_mean_of_another_recipe_is_named(self):
        found = self.planted("picture_rules.py", 'np.float32(recipe.get(key, (1, 1, 1)))', "np.float32(0.5)")
        self.assertIn("mean", found["recipe"])

    def test_swapped_channels_are_named(self):
        found = self.planted("record.py", 'file.convert("RGB")', 'Image.merge("RGB", file.convert("RGB").split()[::-1])')
        self.assertIn("B, G, R", found["what"])


if __name__ == "__main__":
    unittest.main()
