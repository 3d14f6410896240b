# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the seeded weights and of the kept graphs."""

from __future__ import annotations

import hashlib
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

import fill
import pictures
from weights import BN_PARTS, Recipe, Spec, draw, uniform

STYLES = ("dynamo-static", "dynamo-dynamic", "torchscript-static", "torchscript-dynamic")
NETWORKS = {
    "regnet_x_400mf", "regnet_y_16gf", "resnet50", "mobilenet_v2",
    "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "vit_b_16",
}  # fmt: skip


class Drawing(unittest.TestCase):
    def test_numbers_are_the_same_on_every_machine(self):
        got = hashlib.sha256(draw(75, "a.weight", Spec("conv_weight", (4, 3, 3, 3), -0.25, 0.5, True)).tobytes())
        self.assertEqual(got.hexdigest()[:16], "e4805f654716e955")
        picture = hashlib.sha256(np.round(pictures.picture(3, 32), 4).tobytes())
        self.assertEqual(picture.hexdigest()[:16], "f661eb59ba1ed6a6")

    def test_name_and_seed_both_matter(self):
        first = uniform(1, "a", 9)
        self.assertFalse((first == uniform(1, "b", 9)).any())
        self.assertFalse((first == uniform(2, "a", 9)).any())

    def test_a_longer_tensor_starts_like_a_shorter_one(self):
        np.testing.assert_array_equal(uniform(1, "a", 7), uniform(1, "a", 100)[:7])

    def test_range_and_spread_are_those_of_the_recipe(self):
        values = draw(1, "a", Spec("bias", (50, 400), -1.0, 3.0))
        self.assertTrue((values >= -1).all() and (values < 3).all())
        self.assertAlmostEqual(float(values.mean()), 1.0, delta=0.03)
        self.assertAlmostEqual(float(values.std()), 4 / 12**0.5, delta=0.02)

    def test_centred_rows_have_zero_mean(self):
        values = draw(1, "a", Spec("conv_weight", (8, 16, 3, 3), -0.5, 0.5, True))
        self.assertLess(np.abs(values.reshape(8, -1).mean(axis=1)).max(), 1e-7)

    def test_empty_and_odd_sizes(self):
        self.assertEqual(uniform(1, "a", 0).shape, (0,))
        self.assertEqual(uniform(1, "a", 1).shape, (1,))


