# SPDX-License-Identifier: Apache-2.0
"""A few hundred drawn models, every operator among them; and that the judges see a fault where there is one."""

import argparse
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import campaign
from campaign import Campaign, supported_operators, without_production
from judges import THOROUGH, Judge, disagreement
from productions import NOT_DRAWN, PRODUCTIONS


def options(**changed):
    return argparse.Namespace(**({"graphs": 0, "first": 0, "no_onnxruntime": False, "keep": None, "only": None} | changed))


class Grammar(unittest.TestCase):
    def test_every_operator_has_a_production_or_a_reason(self):
        supported = supported_operators()
        self.assertEqual(without_production(supported), [])
        self.assertEqual([key for key in NOT_DRAWN if key in PRODUCTIONS], [])

    def test_drawn_models_agree_with_the_oracle_and_with_onnx_runtime(self):
        drawn = Campaign(options(graphs=2 * len(supported_operators()), first=1_000_000))
        self.addCleanup(drawn.judge.close)
        drawn.run()
        self.assertEqual(drawn.failures, [], drawn.summary())
        self.assertEqual([key for key in drawn.operators if not drawn.covered[key]], [], "never drawn")
        self.assertLess(drawn.counts["refused by the engine"], 0.04 * drawn.counts["graphs"], drawn.summary())
        self.assertGreater(drawn.counts["compared with ONNX Runtime"], drawn.counts["graphs"] // 2)
        print(drawn.summary())

    def test_a_seed_is_one_model(self):
        supported = supported_operators()
        first, again = (campaign.draw(7, supported, ("", "Conv"))[0].SerializeToString() for _ in range(2))
        self.assertEqual(first, again)


class Judges(unittest.TestCase):
    def setUp(self):
        self.judge = Judge()
        self.addCleanup(self.judge.close)

    def model(self, *nodes):
        graph = helper.make_graph(list(nodes), "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])], [numpy_helper.from_array(np.float32([1e4]), "big")])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def test_an_error_beyond_rounding_is_seen_and_rounding_is_not(self):
        model, feeds = self.model(helper.make_node("Exp", ["x"], ["y"])), {"x": np.float32([-1, 0, 1, 2])}
        verdict, arrays = self.judge.ask(model, feeds)
        self.assertEqual(verdict["faults"], [])
        exact = np.exp(np.float64([-1, 0, 1, 2]))
        self.assertIsNone(disagreement(verdict, arrays, [exact.astype(np.float32)], 0))
        self.assertIn("is off by", disagreement(verdict, arrays, [(exact * (1 + 2e-5)).astype(np.float32)], 0))
        self.assertIn("shape", disagreement(verdict, arrays, [np.zeros(3, np.float32)], 0))

    def test_the_bound_grows_with_what_the_graph_does_to_rounding(self):
        narrow, _ = self.judge.ask(self.model(helper.make_node("Sin", ["x"], ["y"])), {"x": np.float32([1, 2, 3, 4])})
        wide, _ = self.judge.ask(self.model(helper.make_node("Sin", ["x"], ["s"]), helper.make_node("Add", ["s", "big"], ["t"]),
                                         helper.make_node("Sub", ["t", "big"], ["y"])), {"x": np.float32([1, 2, 3, 4])})
        self.assertGreater(wide["outputs"][0]["allowed"], 100 * narrow["outputs"][0]["allowed"])
        self.assertEqual(wide["faults"], [])

    def test_a_tie_is_shown(self):
        model = self.model(helper.make_node("Mul", ["x", "x"], ["s"]), helper.make_node("Round", ["s"], ["y"]))
        model.graph.output[0].type.tensor_type.elem_type = TensorProto.INT32
        model.graph.node[1].output[0] = "r"
        model.graph.node.append(helper.make_node("Cast", ["r"], ["y"], to=TensorProto.INT32))
        verdicts = [self.judge.ask(model, {"x": np.float32(x)}, THOROUGH)[0] for x in ([1, 1, 1, np.sqrt(2.5)], [1, 2, 3, 4])]
        self.assertEqual([v["outputs"][0]["is_tied"] for v in verdicts], [True, False])

    def test_a_failing_graph_becomes_one_node(self):
        drawn = Campaign(options(no_onnxruntime=True))
        self.addCleanup(drawn.judge.close)
        nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Exp", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["y"])]
        model = self.model(*nodes)
        fault = drawn.fault
        drawn.fault = lambda m, f, count=False: ("engine", "Exp") if any(n.op_type == "Exp" for n in m.graph.node) else fault(m, f)
        smaller = drawn.shrink(model, {"x": np.float32([1, 2, 3, 4])}, ("engine", "Exp"))
        self.assertEqual([n.op_type for n in smaller.graph.node], ["Exp", "Neg"])
        self.assertEqual(len(onnx.shape_inference.infer_shapes(smaller).graph.input), 1)


if __name__ == "__main__":
    unittest.main()
