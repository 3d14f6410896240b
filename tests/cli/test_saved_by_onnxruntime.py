# SPDX-License-Identifier: Apache-2.0
"""Models that ONNX Runtime saved after each level of its optimisations answer as the models that they were."""

import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from kite import Case, save

LEVELS = {"basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
          "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
          "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL}
# Float32 sums of at most 600 products in another order, through at most 8 layers.
TOLERANCE = 2e-5


class Net:
    """A network under construction; each method adds a layer behind the last."""

    def __init__(self, shape):
        self.rng = np.random.default_rng(7)
        self.shape, self.nodes, self.weights, self.at, self.channels = shape, [], {}, "x", shape[1]

    def constant(self, value):
        name = f"w{len(self.weights)}"
        self.weights[name] = np.asarray(value)
        return name

    def real(self, *shape, scale=None):
        scale = scale or 1 / np.sqrt(np.prod(shape[1:]) or 1)
        return self.constant((self.rng.normal(0, 1, shape) * scale).astype(np.float32))

    def add(self, op, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        self.at = name
        return name

    def conv(self, out, size=3, group=1, **attributes):
        weights = self.real(out, self.channels // group, size, size)
        self.channels = out
        return self.add("Conv", self.at, weights, self.real(out), pads=[size // 2] * 4, group=group, **attributes)

    def then(self, op, *more, **attributes):
        return self.add(op, self.at, *more, **attributes)

    def clip(self, low, high):
        return self.then("Clip", self.constant(np.float32(low)), self.constant(np.float32(high)))

    def head(self, classes=10):
        self.then("GlobalAveragePool")
        self.then("Flatten")
        self.then("Gemm", self.real(classes, self.channels), self.real(classes), transB=1)
        self.nodes[-1].output[0] = "y"

    def save(self, path, **options):
        return save(path, self.nodes, [("x", self.shape)], [("y", None)], self.weights, **options)


def plain_cnn():
    """Channels that fill no block of 8 or 16, a residual sum, a maximum pool, resizing and a Concat."""
    net = Net([1, 3, 32, 32])
    net.conv(20, strides=[2, 2])
    net.then("Relu")
    first = net.then("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    net.conv(20)
    net.add("Add", net.at, first)
    net.then("Relu")
    net.conv(32, 1)
    wide = net.then("LeakyRelu", alpha=0.1)
    net.conv(48)
    net.then("Sigmoid")
    net.add("Concat", wide, net.at, axis=1)
    net.channels = 80
    scales = net.constant(np.array([1, 1, 2, 2], np.float32))
    net.add("Resize", net.at, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    net.conv(24, 1)
    net.head()
    return net


def blocks_alone():
    """All channels are multiples of 16. The filters differ in size, as those of every trained network do."""
    net = Net([1, 3, 16, 16])
    net.conv(32)
    net.then("Relu")
    net.conv(64, group=2)
    net.then("Tanh")
    net.conv(32)
    for weights in net.weights.values():
        if weights.ndim == 4:
            weights *= np.exp(net.rng.normal(0, 0.5, (len(weights), 1, 1, 1))).astype(np.float32)
    net.head()
    return net


def depthwise():
    net = Net([1, 3, 32, 32])
    net.conv(20, strides=[2, 2])
    net.clip(0, 6)
    net.conv(20, group=20)
    net.then("HardSwish")
    net.conv(36, 1)
    squeezed = net.at
    net.then("GlobalAveragePool")
    net.conv(8, 1)
    net.then("Relu")
    net.conv(36, 1)
    net.then("HardSigmoid", alpha=0.2, beta=0.5)
    net.add("Mul", squeezed, net.at)
    net.then("AveragePool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    net.head()
    return net


def dense():
    """BatchNormalization behind a Concat, which becomes a depthwise convolution."""
    net = Net([1, 3, 16, 16])
    first = net.conv(16)
    net.conv(16)
    net.add("Concat", first, net.at, axis=1)
    statistics = [net.real(32, scale=1), net.real(32, scale=1), net.real(32, scale=1)]
    net.then("BatchNormalization", *statistics, net.constant(net.rng.uniform(0.5, 2, 32).astype(np.float32)))
    net.then("Relu")
    net.channels = 32
    net.conv(20, 1)
    net.head()
    return net


def group_norm():
    net = Net([1, 3, 16, 16])
    net.conv(24)
    net.then("GroupNormalization", net.real(24, scale=1), net.real(24, scale=1), num_groups=4)
    net.then("Sigmoid")
    net.conv(24)
    net.head()
    return net


def vit_block():
    net = Net([1, 3, 16, 16])
    width, words, heads = 24, 16, 3
    net.add("Conv", "x", net.real(width, 3, 4, 4), net.real(width), strides=[4, 4])
    net.then("Reshape", net.constant(np.array([1, width, words])))
    net.then("Transpose", perm=[0, 2, 1])
    first = net.add("Add", net.at, net.real(1, words, width))
    net.then("LayerNormalization", net.real(width, scale=1), net.real(width, scale=1), axis=-1)
    net.then("MatMul", net.real(width, 3 * width))
    net.add("Add", net.real(3 * width), net.at)
    net.then("Reshape", net.constant(np.array([1, words, 3, heads, width // heads])))
    joined = net.then("Transpose", perm=[2, 0, 3, 1, 4])
    query, key, value = (net.add("Gather", joined, net.constant(np.int64(i)), axis=0) for i in range(3))
    net.add("Transpose", key, perm=[0, 1, 3, 2])
    net.add("MatMul", query, net.at)
    net.then("Mul", net.constant(np.float32(0.35)))
    net.then("Softmax", axis=-1)
    net.add("MatMul", net.at, value)
    net.then("Transpose", perm=[0, 2, 1, 3])
    net.then("Reshape", net.constant(np.array([1, words, width])))
    net.then("MatMul", net.real(width, width))
    net.add("Add", net.real(width), net.at)
    second = net.add("Add", first, net.at)
    net.then("LayerNormalization", net.real(width, scale=1), net.real(width, scale=1), axis=-1)
    net.then("MatMul", net.real(width, 2 * width))
    inner = net.add("Add", net.real(2 * width), net.at)
    net.then("Div", net.constant(np.float32(np.sqrt(2))))
    net.then("Erf")
    net.then("Add", net.constant(np.float32(1)))
    net.add("Mul", inner, net.at)
    net.then("Mul", net.constant(np.float32(0.5)))
    net.then("MatMul", net.real(2 * width, width))
    net.add("Add", net.real(width), net.at)
    net.add("Add", second, net.at)
    net.then("LayerNormalization", net.real(width, scale=1), net.real(width, scale=1), axis=-1)
    net.then("ReduceMean", axes=[1], keepdims=0)
    net.then("Gemm", net.real(width, 6), net.real(6))
    net.then("Relu")
    net.nodes[-1].output[0] = "y"
    return net


class Pictures(CalibrationDataReader):
    def __init__(self, shape):
        rng = np.random.default_rng(3)
        self.feeds = iter([{"x": rng.normal(0, 1, shape).astype(np.float32)} for _ in range(4)])

    def get_next(self):
        return next(self.feeds, None)


class SavedByOnnxRuntime(Case):
    def answer_of_onnxruntime(self, path, x):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = LEVELS["basic"]
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]).run(["y"], {"x": x})[0]

    def saved(self, path, level):
        target = self.folder / f"{level}.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = LEVELS[level]
        options.optimized_model_filepath = str(target)
        options.log_severity_level = 4
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return target

    def run_kite(self, path, x):
        np.save(self.folder / "x.npy", x)
        result = self.kite("run", path, "--no-cache", "--input", f"x={self.folder}/x.npy", "--output", f"y={self.folder}/y.npy")
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return np.load(self.folder / "y.npy"), result.stderr.decode()

    def agree(self, path, shape, wanted=()):
        """All levels. `wanted` are domains or operators that must be in the file of the last level."""
        x = np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)
        expected = self.answer_of_onnxruntime(path, x)
        for level in LEVELS:
            with self.subTest(level):
                target = self.saved(path, level)
                found, messages = self.run_kite(target, x)
                self.assertNotIn("warning", messages)
                self.assertEqual(found.shape, expected.shape)
                self.assertLessEqual(np.abs(found - expected).max() / np.abs(expected).max(), TOLERANCE)
                self.assertGreater(np.ptp(expected), 0)
        names = {name for node in onnx.load(target).graph.node for name in (node.domain, node.op_type)}
        for name in wanted:
            self.assertIn(name, names, "ONNX Runtime no longer writes what this test is about")

    def check(self, net, wanted=(), **options):
        self.agree(net.save(self.folder / "m.onnx", **options), net.shape, wanted)

    def test_a_convolutional_network(self):
        self.check(plain_cnn(), ["com.microsoft.nchwc", "ReorderInput", "ReorderOutput", "Upsample"])

    def test_a_network_whose_channels_are_whole_blocks(self):
        self.check(blocks_alone(), ["com.microsoft.nchwc"])

    def test_a_depthwise_network(self):
        self.check(depthwise(), ["com.microsoft.nchwc"])

    def test_a_dense_block(self):
        self.check(dense(), ["com.microsoft.nchwc"])

    def test_group_normalisation(self):
        self.check(group_norm(), opset=21, ir_version=10)

    def test_a_block_of_a_vision_transformer(self):
        self.check(vit_block(), ["com.microsoft", "FusedGemm"])

    def test_layer_normalisation_in_an_opset_that_has_none(self):
        net = Net([1, 5, 16])
        mean = net.add("ReduceMean", "x", axes=[-1])
        centred = net.add("Sub", "x", mean)
        net.then("Pow", net.constant(np.float32(2)))
        net.then("ReduceMean", axes=[-1])
        net.then("Add", net.constant(np.float32(1e-5)))
        net.then("Sqrt")
        net.add("Div", centred, net.at)
        net.then("Mul", net.real(16, scale=1))
        net.then("Add", net.real(16, scale=1))
        net.then("MatMul", net.real(16, 3))
        net.nodes[-1].output[0] = "y"
        self.check(net, ["LayerNormalization"], opset=12)

    def test_a_quantised_network(self):
        net = Net([1, 3, 16, 16])
        net.conv(16)
        net.then("Relu")
        first = net.then("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        net.conv(16)
        net.add("Add", net.at, first)
        net.head()
        path = net.save(self.folder / "m.onnx")
        target = self.folder / "quantised.onnx"
        quantize_static(str(path), str(target), Pictures(net.shape), quant_format=QuantFormat.QDQ,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        # One step of the scores' quantisation: a tie before it may be rounded either way.
        model = onnx.load(target)
        last = next(node for node in model.graph.node if "y" in node.output)
        step = float(numpy_helper.to_array(next(i for i in model.graph.initializer if i.name == last.input[1])))
        x = np.random.default_rng(1).normal(0, 1, net.shape).astype(np.float32)
        expected = self.answer_of_onnxruntime(target, x)
        for level in LEVELS:
            with self.subTest(level):
                found, _ = self.run_kite(self.saved(target, level), x)
                self.assertLessEqual(np.abs(found - expected).max(), 1.001 * step)

    def test_what_stays_refused_is_listed_by_name(self):
        nodes = [helper.make_node("PackedAttention", ["x"], ["a"], domain="com.microsoft"),
                 helper.make_node("BeamSearch", ["a"], ["y"], domain="com.microsoft")]
        path = save(self.folder / "m.onnx", nodes, [("x", [1, 4])], [("y", None)],
                    domain_opsets=[helper.make_opsetid("com.microsoft", 1)])
        np.save(self.folder / "x.npy", np.zeros((1, 4), np.float32))
        result = self.kite("run", path, "--input", f"x={self.folder}/x.npy", "--output", f"y={self.folder}/y.npy")
        self.assert_error(result, "unsupported-model", 3, "com.microsoft.PackedAttention", "com.microsoft.BeamSearch")


if __name__ == "__main__":
    unittest.main()
