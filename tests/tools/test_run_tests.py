# SPDX-License-Identifier: Apache-2.0
"""The end of a run of tests: the failures, a line for each reason of a skip, and the three counts."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LACKS = "a_test.cc:8: Skipped\\nthis processor lacks avx512\\n\\n"
# Name, what it prints, exit code; 77 is a skip.
PASSES = ("passes", "nothing to skip here", 0)
SKIPPED = [("conv.avx512", LACKS, 77), ("pool.avx512", LACKS, 77),
           ("exports", "test_x (t.X.test_x) ... skipped 'pyperf is not installed'\\ntest_y (t.X.test_y) ... ok\\nOK (skipped=1)", 77),
           ("carriers", "skipped: no torch here", 77), ("silent", "", 77)]
FAILS = ("fails", "this is why", 1)


@unittest.skipUnless(shutil.which("ctest"), "ctest is not installed (Debian: cmake)")
class RunTests(unittest.TestCase):
    def run_tests(self, cases, *options):
        with tempfile.TemporaryDirectory() as folder:
            text = ""
            for name, output, code in cases:
                script = pathlib.Path(folder, name)
                script.write_text(f"#!/bin/sh\nprintf '%b' \"{output}\"\nexit {code}\n")
                script.chmod(0o755)
                text += f'add_test({name} "{script}")\nset_tests_properties({name} PROPERTIES SKIP_RETURN_CODE 77)\n'
            pathlib.Path(folder, "CTestTestfile.cmake").write_text(text)
            result = subprocess.run([sys.executable, ROOT / "tools/run_tests", folder, *options], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout.splitlines()

    def test_ends_with_the_reasons_of_skips_and_the_counts(self):
        code, lines = self.run_tests([PASSES, *SKIPPED])
        self.assertEqual(code, 0, lines)
        self.assertEqual(lines[-1], "1 passed, 0 failed, 5 skipped")
        self.assertEqual(lines[-5], "skipped, 2: this processor lacks avx512")
        self.assertIn("skipped, 1: pyperf is not installed", lines)
        self.assertIn("skipped, 1: no torch here", lines)
        self.assertEqual(len([line for line in lines if line.startswith("skipped, ")]), 4)

    def test_what_a_test_that_passes_leaves_out_is_said(self):
        partly = [(name, "skipped test_x.Y: with sanitizers: no stack\\n", 0) for name in "ab"]
        _, lines = self.run_tests([PASSES, *partly])
        self.assertEqual(lines[-2:], ["left out within tests that ran, 2: with sanitizers: no stack", "3 passed, 0 failed, 0 skipped"])

    def test_a_failure_is_shown_with_its_output(self):
        code, lines = self.run_tests([PASSES, FAILS])
        self.assertEqual(code, 1)
        self.assertIn("FAILED fails", lines)
        self.assertIn("this is why", lines)
        self.assertEqual(lines[-1], "1 passed, 1 failed, 0 skipped")

    def test_a_run_in_which_nothing_passes_is_none(self):
        self.assertEqual(self.run_tests(SKIPPED)[0], 1)
        self.assertEqual(self.run_tests([PASSES], "-R", "no such test")[0], 1)


class TestAll(unittest.TestCase):
    def test_names_its_parts(self):
        for name, code in (("list", 0), ("nope", 2)):
            result = subprocess.run([ROOT / "tools/test_all", name], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, code)
            listed = result.stdout if code == 0 else result.stderr
            for part in ("suite", "models", "asan", "training"):
                self.assertRegex(listed, rf"(?m)^{part} +\w")


if __name__ == "__main__":
    unittest.main()
