# SPDX-License-Identifier: Apache-2.0
"""Models whose weights alone are quantised: they stay in 8 bits in the plan, and the answer is that of the same model with
the weights dequantised before: to the bit, but for 3x3 convolutions by Winograd, whose transform rounds elsewhere."""

import unittest

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from kite import Case

LIMITS = {"int8": (-128, 127), "uint8": (0, 255), "int4": (-8, 7), "uint4": (0, 15)}


def array_of(values, dtype):
    return values.astype(getattr(ml_dtypes, dtype) if dtype.endswith("4") else dtype)


class Weights:
    """A matrix or filter as numbers of `dtype`, their scales and zero points; `axis` None: one scale for all."""

    def __init__(self, w, dtype, axis=None, block=0, symmetric=False):
        low, high = LIMITS[dtype]
        self.dtype, self.axis, self.block = dtype, axis, block
        if axis is None:
            parts = [w]
        elif block:
            parts = [p for p in np.split(w, range(block, w.shape[axis], block), axis)]
        else:
            parts = np.split(w, w.shape[axis], axis)
        keep = {"axis": axis, "keepdims": True} if block else {}
        least = np.array([np.minimum(p.min(**keep), 0) for p in parts])
        most = np.array([np.maximum(p.max(**keep), 0) for p in parts])
        if block:
            least, most = np.concatenate(least, axis), np.concatenate(most, axis)
        if symmetric:
            self.scale = (np.maximum(-least, most) / high).astype(np.float32)
            self.zero = None
        else:
            self.scale = ((most - least) / (high - low)).astype(np.float32)
            self.zero = np.clip(np.round(low - least / self.scale), low, high)
        along = self.along(w.shape)
        self.q = np.clip(np.round(w / along(self.scale)) + (0 if symmetric else along(self.zero)), low, high)
        zero = 0 if symmetric else along(self.zero)
        self.real = ((self.q - zero).astype(np.float32) * along(self.scale)).astype(np.float32)
        if axis is None:
            self.scale = self.scale.reshape(())
            self.zero = None if symmetric else self.zero.reshape(())

    def along(self, shape):
        """A function from one number for each scale to one for each weight."""
        if self.axis is None:
            return lambda numbers: np.asarray(numbers).reshape([1] * len(shape))
        if self.block:
            return lambda numbers: np.repeat(numbers, self.block, self.axis).take(range(shape[self.axis]), self.axis)
        return lambda numbers: np.asarray(numbers).reshape([-1 if i == self.axis else 1 for i in range(len(shape))])

    def put(self, graph, name):
        """Adds the constants and the DequantizeLinear that makes `name`."""
        constants = {f"{name}_q": array_of(self.q, self.dtype), f"{name}_scale": self.scale}
        if self.zero is not None:
            constants[f"{name}_zero"] = array_of(self.zero, self.dtype)
        graph.initializer.extend(numpy_helper.from_array(value, key) for key, value in constants.items())
        attributes = {} if self.axis is None else {"axis": self.axis}
        if self.block:
            attributes["block_size"] = self.block
        graph.node.insert(0, helper.make_node("DequantizeLinear", list(constants), [name], **attributes))


def quantised(model, forms):
    """The model with the weights of `forms` (name -> Weights) as DequantizeLinear, and with what those stand for."""
    coded, real = onnx.ModelProto(), onnx.ModelProto()
    coded.CopyFrom(model)
    real.CopyFrom(model)
    for name, weights in forms.items():
        for graph in (coded.graph, real.graph):
            graph.initializer.remove(next(t for t in graph.initializer if t.name == name))
        weights.put(coded.graph, name)
        real.graph.initializer.append(numpy_helper.from_array(weights.real, name))
    return coded, real


def model_of(nodes, x, y, constants, opset=21):
    graph = helper.make_graph(nodes, "test", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, y)],
                              [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)],
                             ir_version=10)