class Expressions(unittest.TestCase):
    def setUp(self):
        self.recipe = Recipe(
            5,
            {
                "c.weight": Spec("conv_weight", (4, 2, 1, 1), -1, 1),
                "b.weight": Spec("norm_scale", (4,), 0.5, 2),
                "b.bias": Spec("norm_bias", (4,), -1, 1),
                "b.running_mean": Spec("bn_mean", (4,), -1, 1),
                "b.running_var": Spec("bn_variance", (4,), 0.5, 2),
                "l.weight": Spec("linear_weight", (6, 3), -1, 1),
            },
        )

    def test_folded_convolution_equals_convolution_then_batch_normalization(self):
        weight, bias = self.recipe.evaluate("fold_weight c b 1e-05"), self.recipe.evaluate("fold_bias b 1e-05")
        scale, shift, mean, variance = (
            self.recipe.tensor(f"b.{part}").astype(np.float64) for part in BN_PARTS
        )
        x = np.array([0.3, -0.8])
        plain = self.recipe.tensor("c.weight")[:, :, 0, 0].astype(np.float64) @ x
        want = (plain - mean) / np.sqrt(variance + 1e-5) * scale + shift
        np.testing.assert_allclose(weight[:, :, 0, 0] @ x + bias, want, rtol=1e-5, atol=1e-6)

    def test_steps_transpose_and_cut_rows(self):
        plain = self.recipe.tensor("l.weight")
        np.testing.assert_array_equal(self.recipe.evaluate("l.weight | transpose"), plain.T)
        np.testing.assert_array_equal(self.recipe.evaluate("l.weight | rows 2 4 | transpose"), plain[2:4].T)

    def test_unknown_step_is_refused(self):
        with self.assertRaisesRegex(ValueError, "unknown step 'rotate'"):
            self.recipe.evaluate("l.weight | rotate")

    def test_recipe_survives_being_saved(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "r.json"
            self.recipe.save(path)
            again = Recipe.load(path)
        self.assertEqual(again.specs, self.recipe.specs)

    def model(self, dims, expression):
        weight = numpy_helper.from_array(np.zeros(1, np.float32), "w")
        weight.ClearField("raw_data")
        del weight.dims[:]
        weight.dims.extend(dims)
        weight.doc_string = expression
        return helper.make_model(helper.make_graph([], "g", [], [], [weight]))

    def test_fill_reshapes_to_the_initializer(self):
        model = self.model([2, 9], "fill: l.weight")
        self.assertEqual(fill.fill(model, self.recipe), 18)
        got = numpy_helper.to_array(model.graph.initializer[0])
        np.testing.assert_array_equal(got, self.recipe.tensor("l.weight").reshape(2, 9))

    def test_fill_refuses_another_size_and_a_graph_with_nothing_to_fill(self):
        with self.assertRaisesRegex(ValueError, "has 18 elements"):
            fill.fill(self.model([2, 8], "fill: l.weight"), self.recipe)
        with self.assertRaisesRegex(ValueError, "no initializer carries"):
            fill.fill(self.model([2, 9], "a remark"), self.recipe)


class KeptGraphs(unittest.TestCase):
    def graphs(self):
        return {path.name.removesuffix(fill.SUFFIX): path for path in fill.GRAPHS.glob(f"*{fill.SUFFIX}")}

    def test_every_network_is_there_in_every_style(self):
        expected = {f"{network}-{style}" for network in NETWORKS for style in STYLES}
        self.assertEqual(expected - set(self.graphs()), set())
        with_batch_norm = [name for name in self.graphs() if "torchscript_bn" in name]
        self.assertGreaterEqual(len(with_batch_norm), 5)

    def test_names_types_and_batch_are_as_promised(self):
        for name, path in self.graphs().items():
            with self.subTest(name):
                graph = fill.load_graph(path).graph
                (x,) = [i for i in graph.input if i.name not in {w.name for w in graph.initializer}]
                self.assertEqual((x.name, [o.name for o in graph.output]), ("x", ["logits"]))
                batch = x.type.tensor_type.shape.dim[0]
                self.assertEqual(batch.HasField("dim_param"), name.endswith("-dynamic"))
                self.assertTrue(batch.dim_param or batch.dim_value == 1)

    def test_batch_normalization_is_left_in_where_the_name_says_so(self):
        for name, path in self.graphs().items():
            with self.subTest(name):
                kinds = {node.op_type for node in fill.load_graph(path).graph.node}
                self.assertEqual("BatchNormalization" in kinds, "torchscript_bn" in name)

    def test_opsets_are_spread(self):
        versions = {fill.load_graph(path).opset_import[0].version for path in self.graphs().values()}
        self.assertEqual(versions, {11, 12, 13, 14, 15, 16, 17, 18})

    def test_every_graph_is_small_and_every_weight_is_known(self):
        for name, path in self.graphs().items():
            with self.subTest(name):
                self.assertLess(path.stat().st_size, 50_000)
                recipe = Recipe.load(fill.recipe_path(path))
                self.assertGreaterEqual(len(recipe.pictures), 3)
                for weight in fill.load_graph(path).graph.initializer:
                    if weight.doc_string.startswith(fill.MARK):
                        self.assertLess(weight.ByteSize(), 400)
                    elif weight.data_type == onnx.TensorProto.FLOAT:
                        self.assertLessEqual(np.prod(weight.dims), 64, weight.name)

    def test_a_filled_graph_is_a_valid_model(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "full.onnx"
            fill.fill_file(fill.GRAPHS / "mobilenet_v3_large-torchscript_bn-static.onnx.gz", out)
            onnx.checker.check_model(str(out), full_check=True)


if __name__ == "__main__":
    unittest.main()
