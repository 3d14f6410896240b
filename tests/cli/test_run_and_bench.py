# SPDX-License-Identifier: Apache-2.0
"""kite run, bench, profile and compile."""

import json
import unittest
import xml.etree.ElementTree as ElementTree

import numpy as np
from onnx import helper

from kite import DEMO_MODEL, PICTURES, Case, save, save_classifier, save_picture


class Run(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx")

    def run_on(self, tensor, *arguments):
        np.save(self.folder / "in.npy", tensor)
        result = self.kite("run", self.model, "--input", f"x={self.folder}/in.npy", "--output", f"logits={self.folder}/out.npy", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return np.load(self.folder / "out.npy")

    def test_the_tensor_s_shape_binds_the_batch_and_values_are_right(self):
        x = np.random.default_rng(1).standard_normal((4, 3, 8, 8), np.float32)
        out = self.run_on(x)
        expected = x.mean((2, 3)) @ np.diag([4.0, 5.0, 6.0]).astype(np.float32)
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)

    def test_rows_of_a_batch_have_the_bits_of_a_batch_of_one(self):
        x = np.random.default_rng(2).standard_normal((3, 3, 8, 8), np.float32)
        together = self.run_on(x)
        for i in range(3):
            np.testing.assert_array_equal(self.run_on(x[i:i + 1])[0], together[i])

    def test_json_names_the_outputs(self):
        np.save(self.folder / "in.npy", np.zeros((1, 3, 8, 8), np.float32))
        answer = self.json("run", self.model, "--input", f"x={self.folder}/in.npy", "--json")
        self.assertEqual(answer["outputs"], [{"name": "logits", "dtype": "float32", "shape": [1, 3], "file": None}])

    def test_wrong_tensors_are_refused(self):
        np.save(self.folder / "in.npy", np.zeros((1, 4, 8, 8), np.float32))
        arguments = ["run", self.model, "--input", f"x={self.folder}/in.npy"]
        self.assert_error(self.kite(*arguments), "invalid-input", 3, "x")
        np.save(self.folder / "in.npy", np.zeros((1, 3, 8, 8), np.float64))
        self.assert_error(self.kite(*arguments), "invalid-input", 3, "float32", "float64")
        np.save(self.folder / "in.npy", np.asfortranarray(np.zeros((1, 3, 8, 8), np.float32)))
        self.assertEqual(self.kite(*arguments).returncode, 0, "a transposed array is read")
        (self.folder / "in.npy").write_bytes(b"\x93NUMPY\x01\x00\xff\xff")
        self.assert_error(self.kite(*arguments), "invalid-input", 3, "in.npy")
        (self.folder / "in.npy").write_bytes(b"text")
        self.assert_error(self.kite(*arguments), "invalid-input", 3, "in.npy")

    def test_missing_and_unknown_names_are_usage_errors(self):
        np.save(self.folder / "in.npy", np.zeros((1, 3, 8, 8), np.float32))
        self.assert_error(self.kite("run", self.model), "usage", 2, "--input x=")
        self.assert_error(self.kite("run", self.model, "--input", "x"), "usage", 2, "NAME=FILE")
        self.assert_error(self.kite("run", self.model, "--input", f"x={self.folder}/in.npy", "--output", "y=o.npy"), "usage", 2, "logits")

    def test_several_inputs_and_outputs(self):
        save(self.folder / "two.onnx", [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])],
             [("a", [2, 2]), ("b", [2, 2])], [("sum", [2, 2]), ("difference", [2, 2])])
        np.save(self.folder / "a.npy", np.float32([[1, 2], [3, 4]]))
        np.save(self.folder / "b.npy", np.float32([[10, 20], [30, 40]]))
        result = self.kite("run", self.folder / "two.onnx", "--input", f"a={self.folder}/a.npy", "--input", f"b={self.folder}/b.npy",
                           "--output", f"sum={self.folder}/s.npy", "--output", f"difference={self.folder}/d.npy")
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        np.testing.assert_array_equal(np.load(self.folder / "s.npy"), [[11, 22], [33, 44]])
        np.testing.assert_array_equal(np.load(self.folder / "d.npy"), [[-9, -18], [-27, -36]])


class Bench(Case):
    def test_json_has_the_promised_fields(self):
        model = save_classifier(self.folder / "m.onnx")
        answer = self.json("bench", model, "--iters", "7", "--warmup", "2", "--threads", "1", "--json")
        self.assertEqual(set(answer), {"model", "threads", "isa", "precision", "load_ms", "first_ms", "samples_ms", "p50_ms", "macs",
                                       "gflops", "rss_anon_bytes", "rss_file_bytes"})
        self.assertEqual(len(answer["samples_ms"]), 7)
        self.assertEqual((answer["threads"], answer["precision"]), (1, "float32"))
        self.assertEqual(answer["p50_ms"], sorted(answer["samples_ms"])[3])

    def test_the_forced_instruction_set_is_the_one_that_runs(self):
        for isa in ("generic", "avx2"):
            answer = self.json("bench", DEMO_MODEL, "--iters", "1", "--isa", isa, "--json")
            self.assertEqual(answer["isa"], isa)
            answer = self.json("bench", DEMO_MODEL, "--iters", "1", "--json", env={"KITE_ISA": isa})
            self.assertEqual(answer["isa"], isa)
        self.assert_error(self.kite("bench", DEMO_MODEL, env={"KITE_ISA": "neon"}), "usage", 2, "neon")

    def test_a_picture_or_a_tensor_as_input(self):
        picture = PICTURES / "paper_kite_1.jpg"
        self.assertGreater(self.json("bench", DEMO_MODEL, "--image", picture, "--iters", "1", "--json")["p50_ms"], 0)
        np.save(self.folder / "in.npy", np.zeros((1, 3, 224, 224), np.float32))
        self.assertGreater(self.json("bench", DEMO_MODEL, "--input", self.folder / "in.npy", "--iters", "1", "--json")["p50_ms"], 0)
        self.assert_error(self.kite("bench", DEMO_MODEL, "--input", "a.npy", "--image", picture), "usage", 2)


