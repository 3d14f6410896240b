# SPDX-License-Identifier: Apache-2.0
"""The drawn pictures: the classes, determinism, variation, both layouts."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from training.draw import shapes
from training.draw.picture import SIZES, draw, encode
from training.draw.species import NAMES, SPECIES
from training.draw.wing import KINDS

ROOT = Path(__file__).resolve().parent.parent


class DrawTest(unittest.TestCase):
    def test_the_classes_are_75_sorted_names_and_50_is_paper_kite(self):
        self.assertEqual(len(NAMES), 75)
        self.assertEqual(NAMES, sorted(set(NAMES)))
        self.assertEqual(NAMES[50], "Paper Kite")
        self.assertEqual([name.title() for name in NAMES], NAMES)

    def test_every_species_names_shapes_and_layers_that_exist(self):
        for species in SPECIES:
            self.assertIn(species.fore, shapes.FORE, species.name)
            self.assertIn(species.hind, shapes.HIND, species.name)
            for layer in [*species.layers, *(species.under_layers or [])]:
                self.assertIn(layer.kind, KINDS, species.name)
                self.assertIn(layer.wing, ("f", "h", "b"), species.name)

    def test_a_picture_is_the_same_each_time_and_another_for_another_seed_class_or_number(self):
        def digest(seed, label, number):
            return hashlib.sha256(draw(seed, label, number, (160, 120)).tobytes()).hexdigest()

        first = digest(1, 50, 1)
        self.assertEqual(first, digest(1, 50, 1))
        image = draw(1, 50, 1, (160, 120))
        self.assertEqual(encode(image, 1, 50, 1), encode(image, 1, 50, 1))
        self.assertEqual(len({first, digest(2, 50, 1), digest(1, 51, 1), digest(1, 50, 2)}), 4)

    def test_every_species_can_be_drawn_and_shows_something(self):
        for label in range(len(NAMES)):
            image = draw(3, label, 1, (96, 96))
            self.assertEqual((image.mode, image.size), ("RGB", (96, 96)))
            self.assertGreater(np.asarray(image).std(), 8, NAMES[label])

    def test_sizes_vary_when_none_is_asked_for(self):
        sizes = {draw(4, 0, number).size for number in range(12)}
        self.assertGreater(len(sizes), 2)
        self.assertLessEqual(sizes, set(SIZES))

    def test_the_command_writes_the_public_layout(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "training.draw", "--out", folder, "--layout", "csv", "--per-class", "2",
                       "--test-per-class", "1", "--size", "64x48"]  # fmt: skip
            subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
            with open(Path(folder, "Training_set.csv"), newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual(len(rows), 150)
            self.assertEqual({row["label"] for row in rows}, {name.upper() for name in NAMES})
            for row in rows:
                with Image.open(Path(folder, "train", row["filename"])) as image:
                    self.assertEqual((image.format, image.size), ("JPEG", (64, 48)))
            with open(Path(folder, "Testing_set.csv"), newline="", encoding="utf-8") as file:
                tests = list(csv.DictReader(file))
            self.assertEqual(list(tests[0]), ["filename"])
            self.assertEqual(len(list(Path(folder, "test").iterdir())), len(tests))

    def test_a_bad_size_is_a_usage_error(self):
        command = [sys.executable, "-m", "training.draw", "--out", "/nowhere", "--size", "12by9"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("500x332", done.stderr)


if __name__ == "__main__":
    unittest.main()
