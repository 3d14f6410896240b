# SPDX-License-Identifier: Apache-2.0
"""The programs of this folder, with models that are made for them. None of them may print."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
import kite  # noqa: E402

PROGRAMS = pathlib.Path(os.environ["C_PROGRAMS"])


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.picture = kite.save_picture(self.folder / "a.png", colour=(200, 30, 90))
        self.model = kite.save_classifier(self.folder / "small.onnx", metadata={"made-by": "hand"})

    def assert_passes(self, program, *arguments):
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")}
        result = subprocess.run([PROGRAMS / program, *arguments], capture_output=True, text=True, env=environment, timeout=300,
                                check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))


class ManyThreads(Case):
    def test_threads_and_forks(self):
        self.assert_passes("c_threads_test", self.model, self.picture)


class Programs(Case):
    def test_classifiers(self):
        self.assert_passes("c_classifier_test", kite.DEMO_MODEL, kite.PICTURES / "paper_kite_1.jpg")

    def test_guesses_are_announced(self):
        self.assert_passes("c_notices_test", self.model)

    def test_sessions(self):
        self.assert_passes("c_session_test", self.model)

    def test_null_pointers(self):
        self.assert_passes("c_null_test", self.model)

    def test_bad_values(self):
        empty = self.folder / "empty_folder"
        empty.mkdir()
        self.assert_passes("c_bad_values_test", self.model, empty)

    def test_every_function_is_called_with_null(self):
        header = (ROOT / "include/paperkite.h").read_text()
        functions = set(re.findall(r"\b(paperkite_\w+)\(", re.sub(r"//.*", "", header)))
        called = set(re.findall(r"\b(paperkite_\w+)\(", (ROOT / "tests/c/null_test.c").read_text()))
        takes_no_pointer = {"paperkite_version", "paperkite_compute_threads", "paperkite_set_compute_threads",
                            "paperkite_dtype_name", "paperkite_dtype_size"}
        self.assertGreater(len(functions), 70)
        self.assertEqual(functions - called, takes_no_pointer)


if __name__ == "__main__":
    unittest.main()
