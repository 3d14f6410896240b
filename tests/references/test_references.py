# SPDX-License-Identifier: Apache-2.0
"""kite verify --against torchvision, timm and hf on model folders as those libraries write them. What each library does is
the same as kite to the bit, or its difference is named."""

import json
import os
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from kite import DEMO_MODEL, PICTURES, ROOT, Case, save_classifier  # noqa: E402

VENV = os.environ.get("REFERENCES_VENV", "")
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
NUMBERS = {"do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": IMAGENET["mean"],
           "image_std": IMAGENET["std"]}
PICTURE = PICTURES / "adonis_1.jpg"


def timm_config(**fields):
    cfg = {"input_size": [3, 64, 64], "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "center", **IMAGENET, **fields}
    return {"architecture": "regnetx_004", "num_classes": 3, "pretrained_cfg": cfg}


class References(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "model.onnx", size=64)  # smaller than the picture, so that antialiasing counts
        self.references = ROOT / "references"
        if VENV:
            self.references = self.copied()

    def copied(self, planted=()):
        """The references with VENV as their environment, or with that of the project; (file, before, after) are replaced."""
        home = self.folder / "references"
        if not home.exists():
            shutil.copytree(ROOT / "references", home, ignore=shutil.ignore_patterns("__pycache__"))
            venv = VENV or ROOT / ".references/torch/venv"
            (home / "setup").write_text(f'#!/bin/sh\nmkdir -p "$1" && ln -sfn "{venv}" "$1/venv"\n')
        for file, before, after in planted:
            text = (home / file).read_text()
            self.assertEqual(text.count(before), 1, f"{file} has no {before!r}")
            (home / file).write_text(text.replace(before, after))
        return home

    def beside(self, name, content):
        (self.folder / name).write_text(json.dumps(content))

    def verify(self, against, *arguments):
        result = self.kite("verify", self.model, PICTURE, "--against", against, "--json", "-o", self.folder, *arguments,
                           env={"KITE_REFERENCES_DIR": str(self.references)}, timeout=3600)
        self.assertIn(result.returncode, (0, 1), result.stderr.decode())
        return json.loads(result.stdout)["pictures"][0]

    def assert_equal(self, said, *stages):
        rows = {row["stage"]: row["result"] for row in said["stages"]}
        self.assertEqual(rows, dict.fromkeys(("decode", "orientation", *stages, "normalise"), "equal"), said["findings"])
        self.assertEqual(said["findings"], [])

    def recipe(self, **keys):
        self.beside("recipe.json", {"preprocess": {"resize": 72, "crop": 64, **IMAGENET, **keys}})
        return "--recipe", self.folder / "recipe.json"


class Torchvision(References):
    def test_the_demo_model_agrees_at_every_stage_and_value(self):
        self.model = DEMO_MODEL
        said = self.verify("torchvision")
        self.assert_equal(said, "resize", "crop")
        self.assertGreater(len(said["values"]), 50)

    def test_its_pictures_and_its_tensors_are_kites_to_the_bit(self):
        for keys in ({}, {"interpolation": "bicubic"}, {"interpolation": "nearest"}, {"resize": [70, 80]}, {"resize": 50},
                     {"resampler": "torch"}, {"resampler": "torch", "interpolation": "bicubic"}, {"antialias": False},
                     {"antialias": False, "interpolation": "bicubic"}, {"resampler": "torch", "interpolation": "nearest"},
                     {"channels": "bgr"}):
            with self.subTest(keys):
                self.assert_equal(self.verify("torchvision", *self.recipe(**keys)), "resize", "crop")

    def test_antialias_off_is_named(self):
        self.references = self.copied([
            ("torchvision/record.py", 'is_tensor = recipe.get("resampler") == "torch" or recipe.get("antialias") is False',
             "is_tensor = True"),
            ("torchvision/record.py", 'antialias=recipe.get("antialias", True)', "antialias=False")])
        found = self.verify("torchvision", *self.recipe())["findings"][0]
        self.assertEqual(found["what"], "torchvision resizes with antialias off")
        self.assertEqual(found["recipe"], {"antialias": False})

    def test_a_crop_that_is_not_rounded_is_named(self):
        self.references = self.copied([
            ("torchvision/record.py", 'yield v2.CenterCrop(recipe["crop"])',
             "yield v2.Lambda(lambda p: p.crop(((p.width - 64) // 2, (p.height - 64) // 2, (p.width - 64) // 2 + 64, "
             "(p.height - 64) // 2 + 64)))"),
            ("sdk/transforms_by_step.py", 'CROPS = ("CenterCrop",', 'CROPS = ("Lambda",')])
        found = self.verify("torchvision", *self.recipe(resize=71))["findings"][0]
        self.assertIn("rounds the crop's offset down", found["what"])

    def test_what_it_has_no_parameter_for_is_named(self):
        result = self.kite("verify", self.model, PICTURE, "--against", "torchvision", *self.recipe(crop_offset="floor"),
                           env={"KITE_REFERENCES_DIR": str(self.references)}, timeout=600)
        self.assertIn("crop_offset", result.stderr.decode())
        self.assertEqual(result.returncode, 3)


class Timm(References):
    def test_its_transform_is_kites_to_the_bit(self):
        for fields in ({}, {"crop_pct": 1.0}, {"crop_mode": "squash", "crop_pct": 1.0}, {"interpolation": "bilinear"}):
            with self.subTest(fields):
                self.beside("config.json", timm_config(**fields))
                self.assert_equal(self.verify("timm"), "resize", "crop")

    def test_the_interpolation_and_the_mean_of_another_recipe_are_named(self):
        self.beside("config.json", timm_config(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5]))
        found = self.verify("timm", *self.recipe(resize=71, interpolation="bilinear"))["findings"]
        self.assertEqual(found[0]["recipe"], {"interpolation": "bicubic"})
        self.assertEqual(found[1]["what"], "timm uses numbers from -1 to 1")

    def test_a_missing_file_is_named(self):
        result = self.kite("verify", self.model, PICTURE, "--against", "timm", "--recipe", "imagenet",
                           env={"KITE_REFERENCES_DIR": str(self.references)}, timeout=600)
        self.assertIn("there is no config.json beside", result.stderr.decode())


