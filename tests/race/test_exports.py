# SPDX-License-Identifier: Apache-2.0
"""The exports are opened by the tools whose formats they have."""

import json
import pathlib
import shutil
import subprocess
import sys
import unittest

from planted import PlantedRace

COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")  # Debian's libbenchmark-tools


def imports(module):
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(shutil.which("hyperfine"), "hyperfine is not installed (Debian: hyperfine)")
class Hyperfine(PlantedRace):
    def test_has_the_keys_that_hyperfine_writes(self):
        path = self.folder / "real.json"
        subprocess.run(["hyperfine", "--export-json", str(path), "--runs", "2", "-N", "/bin/true"],
                       check=True, capture_output=True, timeout=60)
        real = json.loads(path.read_text())
        ours = json.loads((self.folder / "exports/hyperfine.json").read_text())
        self.assertEqual(set(real), set(ours))
        keys = set(real["results"][0])
        for result in ours["results"]:
            # Both are written by newer versions only, parameters by a scan over some.
            self.assertEqual(keys | {"memory_usage_byte", "parameters"}, set(result))
            for key in keys:
                self.assertIs(type(result[key]), type(real["results"][0][key]), key)
            self.assertLess(result["min"], result["max"])


@unittest.skipUnless(imports("pyperf"), "pyperf is not installed (tests/python/requirements.txt)")
class Pyperf(PlantedRace):
    def pyperf(self, *arguments):
        result = subprocess.run([sys.executable, "-m", "pyperf", *arguments], capture_output=True, text=True,
                                timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_opens_ours_and_sees_processes(self):
        path = str(self.folder / "exports/pyperf.json")
        self.assertIn("Number of run with values: 16", self.pyperf("stats", path))
        self.assertIn("paperkite", self.pyperf("show", path))

    def test_finds_no_difference_between_a_file_and_itself(self):
        path = str(self.folder / "exports/pyperf.json")
        self.assertRegex(self.pyperf("compare_to", path, path), r"Benchmark hidden because not significant")


@unittest.skipUnless(COMPARE.exists(), "Google Benchmark's tools are not installed (Debian: libbenchmark-tools)")
@unittest.skipUnless(imports("scipy"), "scipy, which compare.py needs, is not installed (tests/python/requirements.txt)")
class GoogleBenchmark(PlantedRace):
    def test_compare_py_tells_two_contestants_apart(self):
        path = str(self.folder / "exports/google-benchmark.json")
        output = self.folder / "compared.json"
        result = subprocess.run(
            [sys.executable, str(COMPARE), "--no-color", "-d", str(output), "filters", path,
             "oneshot/regnet_x_400mf/onnxruntime-python/", "oneshot/regnet_x_400mf/onnxruntime-rust/"],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"pvalue\s+0\.0\d+\s")
        self.assertIn("16 vs 16", result.stdout)
        compared = json.loads(output.read_text())
        self.assertEqual(len([m for m in compared[0]["measurements"] if m["real_time"] > 0]), 16)


if __name__ == "__main__":
    unittest.main()
