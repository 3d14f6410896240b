# SPDX-License-Identifier: Apache-2.0
"""A short real race with --profile: the functions that are known to run are found by name."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import xml.dom.minidom

ROOT = pathlib.Path(__file__).resolve().parents[2]
KITE_RACE = os.environ.get("KITE_RACE", str(ROOT / "build/release/bin/kite-race"))
PYTHON = ROOT / ".peers/onnxruntime-python/venv/bin/python"
MODEL = ROOT / "models/regnet_x_400mf.onnx"


def perf_works():
    if not shutil.which("perf"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-o", f"{folder}/data", "--", "true"],
                              capture_output=True, check=False).returncode == 0


@unittest.skipUnless(perf_works(), "perf is not installed (Debian: linux-perf), or the kernel forbids it")
@unittest.skipUnless(PYTHON.exists(), "onnxruntime-python is not set up: kite race setup onnxruntime-python")
@unittest.skipUnless(MODEL.exists(), "the models are not made: make models")
class ProfileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.out = pathlib.Path(cls.holder.name) / "out"
        result = subprocess.run([KITE_RACE, "--peers", "kite,onnxruntime-python", "--model", MODEL, "--modes", "no_pre", "--pictures",
                                 "2", "--rounds", "1", "--profile", "--out", cls.out],
                                capture_output=True, text=True, timeout=600, check=False)
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        records = [json.loads(line) for line in (cls.out / "journal.jsonl").read_text().splitlines()]
        cells = next(record for record in records if record["kind"] == "plan")["cells"]
        cls.records = {cells[record["cell"]]["contestant"]: record for record in records
                       if record["kind"] == "process" and record["purpose"] == "profile"}

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def stacks(self, contestant):
        record = self.records[contestant]
        self.assertEqual(record["status"], "ok", record["reason"])
        return (self.out / record["info"]["profile.stacks"]).read_text()

    def test_every_contestant_but_the_control_has_one_profile(self):
        self.assertEqual(set(self.records), {"kite", "onnxruntime-python"})
        for record in self.records.values():
            self.assertGreater(int(record["info"]["profile.samples"]), 100)

    def test_a_kernel_of_kite_is_found_below_the_functions_that_call_it(self):
        self.assertRegex(self.stacks("kite"), r"(?m)^_start;.*kite::PlanSession::\w+;.*kite::(avx2|avx512|generic)::\w+.* \d+$")

    def test_the_library_of_onnx_runtime_is_found(self):
        # All but one symbol of its build are stripped, so most frames can have only the name of the library.
        self.assertRegex(self.stacks("onnxruntime-python"), r"\[onnxruntime_pybind11_state[^;]*\.so\]")

    def test_a_python_function_is_found_and_the_library_below_it(self):
        record = self.records["onnxruntime-python"]
        if "py-spy" not in record["info"]["profile.sampler"] and "3.12" in record["info"].get("profile.lacks", ""):
            self.assertIn("pip install py-spy", record["info"]["profile.lacks"])
            self.skipTest(record["info"]["profile.lacks"])
        self.assertRegex(self.stacks("onnxruntime-python"), r"Session\.run[^;]*onnxruntime[^;]*;.*\[onnxruntime_pybind11_state")

    def test_memory_grows_to_more_than_the_model(self):
        for record in self.records.values():
            lines = (self.out / record["info"]["profile.memory"]).read_text().splitlines()
            self.assertEqual(lines[0], "ms,rss_anon_bytes,rss_file_bytes")
            self.assertGreater(max(sum(map(int, line.split(",")[1:])) for line in lines[1:]), MODEL.stat().st_size / 2)

    def test_the_report_has_the_pictures_and_is_made_anew_the_same(self):
        svgs = sorted((self.out / "profiles").glob("*.svg"))
        self.assertEqual(len(svgs), 2)
        for svg in svgs:
            xml.dom.minidom.parse(str(svg))
        self.assertIn("profiles.html#profile-", (self.out / "report.html").read_text())
        before = {path: path.read_bytes() for path in [*svgs, self.out / "profiles.html", self.out / "report.html"]}
        self.assertEqual(subprocess.run([KITE_RACE, "report", self.out], capture_output=True, check=False).returncode, 0)
        self.assertEqual({path: path.read_bytes() for path in before}, before)


if __name__ == "__main__":
    unittest.main()
