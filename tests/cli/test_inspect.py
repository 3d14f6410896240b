# SPDX-License-Identifier: Apache-2.0
"""kite inspect and doctor."""

import json
import signal
import subprocess
import time
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

from kite import DEMO_MODEL, KITE, ROOT, Case, save, save_classifier, wait_until_it_catches
from sanitizers import SLOWNESS

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

    def test_its_screen_says_that_it_runs_and_with_which_kernels(self):
        lines = self.kite("inspect", DEMO_MODEL, "--threads", "2").stdout.decode().splitlines()
        self.assertLessEqual(len(lines), 40)
        self.assertLessEqual(max(map(len, lines)), 80)
        text = "\n".join(lines)
        for words in ("verdict        runs\n", "opset 18", "413.443 million a run, 100.0 % of them in fast kernels", "(2 threads)", "--all"):
            self.assertIn(words, text)
        # --all lists the steps, which are as many as the JSON has.
        steps = self.json("inspect", DEMO_MODEL, "--json")["steps"]
        listed = self.kite("inspect", DEMO_MODEL, "--all").stdout.decode()
        self.assertIn(f"\n{len(steps) - 1:>4}  {steps[-1]['op']}", listed)

    def test_multiply_adds_of_portable_steps_are_counted(self):
        # 5x4 by 4x3 of integers has no kernel, the same of floats has one: 60 multiply-adds each.
        product = helper.make_node("MatMul", ["a", "w"], ["f"])
        widened = [helper.make_node("Cast", ["x"], ["n"], to=TensorProto.INT32), helper.make_node("MatMul", ["n", "m"], ["i"]),
                   helper.make_node("Cast", ["i"], ["y"], to=TensorProto.FLOAT)]
        both = save(self.folder / "both.onnx", [product, *widened], [("x", [5, 4]), ("a", [5, 4])], [("y", [5, 3]), ("f", [5, 3])],
                    {"w": np.ones((4, 3), np.float32), "m": np.ones((4, 3), np.int32)})
        answer = self.json("inspect", both, "--json")
        self.assertEqual((answer["macs"], answer["fast_macs"], answer["fast_share"]), (120, 60, 0.5))
        self.assertIn("50.0 % of them in fast kernels", self.kite("inspect", both).stdout.decode())
        einsum = save(self.folder / "e.onnx", [helper.make_node("Einsum", ["x", "a"], ["y"], equation="bij,bjk->bik")],
                      [("x", [2, 3, 4]), ("a", [2, 4, 5])], [("y", [2, 3, 5])])
        self.assertEqual(self.json("inspect", einsum, "--json")["macs"], 2 * 3 * 4 * 5)
        # Two steps of four gates of four states, each a sum over three inputs and four states.
        lstm = save(self.folder / "l.onnx", [helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=4)], [("x", [2, 1, 3])], [("y", [2, 1, 1, 4])],
                    {"w": np.ones((1, 16, 3), np.float32), "r": np.ones((1, 16, 4), np.float32)})
        self.assertEqual(self.json("inspect", lstm, "--json")["macs"], 2 * 16 * (3 + 4))
        turned = save(self.folder / "t.onnx", [helper.make_node("ConvTranspose", ["x", "w"], ["y"])], [("x", [1, 1, 4, 4])], [("y", [1, 2, 6, 6])],
                      {"w": np.ones((1, 2, 3, 3), np.float32)})
        self.assertEqual(self.json("inspect", turned, "--json")["macs"], 2 * 36 * 9)
        none = save(self.folder / "none.onnx", [helper.make_node("Relu", ["x"], ["y"])], [("x", [2])], [("y", [2])])
        self.assertIsNone(self.json("inspect", none, "--json")["fast_share"])

    def test_the_support_table_needs_no_model(self):
        table = {row["op"]: row for row in self.json("inspect", "--ops", "--json") if row["domain"] == ""}
        for op in ("Conv", "Gemm", "MatMul", "LayerNormalization", "Softmax", "Slice", "Where", "Pad", "Cast"):
            self.assertIn(op, table)
            self.assertGreaterEqual(table[op]["last_opset"], 28)
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


