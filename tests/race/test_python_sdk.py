# SPDX-License-Identifier: Apache-2.0
"""The protocol code of the contestants in Python: its recipe to the bit, its inputs, its command line."""

import json
import mmap
import pathlib
import sys
import tempfile
import unittest

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "peers/sdk/python"), str(ROOT / "tests/pictures")]
import paperkite_contestant as sdk  # noqa: E402
import rules  # noqa: E402

PLAIN = {"resize": 256, "crop": 224, "interpolation": "bilinear", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


class Recipe(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def recipe(self, values):
        (self.path / "recipe.json").write_text(json.dumps(values))
        return sdk.read_recipe(self.path / "recipe.json")

    def test_tensors_equal_the_rules_to_the_bit(self):
        rng = np.random.default_rng(11)
        for i in range(60):
            width, height = (int(n) for n in rng.integers(1, 500, 2))
            width = max(width, height // 40 + 1)  # a strip would become a picture of millions of pixels
            height = max(height, width // 40 + 1)
            recipe = {**PLAIN, "resize": int(rng.integers(1, 280)), "crop": int(rng.integers(1, 280))}
            if i % 4 == 0:
                recipe.update(resize=[31, 57], crop=[40, 20], interpolation="bicubic")
            path = self.path / "a.png"
            Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path, compress_level=0)
            wanted = rules.normalize(np.asarray(rules.picture(Image.open(path).convert("RGB"), recipe)), recipe)
            got = sdk.picture_tensor(path, self.recipe(recipe))
            self.assertEqual(got.shape, (1, *wanted.shape), recipe)
            self.assertEqual(got.tobytes(), wanted.tobytes(), (width, height, recipe))

    def test_a_recipe_it_does_not_know_is_refused(self):
        for change in ({"rescale": 0.5}, {"channels": "bgr"}, {"interpolation": "cubic"}, {"crop_offset": "floor"}):
            with self.assertRaises(SystemExit):
                self.recipe({**PLAIN, **change})
        self.recipe({**PLAIN, "channels": "rgb"})

    def test_tensors_are_read_one_by_one_and_broken_files_refused(self):
        values = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
        path = self.path / "x.npy"
        np.save(path, values)
        tensors = sdk.Tensors(path)
        self.addCleanup(tensors.file.close)
        for i in (1, 0, 1):
            np.testing.assert_array_equal(tensors.read(i)[0], values[i])
        path.write_bytes(path.read_bytes()[:-4])
        cut = sdk.Tensors(path)
        self.addCleanup(cut.file.close)
        with self.assertRaises(SystemExit):
            cut.read(1)
        np.save(path, values.astype(np.float64))
        with self.assertRaises(SystemExit):
            sdk.Tensors(path)

    def test_the_command_line_refuses_what_it_cannot_obey(self):
        (self.path / "m").write_text("")
        model = str(self.path / "m")
        good = ["no_pre", "--model", model, "--inputs", model, "--count", "3", "--threads", "2", "--set", "a=b=c"]
        request = sdk.parse(good)
        self.assertEqual((request.count, request.threads, request.settings), (3, 2, {"a": "b=c"}))
        self.assertEqual(sdk.parse([*good, "--track", "default"]).threads, 0)
        for wrong in ([], ["fly"], good[:-1], good[:5], [*good, "--picture", model], [*good, "--count", "0"],
                      [*good, "--threads", "-1"], [*good, "--model", "/no/such"], [*good, "--track", "other"]):  # fmt: skip
            with self.assertRaises(SystemExit):
                sdk.parse(wrong)

    def test_memory_marks_are_this_process(self):
        mark = sdk.memory_mark("end", peak=True)
        self.assertGreater(mark["rss_anon_bytes"], 1 << 20)
        self.assertGreaterEqual(mark["vm_hwm_bytes"], mark["rss_anon_bytes"])
        self.assertGreater(mark["pss_bytes"], 1 << 20)

    def test_a_file_on_a_tmpfs_counts_with_the_other_files(self):
        with mmap.mmap(-1, 16 << 20) as shared:  # what the kernel takes for the same
            before = sdk.memory_mark("end")["rss_file_bytes"]
            shared.write(b"x" * (16 << 20))
            self.assertGreater(sdk.memory_mark("end")["rss_file_bytes"] - before, 15 << 20)


if __name__ == "__main__":
    unittest.main()
