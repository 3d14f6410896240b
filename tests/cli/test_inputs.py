# SPDX-License-Identifier: Apache-2.0
"""Folders, lists, names and numbers on the command line: nothing is left out without a word."""

import json
import os
import subprocess

import numpy as np
from PIL import Image

from kite import KITE, Case, save_classifier, save_picture


class Folders(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx")
        self.top = self.folder / "top"
        (self.top / "sub").mkdir(parents=True)

    def classified(self, *flags):
        result = self.kite("classify", self.model, self.top, "--format", "jsonl", *flags)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        name = lambda row: os.path.relpath(row["image"], self.top)  # noqa: E731
        return (result, [name(row) for row in rows if "top" in row],
                {name(row): row["error"]["message"] for row in rows if "error" in row})

    def test_a_picture_is_known_by_its_extension_or_its_first_bytes(self):
        for name in ("a.jpg", "b.JPEG", "c.jfif", "d.jpe", "e", "f.dat", ".hidden", ".g.jpg"):
            save_picture(self.top / name, format="JPEG")
        for name, kind in (("m.gif", "GIF"), ("n.TIFF", "TIFF"), ("o.unknown", "BMP"), ("p.pgm", "PPM")):
            Image.new("RGB", (8, 8)).save(self.top / name, format=kind)
        Image.new("RGB", (8, 8)).save(self.top / "h.qoi")
        Image.new("RGB", (8, 8)).save(self.top / "i.unknown", format="ICO")
        (self.top / "notes.txt").write_text("P1 is the first point")
        (self.top / "paper.pdf").write_bytes(b"%PDF-1.4\n")
        (self.top / "._a.jpg").write_bytes(b"\0\5\x16\7" + bytes(100))
        os.symlink("nowhere", self.top / "j.png")
        save_picture(self.top / "sub/k.jpg")
        result, answered, failed = self.classified()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(sorted(answered), [".g.jpg", ".hidden", "a.jpg", "b.JPEG", "c.jfif", "d.jpe", "e", "f.dat", "m.gif",
                                            "n.TIFF", "o.unknown", "p.pgm"])
        self.assertEqual(sorted(failed), ["h.qoi", "i.unknown", "j.png"])
        self.assertIn("QOI", failed["h.qoi"])
        self.assertIn("ICO", failed["i.unknown"])
        self.assertIn(b"skipped 3 files that are not pictures (first: ", result.stderr)
        self.assertIn(b"without -r, did not enter 1 subfolder (first: ", result.stderr)
        _, answered, _ = self.classified("-r")
        self.assertIn("sub/k.jpg", answered)

    def test_a_list_that_names_nothing_or_is_none_is_an_error(self):
        path = self.folder / "list"
        for content, code, exit_code, word in ((b"", "usage", 2, "empty"), (b"\n\r\n", "usage", 2, "empty"),
                                               (b"a\0b\n", "usage", 2, "zero byte"), (b"x" * 100000, "limit", 5, "longer"),
                                               (None, "io", 6, "directory")):
            with self.subTest(content and content[:10]):
                path.write_bytes(content) if content is not None else None
                result = self.kite("classify", self.model, f"@{path if content is not None else self.top}")
                self.assert_error(result, code, exit_code, word)

    def test_a_list_of_windows_names_its_first_picture(self):
        picture = save_picture(self.folder / "p.png")
        (self.folder / "list").write_bytes(b"\xef\xbb\xbf" + str(picture).encode() + b"\r\n")
        self.assertEqual(self.kite("classify", self.model, f"@{self.folder}/list").returncode, 0)


class Names(Case):
    def test_a_name_reaches_no_terminal_as_an_escape_sequence(self):
        model = save_classifier(self.folder / "m.onnx")
        for name in ("\x1b[31m\x07bad.png", "a\nkite: error[io]: forged"):
            for content in (b"junk", None):
                with self.subTest(name, content=content):
                    path = self.folder / name
                    path.write_bytes(content) if content else save_picture(path, format="PNG")
                    result = self.kite("classify", model, path, "--labels", path)
                    self.assertFalse({0x1B, 0x07} & set(result.stdout + result.stderr))
                    self.assertNotIn(b"\nkite: error[io]: forged", result.stderr)

    def test_a_name_that_is_no_utf8_does_not_break_the_json(self):
        path = os.fsencode(self.folder) + b"/m\xff.onnx"
        save_classifier(self.folder / "m.onnx")
        os.rename(self.folder / "m.onnx", path)
        np.save(self.folder / "x.npy", np.zeros((1, 3, 8, 8), np.float32))
        path = os.fsdecode(path)
        for command in (["bench", path, "--iters", "1"], ["run", path, "--input", f"x={self.folder}/x.npy"],
                        ["inspect", path], ["profile", path, "--runs", "1"]):
            with self.subTest(command):
                arguments = [os.fsencode(a) for a in command]
                self.assertIn("\ufffd", self.raw_json(*arguments)["model"])

    def raw_json(self, *arguments):
        result = subprocess.run([KITE, *arguments, "--json", "--no-cache"], capture_output=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)


class Numbers(Case):
    def test_what_is_no_number_within_the_range_is_refused(self):
        model = save_classifier(self.folder / "m.onnx")
        picture = save_picture(self.folder / "p.png")
        verbs = {"classify": ["classify", model, picture], "bench": ["bench", model], "profile": ["profile", model]}
        never = ["nan", "inf", "-inf", "-1", "99999999999999999999", "", "0x10", "1e400", " 5", "5x"]
        for verb, flag, more in (("classify", "--memory-limit", ["1.5"]), ("classify", "--threads", ["0", "1.5"]),
                                 ("classify", "-k", ["0", "1.5"]), ("bench", "--time", ["0", "1e308"]),
                                 ("bench", "--iters", ["0"]), ("bench", "--samples", ["0"]), ("bench", "--warmup", ["0"]),
                                 ("profile", "--runs", ["0"])):
            for value in never + more:
                with self.subTest(flag, value=value):
                    self.assertEqual(self.kite(*verbs[verb], f"{flag}={value}" if len(flag) > 2 else f"{flag}{value}",
                                               timeout=20).returncode, 2)

    def test_sizes_are_taken_with_their_units(self):
        model = save_classifier(self.folder / "m.onnx")
        picture = save_picture(self.folder / "p.png")
        for value in ("500MB", "500mb", "1.5 GiB", "1g", "100000000", "65536k"):
            with self.subTest(value):
                self.assertEqual(self.kite("classify", model, picture, "--memory-limit", value).returncode, 0)


if __name__ == "__main__":
    import unittest

    unittest.main()
