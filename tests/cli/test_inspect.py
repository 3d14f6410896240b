# SPDX-License-Identifier: Apache-2.0
"""kite inspect and doctor."""

import json
import unittest

from kite import DEMO_MODEL, Case, save_classifier


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


if __name__ == "__main__":
    unittest.main()
