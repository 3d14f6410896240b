# SPDX-License-Identifier: Apache-2.0
"""Operators of com.microsoft against ONNX Runtime's own: all of them in one model, one output a case."""

import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from kite import Case

RNG = np.random.default_rng(20)
# Float32 sums of at most 144 products in another order; tanh and exp of both sides are within a few units in the last place.
TOLERANCE = 2e-5


def reals(*shape, scale=1.0):
    return (RNG.normal(0, 1, shape) * scale).astype(np.float32)


def whole(most, *shape):
    return RNG.integers(0, most, shape).astype(np.int32)


def bytes_of(dtype, *shape):
    limits = np.iinfo(dtype)
    return RNG.integers(limits.min, limits.max + 1, shape).astype(dtype)


class Model:
    """Cases side by side. An operand is an array (an input of the model), or (array,) for an initializer, or None."""

    def __init__(self):
        self.nodes, self.inputs, self.initializers, self.outputs, self.feeds = [], [], [], [], {}

    def case(self, op, *operands, outputs=(0,), domain="com.microsoft", types=None, **attributes):
        label = f"{len(self.nodes)}.{op}"
        names = []
        for i, operand in enumerate(operands):
            name = "" if operand is None else f"{label}.x{i}"
            names.append(name)
            if operand is None:
                continue
            if isinstance(operand, tuple):
                self.initializers.append(numpy_helper.from_array(operand[0], name))
            else:
                self.inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(operand.dtype), operand.shape))
                self.feeds[name] = operand
        made = [f"{label}.y{i}" if i in outputs else "" for i in range(max(outputs) + 1)]
        self.nodes.append(helper.make_node(op, names, made, name=label, domain=domain, **attributes))
        for i in outputs:
            kind = (types or {}).get(i, TensorProto.FLOAT)
            self.outputs.append(helper.make_tensor_value_info(f"{label}.y{i}", kind, None))

    def save(self, path, opset=17):
        graph = helper.make_graph(self.nodes, "cases", self.inputs, self.outputs, self.initializers)
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