def weights(rng, *shape):
    return (rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


def run_onnxruntime(model, x):
    """Without its optimiser, which would round what these weights are multiplied with to 8 bits, too."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": x})[0]


class WeightsOf8Bits(Case):
    def answers(self, model, x, name, *flags):
        path = self.folder / f"{name}.onnx"
        onnx.save(model, path)
        np.save(self.folder / "x.npy", x)
        run = self.kite("run", path, "--input", f"x={self.folder}/x.npy", "--output", f"y={self.folder}/{name}.npy", *flags)
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        return np.load(self.folder / f"{name}.npy"), path

    def kernels(self, path):
        steps = self.json("inspect", path, "--json", "--all")["steps"]
        return [step["kernel"] for step in steps]

    def plan_bytes(self, path):
        plan = self.folder / f"{path.stem}.plan"
        made = self.kite("compile", path, "-o", plan)
        self.assertEqual(made.returncode, 0, made.stderr.decode())
        return plan.stat().st_size

    def check(self, model, forms, x, exact=True):
        coded, real = quantised(model, forms)
        ours, path = self.answers(coded, x, "coded")
        folded, _ = self.answers(real, x, "real")
        theirs = run_onnxruntime(coded, x)
        if exact:
            np.testing.assert_array_equal(ours, folded)
        scale = np.abs(theirs).max()
        self.assertLess(np.abs(ours - folded).max(), 2e-6 * scale)
        self.assertLess(np.abs(ours - theirs).max(), 1e-5 * scale)
        for isa in ("generic", "avx2"):
            if self.kite("inspect", path, "--isa", isa).returncode == 0:
                other, _ = self.answers(coded, x, f"coded-{isa}", "--isa", isa)
                self.assertLess(np.abs(ours - other).max(), 1e-5 * scale)
        return path

    def test_every_kind_of_convolution_reads_weights_of_8_bits(self):
        rng = np.random.default_rng(31)
        same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
        constants = {"w1": weights(rng, 32, 3, 7, 7), "w2": weights(rng, 32, 1, 3, 3), "w3": weights(rng, 64, 32, 1, 1),
                     "w4": weights(rng, 64, 16, 3, 3), "w5": weights(rng, 10, 64)}
        constants |= {f"b{i}": weights(rng, n, 1).reshape(n) for i, n in ((1, 32), (2, 32), (3, 64), (4, 64), (5, 10))}
        nodes = [helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], kernel_shape=[7, 7], strides=[2, 2], pads=[3] * 4),
                 helper.make_node("Relu", ["c1"], ["r1"]), helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], group=32, **same),
                 helper.make_node("Conv", ["c2", "w3", "b3"], ["c3"], kernel_shape=[1, 1]),
                 helper.make_node("Conv", ["c3", "w4", "b4"], ["c4"], group=4, **same), helper.make_node("Add", ["c4", "c3"], ["a"]),
                 helper.make_node("GlobalAveragePool", ["a"], ["g"]), helper.make_node("Flatten", ["g"], ["f"]),
                 helper.make_node("Gemm", ["f", "w5", "b5"], ["y"], transB=1)]
        model = model_of(nodes, [1, 3, 32, 32], [1, 10], constants)
        x = rng.standard_normal((1, 3, 32, 32), np.float32)
        for dtype, axis, symmetric in (("int8", 0, True), ("uint8", 0, False), ("int8", None, False), ("uint4", None, False),
                                       ("int4", 0, True)):
            with self.subTest(dtype=dtype, axis=axis):
                forms = {f"w{i}": Weights(constants[f"w{i}"], dtype, axis, symmetric=symmetric) for i in range(1, 6)}
                path = self.check(model, forms, x)
                products = [kernel for kernel in self.kernels(path) if kernel.startswith(("conv", "grouped", "depthwise", "wconv"))]
                self.assertEqual(len(products), 5)
                self.assertTrue(all(kernel.startswith("wconv") for kernel in products), products)

    def test_winograd_reads_weights_of_8_bits(self):
        rng = np.random.default_rng(32)
        w = weights(rng, 96, 64, 3, 3)
        model = model_of([helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], pads=[1] * 4)], [1, 64, 28, 28],
                         [1, 96, 28, 28], {"w": w})
        path = self.check(model, {"w": Weights(w, "uint8", 0)}, rng.standard_normal((1, 64, 28, 28), np.float32), exact=False)
        self.assertTrue(any(kernel.startswith("wconv") for kernel in self.kernels(path)))
        self.assertLess(self.plan_bytes(path), 1.1 * w.size + 16384)

    def test_matrices_in_every_order_and_with_blocks(self):
        rng = np.random.default_rng(33)
        w = weights(rng, 300, 200).T.copy()  # [K=200, N=300]
        turned = w.T.copy()
        x = rng.standard_normal((1, 50, 200), np.float32)
        bias = weights(rng, 300, 1).reshape(300)
        plain = [helper.make_node("MatMul", ["x", "w"], ["p"]), helper.make_node("Add", ["p", "b"], ["y"])]
        with_turn = [helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]), helper.make_node("MatMul", ["x", "t"], ["p"]),
                     helper.make_node("Add", ["p", "b"], ["y"])]
        rows = [helper.make_node("Reshape", ["x", "s"], ["r"]), helper.make_node("Gemm", ["r", "w", "b"], ["g"], transB=1),
                helper.make_node("Reshape", ["g", "back"], ["y"])]
        shapes = {"s": np.array([50, 200]), "back": np.array([1, 50, 300])}
        for name, nodes, matrix, out, more in (("MatMul", plain, w, 1, {}), ("Transpose", with_turn, turned, 0, {}),
                                               ("Gemm", rows, turned, 0, shapes)):
            for dtype, axis, block in (("int8", out, 0), ("uint8", 1 - out, 32), ("int4", 1 - out, 64), ("uint4", 1 - out, 128),
                                       ("int8", None, 0)):
                with self.subTest(form=name, dtype=dtype, block=block):
                    model = model_of(nodes, [1, 50, 200], [1, 50, 300], {"w": matrix, "b": bias, **more})
                    path = self.check(model, {"w": Weights(matrix, dtype, axis, block)}, x)
                    self.assertTrue(any(kernel.startswith("wconv") for kernel in self.kernels(path)))
                    self.assertLess(self.plan_bytes(path), 1.35 * w.size + 16384)

    def test_one_row_and_scales_of_input_channels(self):
        rng = np.random.default_rng(34)
        w = weights(rng, 1000, 512)
        model = model_of([helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)], [1, 512], [1, 1000], {"w": w})
        x = rng.standard_normal((1, 512), np.float32)
        path = self.check(model, {"w": Weights(w, "int8", 0)}, x)
        self.assertTrue(any(kernel.startswith("wconv") for kernel in self.kernels(path)))
        # Scales that lie along the sum: dequantised when the plan is made.
        self.check(model, {"w": Weights(w, "int8", 1)}, x)

    def test_a_batch_norm_and_a_scale_go_into_the_scales(self):
        rng = np.random.default_rng(35)
        constants = {"w": weights(rng, 32, 16, 1, 1), "scale": rng.uniform(0.5, 2, 32).astype(np.float32),
                     "shift": weights(rng, 32, 1).reshape(32), "mean": weights(rng, 32, 1).reshape(32),
                     "var": rng.uniform(0.5, 2, 32).astype(np.float32), "v": weights(rng, 24, 32).T.copy(),
                     "gamma": rng.uniform(0.5, 2, 24).astype(np.float32)}
        nodes = [helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[1, 1]),
                 helper.make_node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"]),
                 helper.make_node("Transpose", ["n"], ["t"], perm=[0, 2, 3, 1]), helper.make_node("MatMul", ["t", "v"], ["p"]),
                 helper.make_node("Mul", ["p", "gamma"], ["y"])]
        model = model_of(nodes, [1, 16, 9, 9], [1, 9, 9, 24], constants)
        x = rng.standard_normal((1, 16, 9, 9), np.float32)
        for axes in ((0, 1), (None, None)):
            forms = {name: Weights(constants[name], "uint8", axis) for name, axis in zip(("w", "v"), axes)}
            path = self.check(model, forms, x, exact=False)
            self.assertEqual([kernel.split("_")[0] for kernel in self.kernels(path) if "conv" in kernel], ["wconv"] * 2)
        # Blocks of the matrix.
        path = self.check(model, {"v": Weights(constants["v"], "uint4", 0, 16)}, x, exact=False)
        self.assertTrue(any(kernel.startswith("wconv") for kernel in self.kernels(path)))

    def test_matmul_n_bits_reads_packed_weights(self):
        rng = np.random.default_rng(36)
        for bits, block, k in ((4, 32, 192), (4, 128, 192), (8, 64, 192), (2, 16, 100)):
            with self.subTest(bits=bits, block=block):
                n, blocks = 96, (k + block - 1) // block
                constants = {"q": rng.integers(0, 256, (n, blocks, block * bits // 8), np.uint8),
                             "s": rng.uniform(0.001, 0.01, n * blocks).astype(np.float32),
                             "z": rng.integers(0, 256, n * ((blocks * bits + 7) // 8), np.uint8)}
                node = helper.make_node("MatMulNBits", ["x", "q", "s", "z"], ["y"], domain="com.microsoft", K=k, N=n, bits=bits,
                                        block_size=block)
                model = model_of([node], [1, 40, k], [1, 40, n], constants)
                x = rng.standard_normal((1, 40, k), np.float32)
                ours, path = self.answers(model, x, "nbits")
                theirs = run_onnxruntime(model, x)
                self.assertLess(np.abs(ours - theirs).max(), 1e-5 * np.abs(theirs).max())
                self.assertTrue(any(kernel.startswith("wconv") for kernel in self.kernels(path)))


if __name__ == "__main__":
    unittest.main()
