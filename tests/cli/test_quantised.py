# SPDX-License-Identifier: Apache-2.0
"""Models that onnxruntime.quantization writes: QDQ value by value against float64, the other forms against ONNX Runtime.

Each quantised tensor is judged from the engine's own quantised tensors before it, so that no difference adds up: the
real number v that is about to be rounded is computed in float64, together with the sum of the magnitudes of its terms.
A float32 computation of v may be off by as many roundings as there are terms. Where no tie (v = k + 1/2) lies that near,
the engine's integer is the only right one; else the next one is right as well. The share of such values is printed.
"""

import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

from kite import Case, save

EPS = float(np.finfo(np.float32).eps)


class Real:
    """A tensor in float64; beside each value the sum of the magnitudes of its terms, and how many roundings it may hold."""

    def __init__(self, value, magnitude=None, roundings=0):
        self.value = np.asarray(value, np.float64)
        self.magnitude = np.abs(self.value) if magnitude is None else magnitude
        self.roundings = roundings

    def linear(self, compute, other, bias, terms):
        value, magnitude = compute(self.value, other.value), compute(self.magnitude, other.magnitude)
        if bias is not None:
            value, magnitude = value + bias.value, magnitude + bias.magnitude
        return Real(value, magnitude, self.roundings + other.roundings + terms + 2)

    def each(self, compute):
        return Real(compute(self.value), compute(self.magnitude), self.roundings)


def windows(x, size, stride, pads, fill):
    padded = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, size, (2, 3))[:, :, ::stride[0], ::stride[1]]


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def conv(node, x, w, bias=None):
    a = attributes(node)
    groups, size = a.get("group", 1), w.value.shape[2:]

    def compute(x, w):
        cut = windows(x, size, a.get("strides", [1, 1]), a.get("pads", [0] * 4), 0.0)
        parts = zip(np.split(cut, groups, 1), np.split(w, groups, 0))
        return np.concatenate([np.einsum("nchwij,kcij->nkhw", c, k) for c, k in parts], 1)

    along = None if bias is None else bias.each(lambda b: b.reshape(1, -1, 1, 1))
    return x.linear(compute, w, along, int(np.prod(w.value.shape[1:])))


def gemm(node, x, w, bias=None):
    turn = (lambda w: w.T) if attributes(node).get("transB", 0) else (lambda w: w)
    return x.linear(lambda x, w: x @ turn(w), w, bias, x.value.shape[1])


def max_pool(node, x):
    a = attributes(node)

    def most(v):
        return windows(v, a["kernel_shape"], a["strides"], a.get("pads", [0] * 4), -np.inf).max((-1, -2))
    return x.each(most)


def mean_of_planes(_, x):
    mean = x.each(lambda v: v.mean((2, 3), keepdims=True))
    mean.roundings += x.value.shape[2] * x.value.shape[3] + 1
    return mean


OPERATORS = {
    "Conv": conv,
    "Gemm": gemm,
    "MaxPool": max_pool,
    "GlobalAveragePool": mean_of_planes,
    "Flatten": lambda _, x: x.each(lambda v: v.reshape(len(v), -1)),
    "Relu": lambda _, x: Real(np.maximum(x.value, 0), x.magnitude, x.roundings),
    "Add": lambda _, x, y: Real(x.value + y.value, x.magnitude + y.magnitude, x.roundings + y.roundings + 1),
}


PRODUCTS = ("QLinearConv", "QLinearMatMul", "QGemm", "MatMulIntegerToFloat")


class Judge:
    """Evaluates a QDQ graph from what the engine gave for its quantised tensors."""

    def __init__(self, model, given):
        self.given = given
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        self.made_by = {name: node for node in model.graph.node for name in node.output}

    def real(self, name):
        if name not in self.made_by:
            return Real(self.constants.get(name, self.given.get(name)))
        node = self.made_by[name]
        if node.op_type != "DequantizeLinear":
            return OPERATORS[node.op_type](node, *(self.real(i) for i in node.input if i))
        numbers = self.given[node.input[0]] if node.input[0] in self.given else self.constants[node.input[0]]
        scale, zero = self.scale_of(node, numbers.ndim)
        return Real((numbers.astype(np.float64) - zero) * scale, roundings=1)

    def scale_of(self, node, rank):
        axis = attributes(node).get("axis", 1)

        def along(values):
            values = np.asarray(values, np.float64)
            return values.reshape([-1 if i == axis else 1 for i in range(rank)]) if values.size > 1 else values.reshape(())
        return along(self.constants[node.input[1]]), along(self.constants[node.input[2]]) if len(node.input) > 2 else 0.0

    def quantised(self, node, dtype):
        """The right integers, and where a tie lies within the error bound of the number before its rounding."""
        real = self.real(node.input[0])
        scale, zero = self.scale_of(node, real.value.ndim)
        v = real.value / scale
        bound = EPS * ((real.roundings + 1) * real.magnitude / scale + 2 * np.abs(v))
        info = np.iinfo(dtype)
        right = np.clip(np.round(v) + zero, info.min, info.max)  # numpy rounds half to even, as the operator does
        tie = np.abs(v - np.floor(v) - 0.5) <= bound
        return right, tie