class HuggingFace(References):
    def test_its_processors_are_kites_to_the_bit(self):
        self.beside("config.json", {"model_type": "vit", "transformers_version": "5.24.0"})
        for processor, fields, stages in (
                ("ViTImageProcessor", {"size": {"height": 64, "width": 64}, "resample": 2}, ("resize",)),
                ("ConvNextImageProcessor", {"size": {"shortest_edge": 64}, "crop_pct": 0.875, "resample": 3}, ("crop",)),
                ("CLIPImageProcessor", {"size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64},
                                        "do_center_crop": True, "resample": 3}, ("resize", "crop"))):
            with self.subTest(processor):
                self.beside("preprocessor_config.json", {"image_processor_type": processor, "do_resize": True, **fields, **NUMBERS})
                self.assert_equal(self.verify("hf"), *stages)

    def test_the_filter_and_the_resampler_of_another_recipe_are_named(self):
        self.beside("config.json", {"model_type": "vit", "transformers_version": "5.24.0"})
        self.beside("preprocessor_config.json", {"image_processor_type": "ViTImageProcessor", "do_resize": True,
                                                 "size": {"height": 64, "width": 64}, "resample": 3, **NUMBERS})
        found = self.verify("hf", *self.recipe(resize=[64, 64], crop=None, interpolation="bilinear", resampler="pillow"))["findings"]
        self.assertEqual(found[0]["recipe"], {"interpolation": "bicubic", "resampler": "torch"})


if __name__ == "__main__":
    unittest.main()