class FusedOperators(Case):
    def agree(self, model, opset=17):
        path = self.folder / "m.onnx"
        model.save(path, opset)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        names = [output.name for output in model.outputs]
        expected = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]).run(names, model.feeds)
        arguments = []
        for i, (name, value) in enumerate(model.feeds.items()):
            np.save(self.folder / f"in{i}.npy", value)
            arguments += ["--input", f"{name}={self.folder}/in{i}.npy"]
        for i, name in enumerate(names):
            arguments += ["--output", f"{name}={self.folder}/out{i}.npy"]
        for mode in ([], ["--oracle"]):
            result = self.kite("run", path, "--no-cache", *arguments, *mode)
            self.assertEqual(result.returncode, 0, result.stderr.decode())
            for i, name in enumerate(names):
                found = np.load(self.folder / f"out{i}.npy").astype(np.float64)
                with self.subTest(name, mode=mode):
                    self.assertEqual(found.shape, expected[i].shape)
                    largest = max(np.abs(expected[i].astype(np.float64)).max(), 1e-9)  # a count of words may be 0
                    self.assertLessEqual(np.abs(found - expected[i]).max() / largest, TOLERANCE)

    def test_products_with_an_activation(self):
        model = Model()
        x, w, b = reals(2, 8, 6, 5), (reals(4, 8, 3, 3, scale=0.2),), (reals(4),)
        model.case("FusedConv", x, w, b, reals(2, 4, 6, 5), pads=[1] * 4, activation="Relu")
        model.case("FusedConv", x, w, None, reals(2, 4, 6, 5), pads=[1] * 4)
        model.case("FusedConv", reals(1, 4, 9), (reals(4, 4, 3),), activation="Relu")
        for name, values in (("Sigmoid", []), ("Tanh", []), ("LeakyRelu", [0.3]), ("Clip", [-0.2, 0.7]),
                             ("HardSigmoid", [0.3, 0.6]), ("HardSwish", [])):
            model.case("FusedConv", x, w, b, pads=[1] * 4, activation=name, **({"activation_params": values} if values else {}))
        for name, alpha, beta, gamma in (("Relu", None, None, None), ("LeakyRelu", 0.3, None, None), ("Sigmoid", None, None, None),
                                         ("Tanh", None, None, None), ("HardSigmoid", 0.3, 0.6, None), ("Elu", 0.7, None, None),
                                         ("Selu", 1.7, None, 1.1), ("Celu", 0.7, None, None), ("Softplus", None, None, None),
                                         ("Softsign", None, None, None), ("ThresholdedRelu", 0.5, None, None)):
            given = {"activation_alpha": alpha, "activation_beta": beta, "activation_gamma": gamma}
            model.case("FusedGemm", reals(3, 8), (reals(5, 8),), (reals(5),), activation=name, transB=1, alpha=0.5, beta=0.7,
                       **{key: value for key, value in given.items() if value is not None})
        model.case("FusedGemm", reals(8, 3), (reals(8, 5),), activation="Relu", transA=1)
        self.agree(model)

    def test_matrix_products_of_transposed_operands(self):
        model = Model()
        # By (transposed, batch axes inside): the shapes that multiply to [2,3,4,6].
        left = {(0, 0): (2, 3, 4, 5), (1, 0): (2, 3, 5, 4), (0, 1): (4, 2, 3, 5), (1, 1): (5, 2, 3, 4)}
        right = {(0, 0): (2, 3, 5, 6), (1, 0): (2, 3, 6, 5), (0, 1): (5, 2, 3, 6), (1, 1): (6, 2, 3, 5)}
        for (ta, ba), a in left.items():
            for (tb, bb), b in right.items():
                model.case("FusedMatMul", reals(*a), reals(*b), transA=ta, transB=tb, transBatchA=ba, transBatchB=bb, alpha=0.3)
        model.case("FusedMatMul", reals(5), reals(5, 6), alpha=0.3, transA=1)
        model.case("FusedMatMul", reals(4, 5), reals(5), alpha=0.3, transB=1)
        model.case("TransposeMatMul", reals(2, 5, 4), reals(5, 6), alpha=0.3, transA=1)
        self.agree(model)

    def test_activations_and_normalisations(self):
        model = Model()
        x, scale, bias = reals(2, 7, 16), (reals(16),), (reals(16),)
        model.case("Gelu", x)
        model.case("FastGelu", x)
        model.case("FastGelu", x, bias)
        model.case("BiasGelu", x, bias)
        model.case("QuickGelu", x)
        model.case("QuickGelu", x, alpha=1.0)
        model.case("SkipLayerNormalization", x, reals(2, 7, 16), scale, bias, (reals(16),), outputs=(0, 3), epsilon=1e-5)
        model.case("SkipLayerNormalization", x, reals(7, 16), scale, epsilon=1e-5)
        model.case("SkipLayerNormalization", x, reals(1, 7, 16), scale, bias)
        mask = np.array([[1, 1, 1, 1, 0, 0, 0], [1] * 7], np.int32)
        tables = (reals(9, 16),), (reals(12, 16),)
        model.case("EmbedLayerNormalization", whole(9, 2, 7), whole(2, 2, 7), *tables, (reals(2, 16),), scale, bias, mask,
                   outputs=(0, 1), types={1: TensorProto.INT32}, epsilon=1e-5)
        model.case("EmbedLayerNormalization", whole(9, 2, 7), None, *tables, None, scale, bias, outputs=(0, 1),
                   types={1: TensorProto.INT32}, epsilon=1e-5)
        self.agree(model)

    def test_normalisations_by_the_root_of_the_mean_square(self):
        model = Model()
        x, scale = reals(2, 7, 16), (reals(16),)
        model.case("SkipSimplifiedLayerNormalization", x, reals(2, 7, 16), scale, (reals(16),), outputs=(0, 3), epsilon=1e-5)
        model.case("SkipSimplifiedLayerNormalization", x, reals(7, 16), scale)
        model.case("SimplifiedLayerNormalization", x, scale, domain="", epsilon=1e-5)
        model.case("SimplifiedLayerNormalization", x, (reals(7, 16),), domain="", axis=1)
        self.agree(model)

    def test_normalisations_that_the_optimiser_writes_into_the_standard_domain(self):
        for opset in (11, 17):
            model = Model()
            model.case("LayerNormalization", reals(2, 7, 16), (reals(16),), (reals(16),), domain="", epsilon=1e-5)
            model.case("LayerNormalization", reals(2, 7, 16), (reals(16),), domain="", axis=2)
            self.agree(model, opset)

    def test_attention(self):
        model = Model()
        x, w, b = reals(2, 7, 16), (reals(16, 48, scale=0.3),), (reals(48),)
        model.case("Attention", x, w, b, num_heads=4)
        model.case("Attention", x, w, num_heads=4, scale=0.3)
        model.case("Attention", x, w, b, num_heads=4, unidirectional=1)
        model.case("Attention", x, (reals(16, 40, scale=0.3),), (reals(40),), num_heads=4, qkv_hidden_sizes=[16, 16, 8])
        masks = (np.array([3, 7], np.int32), np.array([5, 7, 1, 0], np.int32), whole(2, 2, 7), whole(2, 2, 7, 7))
        for mask in masks:
            model.case("Attention", x, w, b, mask, num_heads=4)
            model.case("Attention", x, w, b, (mask,), num_heads=4, mask_filter_value=-3.0)
        model.case("Attention", x, w, b, None, None, reals(1, 4, 7, 7), num_heads=4)
        model.case("Attention", x, w, b, None, reals(2, 2, 4, 3, 4), outputs=(0, 1), num_heads=4, unidirectional=1)
        query, key, value = reals(2, 7, 16), reals(2, 5, 16), reals(2, 5, 24)
        model.case("MultiHeadAttention", query, key, value, num_heads=4)
        model.case("MultiHeadAttention", query, key, value, (reals(56),), num_heads=4)
        model.case("MultiHeadAttention", query, reals(2, 7, 16), reals(2, 7, 16), num_heads=4, unidirectional=1)
        for mask in (np.array([3, 5], np.int32), whole(2, 2, 5), whole(2, 2, 7, 5)):
            model.case("MultiHeadAttention", query, key, value, None, mask, num_heads=4)
        model.case("MultiHeadAttention", query, key, value, None, None, reals(2, 1, 7, 5), num_heads=4, scale=0.1)
        model.case("MultiHeadAttention", query, reals(2, 4, 5, 4), reals(2, 4, 5, 4), (reals(48),), num_heads=4)
        model.case("MultiHeadAttention", query, key, reals(2, 5, 16), None, None, None, reals(2, 4, 3, 4), reals(2, 4, 3, 4),
                   outputs=(0, 1, 2), num_heads=4)
        self.agree(model)

    def test_quantised_operators(self):
        model = Model()

        def quantised(dtype, *shape):  # tensor, scale, zero point
            return bytes_of(dtype, *shape), (np.array(0.02, np.float32),), (np.array(3, dtype),)

        x = bytes_of(np.uint8, 1, 6, 5, 8)
        byte = TensorProto.UINT8
        model.case("NhwcMaxPool", x, types={0: byte}, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        weights = (bytes_of(np.int8, 4, 8, 3, 3),), (np.array(0.01, np.float32),), (np.array(0, np.int8),)
        result = (np.array(0.3, np.float32),), (np.array(120, np.uint8),)
        model.case("QLinearConv", x, (np.array(0.02, np.float32),), (np.array(3, np.uint8),), *weights, *result,
                   types={0: byte}, channels_last=1, pads=[1] * 4)
        model.case("QLinearWhere", RNG.integers(0, 2, 7).astype(bool), *quantised(np.uint8, 7), *quantised(np.uint8, 7),
                   *(part for part in result), types={0: byte})
        words = bytes_of(np.uint8, 2, 7, 16), (bytes_of(np.int8, 16, 48),), (reals(48),), (np.array(0.01, np.float32),)
        model.case("QAttention", *words, (np.array(0.02, np.float32),), None, (np.array(128, np.uint8),), (np.array(0, np.int8),),
                   num_heads=4)
        self.agree(model)

    def test_weights_packed_in_bytes(self):
        model = Model()
        depth, columns = 80, 12
        for bits, block in ((4, 16), (4, 32), (4, 64), (8, 32)):
            blocks = -(-depth // block)
            weights = (bytes_of(np.uint8, columns, blocks, block * bits // 8),)
            scales = (np.abs(reals(columns, blocks, scale=0.05)) + np.float32(0.01),)
            zeros = (bytes_of(np.uint8, columns, -(-blocks * bits // 8)),)
            shape = {"N": columns, "K": depth, "bits": bits, "block_size": block}
            model.case("MatMulNBits", reals(2, 7, depth), weights, scales, **shape)
            model.case("MatMulNBits", reals(7, depth), weights, scales, zeros, None, (reals(columns),), **shape)
        model.case("MatMulNBits", reals(7, depth), (bytes_of(np.uint8, columns, 3, 16),), (reals(columns, 3),),
                   (np.full((columns, 3), 7.5, np.float32),), N=columns, K=depth, bits=4, block_size=32)
        self.agree(model)

    def test_transposed_convolution_whose_pads_are_an_input(self):
        model = Model()
        model.case("ConvTransposeWithDynamicPads", reals(1, 4, 5, 6), (reals(4, 3, 3, 3),), (np.array([1, 0, 1, 1], np.int64),),
                   (reals(3),), strides=[2, 2])
        self.agree(model)

    def test_standard_operators_by_another_name(self):
        model = Model()
        x = reals(2, 3, 4)
        model.case("ExpandDims", x, (np.array([1], np.int32),))
        model.case("Pad", x, (np.array([0, 1, 0, 0, 0, 2], np.int64),), (np.array([0.5], np.float32),))
        model.case("Trilu", x, upper=0)
        grid = RNG.uniform(-1.2, 1.2, (1, 4, 5, 2)).astype(np.float32)
        model.case("GridSample", reals(1, 3, 6, 5), grid, mode="bilinear", padding_mode="border")
        model.case("GatherND", x, (np.array([[0, 1], [1, 2]], np.int64),))
        model.case("Range", (np.array(1.0, np.float32),), (np.array(4.0, np.float32),))
        for name, attributes in (("Affine", {"alpha": 2.0, "beta": 0.5}), ("ImageScaler", {"scale": 0.5, "bias": [0.1, 0.2, 0.3]}),
                                 ("ParametricSoftplus", {"alpha": 2.0, "beta": 0.5}), ("Scale", {"scale": 3.0}),
                                 ("ScaledTanh", {"alpha": 2.0, "beta": 0.5}), ("Crop", {"border": [1, 2, 1, 1]}),
                                 ("Crop", {"border": [1, 2, 0, 0], "scale": [2, 3]})):
            model.case(name, reals(1, 3, 6, 5), domain="", **attributes)
        self.agree(model, opset=9)


if __name__ == "__main__":
    unittest.main()
