# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the old cases: what is taken from a wheel, and what is there already."""

from __future__ import annotations

import tempfile
import unittest
import zipfile
from pathlib import Path

from onnx import TensorProto, helper

import old_cases


def model(op_type: str, opset: int) -> bytes:
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node(op_type, ["x"], ["y"])], "g", info[:1], info[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString()


class Extract(unittest.TestCase):
    def test_only_new_definitions_are_taken_with_their_data(self):
        with tempfile.TemporaryDirectory() as folder:
            wheel = Path(folder) / "onnx.whl"
            base = "onnx/backend/test/data/node"
            with zipfile.ZipFile(wheel, "w") as archive:
                archive.writestr(f"{base}/", "")
                archive.writestr(f"{base}/test_old/model.onnx", model("Relu", 6))
                archive.writestr(f"{base}/test_old/test_data_set_0/input_0.pb", b"x")
                archive.writestr(f"{base}/test_known/model.onnx", model("Relu", 13))
                archive.writestr("onnx/backend/test/data/real/test_net/model.onnx", model("Relu", 6))
            # Relu changed in opset 13 and 14.
            seen = {old_cases.definitions("test_known", model("Relu", 13)),
                    old_cases.definitions("test_old", model("Relu", 13))}
            self.assertEqual(old_cases.extract(wheel, "1.0", Path(folder), seen), 1)
            written = sorted(str(p.relative_to(folder)) for p in (Path(folder) / "onnx-1.0").rglob("*") if p.is_file())
            self.assertEqual(written, ["onnx-1.0/test_old/model.onnx", "onnx-1.0/test_old/test_data_set_0/input_0.pb"])
            self.assertEqual(old_cases.extract(wheel, "1.0", Path(folder) / "again", seen), 0)

    def test_an_operator_that_was_never_standardised_is_no_definition(self):
        self.assertEqual(old_cases.definitions("c", model("DynamicSlice", 9)), ("c", (("DynamicSlice", None),)))


if __name__ == "__main__":
    unittest.main()
