# SPDX-License-Identifier: Apache-2.0
"""kite inspect and doctor."""

import json
import signal
import subprocess
import time
import unittest

from kite import DEMO_MODEL, KITE, ROOT, Case, save_classifier

RECORDED = ROOT / "race/stats/recorded"


class Inspect(Case):
    def test_the_demo_model_says_what_it_is(self):
        answer = self.json("inspect", DEMO_MODEL, "--json")
        self.assertEqual(answer["inputs"], [{"name": "x", "dtype": "float32", "shape": [1, 3, 224, 224], "dims": ["batch", 3, 224, 224]}])
        self.assertEqual(answer["outputs"], [{"name": "logits", "dtype": "float32", "shape": [1, 75], "dims": ["batch", 75]}])
        # RegNet_x_400mf: 400 million multiply-adds, and 5.1 million parameters with a head of 75 classes.
        self.assertAlmostEqual(answer["macs"] / 4.135e8, 1.0, 2)
        self.assertAlmostEqual(answer["parameters"] / 5.1e6, 1.0, 1)
        self.assertEqual(answer["classes"], "75")
        self.assertIn("224x224", answer["preprocessing"])

    def test_the_support_table_needs_no_model(self):
        table = {row["op"]: row for row in self.json("inspect", "--ops", "--json")}
        for op in ("Conv", "Gemm", "MatMul", "LayerNormalization", "Softmax", "Slice", "Where", "Pad", "Cast"):
            self.assertIn(op, table)
            self.assertGreaterEqual(table[op]["last_opset"], 23)
        self.assertIn("Conv", self.kite("inspect", "--ops").stdout.decode())

    def test_passes_are_listed_and_can_be_left_out(self):
        rows = {row["pass"]: row for row in self.json("inspect", DEMO_MODEL, "--passes", "--json", "--disable-pass", "fuse_epilogue")}
        self.assertTrue(rows["fuse_epilogue"]["disabled"])
        self.assertGreater(rows["channels_last"]["rewrites"], 10)

    def test_the_plan_s_memory_is_printed_before_anything_runs(self):
        answer = self.json("inspect", DEMO_MODEL, "--plan", "--json", "--threads", "2")
        self.assertGreater(answer["weight_bytes"], 20_000_000)
        self.assertGreater(answer["arena_bytes"], 1_000_000)
        self.assertLess(answer["arena_bytes"], 10_000_000)

    def test_a_guess_is_called_a_guess(self):
        model = save_classifier(self.folder / "m.onnx")
        answer = self.json("inspect", model, "--json")
        self.assertIn("guess", answer["preprocessing"])
        self.assertEqual(answer["labels"], "none")

    def test_sources_that_lost_are_named(self):
        model = save_classifier(self.folder / "m.onnx")
        (self.folder / "m.kite.json").write_text(json.dumps({"labels": ["a", "b", "c"]}))
        (self.folder / "labels.txt").write_text("one\ntwo\nthree\n")
        answer = self.json("inspect", model, "--json")
        self.assertIn("m.kite.json", answer["labels"])
        self.assertTrue(any("labels.txt" in conflict for conflict in answer["conflicts"]), answer["conflicts"])

    def test_no_model_is_a_usage_error(self):
        self.assert_error(self.kite("inspect"), "usage", 2)


class Doctor(Case):
    def test_it_examines_the_machine(self):
        answer = self.json("doctor", "--json")
        for finding in ("processor", "instruction set", "threads", "multiply-add peak", "noise", "plan cache"):
            self.assertTrue(answer[finding]["value"], finding)

    def test_its_noise_is_measured_for_as_long_as_asked(self):
        csv, svg = self.folder / "n.csv", self.folder / "n.svg"
        answer = self.json("doctor", "--noise", "1", "--threads", "1", "--json", "--csv", csv, "--svg", svg)
        series = answer["series"][0]
        self.assertEqual(series["threads"], 1)
        self.assertEqual([row["distance_s"] for row in series["distances"]], [0.1])
        self.assertIn("<svg", svg.read_text())
        self.assertEqual(len(csv.read_text().splitlines()), series["blocks"] + 2)
        again = self.json("doctor", "--noise", "--read", csv, "--json")
        self.assertEqual(again["recorded"], answer["recorded"])

    def test_of_a_recorded_series_it_says_what_a_race_would_see(self):
        quiet, busy = (self.json("doctor", "--noise", "--json", "--read", RECORDED / name)["series"][0]
                       for name in ("quiet_2.csv", "busy_2.csv"))
        for series in (quiet, busy):
            self.assertEqual([row["distance_s"] for row in series["distances"]], [0.1, 1, 10])
            resolutions = [heat["resolution"] for heat in series["heats"]]
            self.assertEqual(resolutions, sorted(resolutions, reverse=True))  # more sets see more
            self.assertGreater(series["rounds"][0]["resolution"], series["rounds"][1]["resolution"])
        self.assertLess(quiet["heats"][0]["resolution"], busy["heats"][0]["resolution"])
        self.assertLess(quiet["lost_share"], busy["lost_share"])
        text = self.kite("doctor", "--noise", "--read", RECORDED / "quiet_2.csv").stdout.decode()
        for word in ("two turns of a heat", "steady inference, 2 threads", "whole programs, 2 threads"):
            self.assertIn(word, text)

    def test_a_time_in_which_nothing_fits_is_refused_with_what_fits(self):
        for seconds in ("0.5", "0", "abc", "1e9", "nan"):
            result = self.kite("doctor", "--noise", seconds)
            self.assert_error(result, "usage", 2, "50 s for pairs 10 s apart")
        alone = self.kite("doctor", "--csv", self.folder / "n.csv")
        self.assertEqual(alone.returncode, 2)
        self.assertIn(b"--csv requires --noise", alone.stderr)
        twice = self.kite("doctor", "--noise", "1", "--csv", self.folder / "n", "--svg", self.folder / "n")
        self.assert_error(twice, "usage", 2, "named twice")
        (self.folder / "bad.csv").write_text("a,b\n1,2\n")
        self.assert_error(self.kite("doctor", "--noise", "--read", self.folder / "bad.csv"), "invalid-input", 3, "bad.csv")
        self.assert_error(self.kite("doctor", "--noise", "--read", self.folder / "none.csv"), "io", 6, "none.csv")

    def test_what_was_measured_before_an_interrupt_is_printed(self):
        child = subprocess.Popen([KITE, "doctor", "--noise", "60", "--threads", "1", "--json"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        time.sleep(2.5)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130, err)
        self.assertIn(b"interrupted after", err)
        self.assertLess(json.loads(out)["series"][0]["seconds"], 30)


if __name__ == "__main__":
    unittest.main()
