# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the conformance cases' generator: which opsets a case is written for, and the layout."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
from onnx import TensorProto, helper

import generate_cases
from generate_cases import LeftOut, at_opset, case_at_opsets


def case(node, inputs: dict, outputs: dict, opset: int):
    """A case as the onnx package makes them."""
    def info(name, value):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)

    infos = [[info(*item) for item in values.items()] for values in (inputs, outputs)]
    graph = helper.make_graph([node], "test", *infos)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    data = [(list(inputs.values()), list(outputs.values()))]
    return SimpleNamespace(name="test", model=model, data_sets=data, rtol=1e-3, atol=1e-7)


NEWEST = onnx.defs.onnx_opset_version()
X = np.array([[1.5, -2.0, 3.0]], np.float32)
POOL = helper.make_node("GlobalAveragePool", ["x"], ["y"])


class Stamping(unittest.TestCase):
    def test_an_unchanged_operator_is_written_for_both_ends(self):
        relu = case(helper.make_node("Relu", ["x"], ["y"]), {"x": X}, {"y": np.maximum(X, 0)}, 14)
        found, reasons = case_at_opsets(relu)
        versions = {k: m.opset_import[0].version for k, m in found.items()}
        self.assertEqual(versions, {"opset14": 14, "opset18": 18, f"opset{NEWEST}": NEWEST})
        self.assertEqual((found["opset18"].ir_version, reasons), (8, []))

    def test_an_older_definition_is_used_when_it_gives_the_same_values(self):
        pool = case(POOL, {"x": X[None]}, {"y": X[None].mean(2, keepdims=True)}, 22)
        self.assertEqual(sorted(case_at_opsets(pool)[0]), ["opset18", "opset22", f"opset{NEWEST}"])

    def test_an_older_definition_that_gives_other_values_is_refused(self):
        wrong = case(POOL, {"x": X[None]}, {"y": X[None, :, :1] + 9}, 22)
        with self.assertRaisesRegex(LeftOut, "other values under the older definition"):
            at_opset(wrong, 22, 18)

    def test_an_attribute_that_came_later_is_refused(self):
        gelu = case(helper.make_node("Gelu", ["x"], ["y"]), {"x": X}, {"y": X}, 20)
        with self.assertRaisesRegex(LeftOut, "Gelu does not exist in opset 18"):
            at_opset(gelu, 20, 18)
        node = helper.make_node("Cast", ["x"], ["y"], to=TensorProto.DOUBLE, saturate=1)
        cast = case(node, {"x": X}, {"y": X.astype(np.float64)}, 19)
        with self.assertRaisesRegex(LeftOut, "Unrecognized attribute: saturate"):
            at_opset(cast, 19, 18)

    def test_a_type_that_came_later_is_refused(self):
        half = X[None].astype(helper.tensor_dtype_to_np_dtype(TensorProto.BFLOAT16))
        pool = case(POOL, {"x": half}, {"y": half[:, :, :1]}, 22)
        with self.assertRaisesRegex(LeftOut, r"GlobalAveragePool of 1 takes no tensor\(bfloat16\)"):
            at_opset(pool, 22, 18)

    def test_a_case_of_another_domain_is_written_as_it_is(self):
        relu = case(helper.make_node("Relu", ["x"], ["y"]), {"x": X}, {"y": X}, 14)
        relu.model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
        self.assertEqual(case_at_opsets(relu), ({"own": relu.model}, []))


class Written(unittest.TestCase):
    """The real generator, in the folder that the tests' build also uses."""

    @classmethod
    def setUpClass(cls):
        cls.root, _ = generate_cases.generate(Path(__file__).resolve().parents[2] / "build/conformance")
        cls.listing = json.loads((cls.root / "cases.json").read_text())

    def test_a_second_call_writes_nothing(self):
        _, fresh = generate_cases.generate(self.root.parent)
        self.assertFalse(fresh)
        self.assertEqual((self.root.parent / "current").resolve(), self.root)

    def test_every_standard_operator_has_a_case_at_its_newest_definition(self):
        """But for those that the package itself has no case of, and that were deprecated."""
        there = {operator for entry in self.listing["cases"] for operator in entry["operators"]}
        newest = {schema.name: schema for schema in onnx.defs.get_all_schemas() if schema.domain == ""}
        missing = {name for name, schema in newest.items() if name not in there and not schema.deprecated}
        self.assertEqual(missing, set(
            """ConcatFromSequence GlobalLpPool MaxRoiPool Multinomial Optional RandomNormal RandomNormalLike RandomUniform
            SequenceAt SequenceConstruct SequenceErase""".split()))

    def test_every_case_is_complete_and_names_its_opset(self):
        self.assertGreater(len(self.listing["cases"]), 4000)
        for entry in self.listing["cases"]:
            folder = self.root / entry["name"]
            model = onnx.load(folder / "model.onnx")
            label = entry["name"].split("/")[0]
            with self.subTest(entry["name"]):
                versions = [(o.domain, o.version) for o in model.opset_import]
                if label != "own":
                    self.assertEqual(versions, [("", int(label.removeprefix("opset")))])
                self.assertTrue(entry["rtol"] > 0 and entry["atol"] >= 0)
                data = folder / "test_data_set_0"
                self.assertEqual(len(list(data.glob("input_*.pb"))), len(model.graph.input))
                self.assertEqual(len(list(data.glob("output_*.pb"))), len(model.graph.output))

    def test_every_opset_that_was_left_out_says_why(self):
        for entry in self.listing["left_out"]:
            self.assertRegex(entry["reason"], r"^opset \d+: .", entry["name"])

    def test_an_interrupted_run_leaves_nothing_that_looks_complete(self):
        original = generate_cases.write_all
        generate_cases.write_all = lambda root: (_ for _ in ()).throw(KeyboardInterrupt)
        try:
            with tempfile.TemporaryDirectory() as folder:
                with self.assertRaises(KeyboardInterrupt):
                    generate_cases.generate(Path(folder))
                self.assertEqual(list(Path(folder).iterdir()), [])
        finally:
            generate_cases.write_all = original


if __name__ == "__main__":
    unittest.main()