class WhatIsMissing(Case):
    """Models that do not run: everything that keeps them from it, and what is known of them nevertheless."""

    def refused(self, path, *options, exit_code=3):
        answer = self.kite("inspect", path, "--json", *options)
        self.assertEqual(answer.returncode, exit_code, answer.stderr.decode())
        answer = json.loads(answer.stdout)
        self.assertFalse(answer["runs"])
        return answer

    def test_all_problems_are_listed_with_what_is_known(self):
        nodes = [
            helper.make_node("Fancy", ["x"], ["a"], "first", domain="com.example"),
            helper.make_node("Fancy", ["a"], ["b"], "second", domain="com.example"),
            helper.make_node("Conv", ["x", "w"], ["c"], "bad_group", group=2),  # 3 channels
            helper.make_node("Conv", ["c", "w"], ["d"], "after_it", group=2),  # cannot be looked at
            helper.make_node("Reshape", ["x", "s"], ["e"], "by_data"),
            helper.make_node("Softmax", ["x"], ["f"], "bad_axis", axis=7),
            helper.make_node("Sum", ["b", "d", "e", "f"], ["y"], "all"),
        ]
        path = save(self.folder / "m.onnx", nodes, [("x", [1, 3, 8, 8])], [("y", None)], {"w": np.zeros((4, 3, 3, 3), np.float32)},
                    domain_opsets=[helper.make_opsetid("com.example", 1)])
        model = onnx.load(path)
        model.graph.input.append(helper.make_tensor_value_info("s", TensorProto.INT64, [2]))
        model.producer_name, model.producer_version = "maker", "1.2"
        onnx.save(model, path)
        answer = self.refused(path)
        problems = {entry.get("operator"): entry for entry in answer["problems"]}
        self.assertEqual(set(problems), {"Fancy", "Conv", "Reshape", "Softmax"})
        fancy = problems["Fancy"]
        self.assertEqual((fancy["kind"], fancy["domain"], fancy["opset"], fancy["count"]), ("operator", "com.example", 1, 2))
        self.assertIn("first", fancy["first"]["where"])
        self.assertIn("group", problems["Conv"]["first"]["message"])
        self.assertIn("data", problems["Reshape"]["first"]["message"])
        self.assertIn("bad_axis", problems["Softmax"]["first"]["where"])
        self.assertEqual(answer["unreached"], 2)
        self.assertEqual((answer["nodes"], answer["parameters"], answer["producer"]), (7, 108, "maker 1.2"))
        self.assertEqual(answer["opsets"], {"ai.onnx": 17, "com.example": 1})
        self.assertEqual([port["name"] for port in answer["inputs"]], ["x", "s"])
        result = self.kite("inspect", path)
        self.assertEqual(result.returncode, 3)
        lines = result.stdout.decode().splitlines()
        self.assertLessEqual(len(lines), 40)
        self.assertLessEqual(max(map(len, lines)), 80)
        text = " ".join(result.stdout.decode().split())
        for words in ("does not run: 4 problems", "operator com.example.Fancy of opset 1: 2 nodes, first", "maker 1.2", "2 nodes after these"):
            self.assertIn(words, text)
        self.assertEqual(len(result.stderr.decode().splitlines()), 1)

    def test_types_versions_and_inputs_are_listed_together(self):
        graph = helper.make_graph(
            [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Identity", ["t"], ["z"])], "g",
            [helper.make_tensor_value_info("x", TensorProto.COMPLEX64, [1, 3]), helper.make_tensor_value_info("t", TensorProto.STRING, [2])],
            [helper.make_tensor_value_info("y", TensorProto.COMPLEX64, [1, 3]), helper.make_tensor_value_info("z", TensorProto.STRING, [2])])
        path = self.folder / "m.onnx"
        path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 99)], ir_version=98).SerializeToString())
        messages = [entry["first"]["message"] for entry in self.refused(path)["problems"]]
        for words in ("ir_version 98", "opset 99", "COMPLEX64", "STRING"):
            self.assertTrue(any(words in message for message in messages), (words, messages))

    def test_an_undecided_shape_does_not_hide_unknown_operators(self):
        path = save(self.folder / "m.onnx", [helper.make_node("Fancy", ["x"], ["y"], domain="com.example")], [("x", [1, 3, "frames", 8, 8])],
                    [("y", None)], domain_opsets=[helper.make_opsetid("com.example", 1)])
        answer = self.refused(path)
        self.assertEqual(answer["problems"][0]["operator"], "Fancy")
        self.assertIn("--shape", answer["problems"][-1]["first"]["remedy"])

    def test_long_lists_are_shortened_and_all_shows_them(self):
        nodes = [helper.make_node(f"Fancy{i}", ["x"], [f"y{i}"], domain="com.example") for i in range(30)]
        path = save(self.folder / "m.onnx", nodes, [("x", [1])], [(f"y{i}", None) for i in range(30)], domain_opsets=[helper.make_opsetid("com.example", 1)])
        short, whole = (self.kite("inspect", path, *options).stdout.decode() for options in ((), ("--all",)))
        self.assertLessEqual(len(short.splitlines()), 40)
        self.assertIn("and 22 more; --all shows them", short)
        self.assertIn("Fancy29", whole)
        self.assertNotIn("Fancy29", short.replace("y29", ""))

    def test_a_limit_is_a_problem_and_keeps_its_exit_code(self):
        path = save(self.folder / "m.onnx", [helper.make_node("Relu", ["x"], ["y"])], [("x", [1, 3, 1000, 1000])], [("y", None)])
        answer = self.refused(path, "--memory-limit", "1MB", exit_code=5)
        self.assertEqual(answer["problems"][0]["first"]["code"], "limit")

    def test_a_million_reasons_take_bounded_time_and_space(self):
        nodes = [helper.make_node("Reshape", ["x", "s"], [f"y{i}"], allowzero=10 + i) for i in range(3000)]
        nodes += [helper.make_node(f"Fancy{i}", ["x"], [f"z{i}"]) for i in range(3000)]
        path = save(self.folder / "m.onnx", nodes, [("x", [4])], [("z0", None)], {"s": np.array([3], np.int64)})
        model = onnx.load(path)
        for i in range(1, 3000):
            model.graph.output.append(helper.make_tensor_value_info(f"z{i}", TensorProto.FLOAT, None))
        onnx.save(model, path)
        answer = self.refused(path)
        self.assertEqual(len(answer["problems"]), 1000)
        self.assertGreaterEqual(answer["unlisted"], 2000)


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
        self.assert_error(twice, "usage", 2, "two outputs")
        (self.folder / "bad.csv").write_text("a,b\n1,2\n")
        self.assert_error(self.kite("doctor", "--noise", "--read", self.folder / "bad.csv"), "invalid-input", 3, "bad.csv")
        self.assert_error(self.kite("doctor", "--noise", "--read", self.folder / "none.csv"), "io", 6, "none.csv")

    def test_what_was_measured_before_an_interrupt_is_printed(self):
        child = subprocess.Popen([KITE, "doctor", "--noise", "60", "--threads", "1", "--json"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        wait_until_it_catches(child)
        time.sleep(2.5)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30 * SLOWNESS)
        self.assertEqual(child.returncode, 130, err)
        self.assertIn(b"interrupted after", err)
        self.assertLess(json.loads(out)["series"][0]["seconds"], 30)


if __name__ == "__main__":
    unittest.main()