class Pictures(CalibrationDataReader):
    def __init__(self, rng, shape):
        self.left = [{"x": rng.standard_normal(shape, np.float32)} for _ in range(8)]

    def get_next(self):
        return self.left.pop() if self.left else None


class Quantised(Case):
    def network(self, rng):
        """Convolutions dense, depthwise and 1x1, a residual sum, both poolings and a fully connected layer."""
        def weights(*shape):
            return rng.standard_normal(shape).astype(np.float32) / np.float32(np.sqrt(np.prod(shape[1:])))
        same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
        nodes = [helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], strides=[2, 2], **same), helper.make_node("Relu", ["c1"], ["r1"]),
                 helper.make_node("MaxPool", ["r1"], ["m1"], kernel_shape=[2, 2], strides=[2, 2]),
                 helper.make_node("Conv", ["m1", "w2", "b2"], ["c2"], group=16, strides=[1, 1], **same),
                 helper.make_node("Conv", ["c2", "w3", "b3"], ["c3"], kernel_shape=[1, 1], strides=[1, 1]),
                 helper.make_node("Add", ["c3", "m1"], ["a1"]), helper.make_node("Relu", ["a1"], ["r2"]),
                 helper.make_node("GlobalAveragePool", ["r2"], ["g"]), helper.make_node("Flatten", ["g"], ["f"]),
                 helper.make_node("Gemm", ["f", "w4", "b4"], ["y"], transB=1)]
        constants = {"w1": weights(16, 3, 3, 3), "w2": weights(16, 1, 3, 3), "w3": weights(16, 16, 1, 1), "w4": weights(10, 16)}
        constants |= {f"b{i}": weights(n, 1).reshape(n) for i, n in ((1, 16), (2, 16), (3, 16), (4, 10))}
        return save(self.folder / "float.onnx", nodes, [("x", [1, 3, 32, 32])], [("y", [1, 10])], constants, opset=13)

    def run_all(self, path, x):
        """Every quantised tensor as the engine has it, by name, and the model with these as outputs."""
        model = onnx.load(path)
        for node in model.graph.node:
            if node.op_type == "QuantizeLinear":
                zero = next(t for t in model.graph.initializer if t.name == node.input[2])
                model.graph.output.append(helper.make_tensor_value_info(node.output[0], zero.data_type, None))
        onnx.save(model, self.folder / "all.onnx")
        np.save(self.folder / "x.npy", x)
        arguments = ["run", self.folder / "all.onnx", "--input", f"x={self.folder}/x.npy"]
        names = {output.name: self.folder / f"o{i}.npy" for i, output in enumerate(model.graph.output)}
        for name, file in names.items():
            arguments += ["--output", f"{name}={file}"]
        result = self.kite(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return model, {name: np.load(file) for name, file in names.items()} | {"x": x}

    def check(self, activations, weights, per_channel, **extra):
        rng = np.random.default_rng(11)
        source = self.network(rng)
        target = self.folder / "qdq.onnx"
        quantize_static(source, target, Pictures(rng, (1, 3, 32, 32)), quant_format=QuantFormat.QDQ, per_channel=per_channel,
                        activation_type=activations, weight_type=weights, extra_options=extra)
        counts = {"values": 0, "near a tie": 0, "one step off": 0}
        for _ in range(3):
            x = rng.standard_normal((1, 3, 32, 32), np.float32)
            model, given = self.run_all(target, x)
            judge = Judge(model, given)
            for node in model.graph.node:
                if node.op_type != "QuantizeLinear":
                    continue
                have = given[node.output[0]]
                right, tie = judge.quantised(node, have.dtype)
                off = have.astype(np.float64) - right
                self.assertEqual(np.abs(off[~tie]).max(initial=0), 0, f"{node.name}: off where no tie is near")
                self.assertLessEqual(np.abs(off).max(initial=0), 1, f"{node.name}: off by more than a step")
                for key, count in (("values", off.size), ("near a tie", tie.sum()), ("one step off", (off != 0).sum())):
                    counts[key] += int(count)
            # The same numbers where nobody looks at the tensors in between, and the engine may join operators.
            np.save(self.folder / "x.npy", x)
            alone = self.kite("run", target, "--input", f"x={self.folder}/x.npy", "--output", f"y={self.folder}/y.npy")
            self.assertEqual(alone.returncode, 0, alone.stderr.decode())
            np.testing.assert_array_equal(np.load(self.folder / "y.npy"), given["y"])
        self.assertGreater(counts["values"], 30000)
        # Numbers fall near a tie by chance: a bound that lets many through would judge nothing.
        self.assertLess(counts["near a tie"], 0.01 * counts["values"])
        print(f"{activations} x {weights}, {'scales a channel' if per_channel else 'one scale'}: {counts['values']} values, "
              f"{100 * counts['near a tie'] / counts['values']:.4f} % within the bound of a tie, "
              f"{100 * counts['one step off'] / counts['values']:.4f} % one step off")

    def test_u8_activations_and_s8_weights_are_at_most_a_step_off_and_only_at_ties(self):
        self.check(QuantType.QUInt8, QuantType.QInt8, per_channel=False)

    def test_scales_for_each_channel_are_as_exact(self):
        self.check(QuantType.QInt8, QuantType.QInt8, per_channel=True)

    def test_unsigned_weights_are_as_exact(self):
        self.check(QuantType.QUInt8, QuantType.QUInt8, per_channel=False)

    def test_symmetric_activations_as_neural_compressor_writes_them_are_as_exact(self):
        self.check(QuantType.QInt8, QuantType.QInt8, per_channel=True, ActivationSymmetric=True)

    def test_biases_of_real_numbers_are_as_exact(self):
        self.check(QuantType.QUInt8, QuantType.QInt8, per_channel=True, QuantizeBias=False)

    def kernels(self, path):
        """The lines that `inspect` prints for steps that compute products."""
        shown = self.kite("inspect", path, "--all")
        self.assertEqual(shown.returncode, 0, shown.stderr.decode())
        lines = shown.stdout.decode().splitlines()
        return [line for line in lines if any(f" {op} " in line for op in PRODUCTS)]

    def answers(self, path, x):
        np.save(self.folder / "x.npy", x)
        run = self.kite("run", path, "--input", f"x={self.folder}/x.npy", "--output", f"y={self.folder}/y.npy")
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        return np.load(self.folder / "y.npy"), onnxruntime.InferenceSession(path).run(None, {"x": x})[0]

    def test_the_operator_form_is_onnx_runtimes_and_has_kernels(self):
        rng = np.random.default_rng(12)
        target = self.folder / "qop.onnx"
        quantize_static(self.network(rng), target, Pictures(rng, (1, 3, 32, 32)), quant_format=QuantFormat.QOperator,
                        per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        last = next(n for n in onnx.load(target).graph.node if n.output[0] == "y")
        step = next(float(numpy_helper.to_array(t)) for t in onnx.load(target).graph.initializer if t.name == last.input[1])
        for _ in range(3):
            ours, theirs = self.answers(target, rng.standard_normal((1, 3, 32, 32), np.float32))
            self.assertLessEqual(np.abs(ours - theirs).max(), step * 1.001)  # a tie before it may move it by a step
        kernels = self.kernels(target)
        self.assertTrue(kernels and all("qconv_i8" in line for line in kernels), kernels)

    def test_dynamic_quantisation_is_onnx_runtimes_and_has_kernels(self):
        for weights in (QuantType.QInt8, QuantType.QUInt8):
            rng = np.random.default_rng(13)
            target = self.folder / f"dynamic-{weights}.onnx"
            quantize_dynamic(self.network(rng), target, weight_type=weights)
            for _ in range(3):
                ours, theirs = self.answers(target, rng.standard_normal((1, 3, 32, 32), np.float32))
                # A real number near a tie may be quantised to its other neighbour: 1 of 255 steps.
                self.assertLessEqual(np.abs(ours - theirs).max(), 0.01 * np.abs(theirs).max())
            kernels = self.kernels(target)
            self.assertTrue(kernels and all("qconv_i8" in line for line in kernels), kernels)

    def test_weights_stay_in_8_bits(self):
        rng = np.random.default_rng(14)
        w = rng.standard_normal((256, 64, 3, 3)).astype(np.float32)
        source = save(self.folder / "one.onnx", [helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3])],
                      [("x", [1, 64, 16, 16])], [("y", [1, 256, 14, 14])], {"w": w}, opset=13)
        for form in (QuantFormat.QDQ, QuantFormat.QOperator):
            target = self.folder / f"one-{form}.onnx"
            quantize_static(source, target, Pictures(rng, (1, 64, 16, 16)), quant_format=form, weight_type=QuantType.QInt8)
            plan = self.folder / f"one-{form}.plan"
            made = self.kite("compile", target, "-o", plan)
            self.assertEqual(made.returncode, 0, made.stderr.decode())
            self.assertLess(plan.stat().st_size, 1.2 * w.size + 32768)


if __name__ == "__main__":
    unittest.main()
