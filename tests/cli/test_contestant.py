# SPDX-License-Identifier: Apache-2.0
"""kite as a contestant of a race: bench's samples and protocol lines, the recipe as JSON, and the oracle behind parity."""

import json
import time
import unittest

import numpy as np
from onnx import helper

from kite import DEMO_MODEL, Case, save, save_classifier, save_picture

RECIPE = {"resize": 8, "crop": 8, "interpolation": "bilinear", "mean": [0.5, 0.25, 0.125], "std": [1.0, 2.0, 4.0]}


class Contestant(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx", metadata={"paperkite.preprocess": json.dumps(RECIPE)})
        self.stack = np.random.default_rng(4).standard_normal((3, 3, 8, 8), np.float32)
        np.save(self.folder / "stack.npy", self.stack)

    def bench(self, *arguments):
        """The lines by kind: phases as name -> t_ns, marks by name, samples, info."""
        result = self.kite("bench", self.model, "--threads", "1", "--format", "jsonl", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        lines = [json.loads(line) for line in result.stdout.decode().splitlines()]
        self.assertEqual(lines[0]["phase"], "runtime")
        self.assertEqual(lines[-1]["phase"], "done")
        return {"phases": {line["phase"]: line["t_ns"] for line in lines if "phase" in line},
                "marks": {line["mark"]: line for line in lines if "mark" in line},
                "samples": [line for line in lines if "sample" in line],
                "info": next(line["info"] for line in lines if "info" in line)}

    def pictures(self):
        colours = {"a": (250, 10, 10), "b": (10, 250, 10), "c": (10, 10, 250)}
        (self.folder / "pictures").mkdir()
        return [save_picture(self.folder / f"pictures/{name}.png", colour) for name, colour in colours.items()]

    def logits_of(self, tensors):
        np.save(self.folder / "in.npy", tensors)
        result = self.kite("run", self.model, "--input", f"x={self.folder}/in.npy", "--output", f"logits={self.folder}/out.npy")
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return np.load(self.folder / "out.npy")


class Bench(Contestant):
    def test_sample_i_runs_on_input_i_mod_n_from_the_first_run_on(self):
        before = time.monotonic_ns()
        said = self.bench("--input", self.folder / "stack.npy", "--samples", "7", "--logits", self.folder / "l.npy")
        self.assertEqual([sample["sample"] for sample in said["samples"]], list(range(7)))
        self.assertEqual([sample["input"] for sample in said["samples"]], [0, 1, 2, 0, 1, 2, 0])
        logits, expected = np.load(self.folder / "l.npy"), self.logits_of(self.stack)
        np.testing.assert_array_equal(logits, expected[np.arange(7) % 3])
        for sample, row in zip(said["samples"], logits.astype(np.float64)):
            self.assertEqual(sample["index"], row.argmax())
            self.assertAlmostEqual(sample["score"], 1 / np.exp(row - row.max()).sum(), places=9)
            self.assertGreater(sample["ms"], 0)
        self.assertEqual(list(said["phases"]), ["runtime", "loaded", "first", "done"])
        stamps = [before, *said["phases"].values(), time.monotonic_ns()]
        self.assertEqual(stamps, sorted(stamps))

    def test_each_line_go_is_answered_with_a_block_of_the_inputs_from_there_on(self):
        command = ("bench", self.model, "--threads", "1", "--format", "jsonl", "--input", self.folder / "stack.npy", "--samples", "2",
                   "--blocks", "3")  # fmt: skip
        result = self.kite(*command, stdin=b"go 2\ngo 0\n")
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        lines = [json.loads(line) for line in result.stdout.decode().splitlines()]
        kinds = [next(iter(line)) for line in lines]
        self.assertEqual(kinds, ["phase", "phase", "mark", "phase", "sample", "sample", "ready", "block", "block", "mark", "info", "phase"])
        classes = self.logits_of(self.stack).argmax(1)
        for block, first in enumerate((2, 0)):
            said = lines[7 + block]
            self.assertEqual(said["block"], block)
            self.assertGreater(len(said["samples"]), 3)  # the model takes microseconds
            for i, (index, ms, best, score) in enumerate(said["samples"]):
                self.assertEqual((index, best), ((first + i) % 3, classes[(first + i) % 3]))
                self.assertTrue(0 < ms and 0 < score <= 1)
        for wrong in (b"go 3\n", b"go -1\n", b"go\n", b"stop\n"):
            result = self.kite(*command, stdin=wrong)
            self.assertEqual(result.returncode, 2, wrong)
            self.assertIn(b'not "go K" with K below 3', result.stderr)

    def test_memory_marks_and_info_are_said(self):
        said = self.bench("--input", self.folder / "stack.npy", "--samples", "1")
        self.assertEqual(list(said["marks"]), ["loaded", "end"])
        for mark in said["marks"].values():
            self.assertGreater(mark["rss_anon_bytes"], 100_000)
            self.assertGreater(mark["rss_file_bytes"], 100_000)
        self.assertGreaterEqual(said["marks"]["end"]["vm_hwm_bytes"], said["marks"]["end"]["rss_anon_bytes"])
        self.assertEqual(said["info"]["threads"], 1)
        version = self.kite("--version").stdout.decode().split()[-1]
        self.assertEqual(said["info"]["versions"], {"paperkite": version})
        self.assertIn("float32", said["info"]["settings"])

    def test_pictures_count_from_the_path_on(self):
        pictures = self.pictures()
        (self.folder / "list.txt").write_text("".join(f"{path}\n" for path in reversed(pictures)))
        for image, order in ((self.folder / "pictures", [0, 1, 2]), (f"@{self.folder}/list.txt", [2, 1, 0]), (pictures[1], [1])):
            said = self.bench("--image", image, "--samples", "4", "--logits", self.folder / "l.npy", "--tensors", self.folder / "t.npy")
            expected = [order[i % len(order)] for i in range(4)]
            self.assertEqual([sample["index"] for sample in said["samples"]], expected)
            tensors = np.load(self.folder / "t.npy")
            self.assertEqual(tensors.shape, (4, 3, 8, 8))
            mean, std = np.float32(RECIPE["mean"]), np.float32(RECIPE["std"])
            colour = np.float32([250 if channel == expected[0] else 10 for channel in range(3)])
            np.testing.assert_allclose(tensors[0, :, 0, 0], (colour / 255 - mean) / std, rtol=1e-6)
            np.testing.assert_array_equal(np.load(self.folder / "l.npy"), self.logits_of(tensors))

    def test_samples_without_lines_give_the_usual_json(self):
        answer = self.json("bench", self.model, "--input", self.folder / "stack.npy", "--samples", "5", "--threads", "1", "--json")
        self.assertEqual(len(answer["samples_ms"]), 5)
        self.assertEqual(answer["first_ms"], answer["samples_ms"][0])
        self.pictures()
        answer = self.json("bench", self.model, "--image", self.folder / "pictures", "--iters", "3", "--warmup", "1", "--json")
        self.assertEqual((len(answer["samples_ms"]), answer["gflops"]), (3, None))

    def test_what_cannot_be_measured_is_refused(self):
        bench = ("bench", self.model)
        self.assert_error(self.kite(*bench, "--format", "jsonl"), "usage", 2, "--samples")
        self.assert_error(self.kite(*bench, "--logits", "l.npy"), "usage", 2, "--samples")
        self.assert_error(self.kite(*bench, "--samples", "1", "--tensors", "t.npy"), "usage", 2, "--image")
        np.save(self.folder / "wrong.npy", np.zeros((2, 3, 8, 9), np.float32))
        self.assert_error(self.kite(*bench, "--input", self.folder / "wrong.npy"), "invalid-input", 3, "[2,3,8,9]", "[1,3,8,8]")
        (self.folder / "empty.txt").write_text("")
        self.assert_error(self.kite(*bench, "--image", f"@{self.folder}/empty.txt"), "usage", 2, "the list is empty")
        (self.folder / "cut.npy").write_bytes((self.folder / "stack.npy").read_bytes()[:-8])
        self.assert_error(self.kite(*bench, "--input", self.folder / "cut.npy", "--samples", "3"), "invalid-input", 3, "fewer elements")
        result = self.kite(*bench, "--image", self.folder / "missing.png", "--samples", "1", "--format", "jsonl")
        self.assertEqual(result.returncode, 6)
        self.assertNotIn(b'"done"', result.stdout)


class Recipe(Contestant):
    def test_inspect_shows_the_recipe_as_the_protocol_words_it(self):
        self.assertEqual(self.json("inspect", self.model, "--json")["recipe"], RECIPE)


class Oracle(Contestant):
    def oracle(self, model, tensors, *arguments):
        np.save(self.folder / "in.npy", tensors)
        return self.kite("run", model, "--input", f"x={self.folder}/in.npy", "--output", f"logits={self.folder}/o.npy", "--oracle", *arguments)

    def judged(self, model, tensors):
        result = self.oracle(model, tensors)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        judged = np.load(self.folder / "o.npy")
        self.assertEqual(judged.dtype, np.float32)
        return judged

    def test_double_precision_agrees_with_the_engine(self):
        x = np.random.default_rng(5).standard_normal((1, 3, 224, 224), np.float32)
        judged = self.judged(DEMO_MODEL, x)
        self.model = DEMO_MODEL
        computed = self.logits_of(x)
        self.assertLessEqual(np.abs(judged - computed).max(), 1e-4 * np.abs(judged).max())
        self.assertTrue((judged != computed).any(), "the same bits: the engine itself answered")

    def test_values_between_operators_are_double(self):
        nodes = [helper.make_node("Add", ["x", "big"], ["sum"]), helper.make_node("Sub", ["sum", "big"], ["logits"])]
        save(self.folder / "sum.onnx", nodes, [("x", [1, 2])], [("logits", [1, 2])], {"big": np.float32([1e9])})
        np.testing.assert_array_equal(self.judged(self.folder / "sum.onnx", np.float32([[1, 2]])), [[1, 2]])

    def test_a_stack_goes_through_a_fixed_batch_piece_by_piece(self):
        fixed = save_classifier(self.folder / "fixed.onnx", dims=[1, 3, 8, 8])
        expected = self.stack.astype(np.float64).mean((2, 3)) @ np.diag([4.0, 5.0, 6.0])
        np.testing.assert_allclose(self.judged(fixed, self.stack), expected.astype(np.float32), rtol=2e-7)
        np.testing.assert_allclose(self.judged(self.model, self.stack), expected.astype(np.float32), rtol=2e-7)

    def test_what_does_not_fit_is_refused(self):
        self.assert_error(self.oracle(self.model, np.zeros((1, 4, 8, 8), np.float32)), "invalid-input", 3, "x")
        self.assert_error(self.oracle(self.model, np.zeros((1, 3, 8, 8), np.float64)), "invalid-input", 3, "float64")
        self.assert_error(self.kite("run", self.model, "--oracle"), "usage", 2, "--input x=")
        plan = self.folder / "m.plan"
        self.kite("compile", self.model, "-o", plan)
        self.assert_error(self.oracle(plan, self.stack), "usage", 2, "onnx")
        self.assert_error(self.oracle(DEMO_MODEL, np.zeros((1, 3, 224, 224), np.float32), "--memory-limit", "1MB"), "limit", 5)


if __name__ == "__main__":
    unittest.main()