class Profile(Case):
    def test_every_step_has_a_kernel_and_a_time_and_the_drawing_is_xml(self):
        answer = self.json("profile", DEMO_MODEL, "--runs", "3", "--json", "--threads", "1", "--svg", self.folder / "p.svg")
        self.assertGreater(len(answer["steps"]), 50)
        self.assertTrue(all(step["us"] > 0 and step["kernel"] for step in answer["steps"]))
        self.assertEqual(sum(step["kernel"] == "portable" for step in answer["steps"]), 0)
        for step in answer["steps"]:  # fewer bytes the further away, and none that the step does not use
            passed = [step["bytes"], *step["bytes_from"].values()]
            self.assertEqual(passed, sorted(passed, reverse=True), step["node"])
        self.assertTrue(ElementTree.parse(self.folder / "p.svg").getroot().tag.endswith("svg"))


class Compile(Case):
    def test_a_plan_answers_like_its_model(self):
        model = save_classifier(self.folder / "m.onnx")
        (self.folder / "l.txt").write_text("red\ngreen\nblue\n")
        picture = save_picture(self.folder / "p.png", (10, 250, 10))
        plan = self.folder / "m.plan"
        self.assertEqual(self.kite("compile", model, "-o", plan).returncode, 0)
        answers = [self.json("classify", path, picture, "--labels", self.folder / "l.txt", "--json")[0]["top"] for path in (model, plan)]
        self.assertEqual(*answers)
        self.assertEqual(answers[0][0]["label"], "green")

    def test_a_plan_that_cannot_be_written_leaves_nothing(self):
        model = save_classifier(self.folder / "m.onnx")
        self.assert_error(self.kite("compile", model, "-o", self.folder / "no/m.plan"), "io", 6)

    def test_a_plan_brings_its_labels_and_recipe_along(self):
        model = save_classifier(self.folder / "m.onnx")
        recipe = {"labels": ["rouge", "vert", "bleu"], "preprocess": {"resize": 8, "crop": 8, "mean": [0.1, 0.2, 0.3]}}
        (self.folder / "m.kite.json").write_text(json.dumps(recipe))
        picture = save_picture(self.folder / "red.png", (250, 0, 0))
        plan = self.folder / "elsewhere/x.plan"
        plan.parent.mkdir()
        said = self.json("compile", model, "-o", plan, "--json")
        self.assertEqual((said["labels"], said["preprocess"]), ("m.kite.json", "m.kite.json + guess"))
        result = self.kite("classify", plan, picture, "-k", 3, "--json")
        self.assertEqual(result.stderr, b"")
        top = json.loads(result.stdout)[0]["top"]
        self.assertEqual(top, self.json("classify", model, picture, "-k", 3, "--json")[0]["top"])
        self.assertEqual(top[0]["label"], "rouge")
        # A flag, and a file beside the plan, win over what is in it.
        (self.folder / "l.txt").write_text("one\ntwo\nthree\n")
        self.assertEqual(self.json("classify", plan, picture, "--labels", self.folder / "l.txt", "-k", 3, "--json")[0]["top"][0]["label"], "one")
        self.assertEqual(self.kite("compile", model, "-o", plan, "--labels", self.folder / "l.txt").returncode, 0)
        self.assertEqual(self.json("classify", plan, picture, "-k", 3, "--json")[0]["top"][0]["label"], "one")

    def test_a_guessed_recipe_stays_a_guess_in_the_plan(self):
        model = save_classifier(self.folder / "m.onnx")
        picture = save_picture(self.folder / "red.png", (250, 0, 0))
        said = self.json("compile", model, "-o", self.folder / "x.plan", "--json")
        self.assertEqual((said["labels"], said["preprocess"]), ("none", "guess"))
        self.assertIn(b"guess", self.kite("classify", self.folder / "x.plan", picture).stderr)

    def test_broken_plans_are_refused(self):
        model = save_classifier(self.folder / "m.onnx")
        plan = self.folder / "m.plan"
        self.kite("compile", model, "-o", plan)
        good = plan.read_bytes()
        np.save(self.folder / "in.npy", np.zeros((1, 3, 8, 8), np.float32))
        for i in range(0, 100):
            plan.write_bytes(good[:len(good) * i // 100])
            self.assertIn(self.kite("run", plan, "--input", f"x={self.folder}/in.npy").returncode, (3,), i)
        random = np.random.default_rng(3)
        for i in range(300):
            broken = bytearray(good)
            for _ in range(1 + i % 4):
                broken[random.integers(8, min(len(broken), 4096))] ^= 1 << random.integers(8)
            plan.write_bytes(broken)
            self.assertIn(self.kite("run", plan, "--input", f"x={self.folder}/in.npy").returncode, (0, 2, 3, 5), i)


if __name__ == "__main__":
    unittest.main()
