# SPDX-License-Identifier: Apache-2.0
"""Writes a small network as an ONNX file, one call for each node, with weights from a seed and without PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

from weights import uniform  # noqa: E402

SEED = 75
CLASSES = 10


class Writer:
    """Values are names. Weights are drawn from SEED, the member's name and their own number."""

    def __init__(self, name: str, opset: int):
        self.name = name
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.functions: list[onnx.FunctionProto] = []
        self.count = 0

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes) -> str | list[str]:
        """Adds a node; one output is returned as a name, several as a list."""
        names = [self.fresh(kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0] + "_node", **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value) -> str:
        """Python's integers become int64, its floats float32; numpy's values stay what they are."""
        array = np.asarray(value)
        if not isinstance(value, (np.ndarray, np.generic)):
            array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
        name = self.fresh("constant")
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def drawn(self, shape, low: float, high: float) -> np.ndarray:
        """Uniform numbers, the same on every machine."""
        self.count += 1
        unit = uniform(SEED, f"{self.name}/{self.count}", int(np.prod(shape, dtype=np.int64)))
        return (unit * np.float32(high - low) + np.float32(low)).astype(np.float32).reshape(shape)

    def between(self, low: float, high: float, *shape: int) -> str:
        return self.constant(self.drawn(shape, low, high))

    def weight(self, *shape: int, fan_in: int | None = None, gain: float = 1.0) -> np.ndarray:
        """Zero-mean rows with a standard deviation of gain / sqrt(fan_in): what all pictures share after a ReLU would else
        drown in which they differ (weights.Spec)."""
        fan = fan_in or int(np.prod(shape[1:], dtype=np.int64))
        half = gain * (3.0 / fan) ** 0.5
        value = self.drawn(shape, -half, half)
        if shape[0] < value.size and fan > 1:
            value -= value.reshape(shape[0], -1).mean(1, dtype=np.float64).astype(np.float32).reshape((-1,) + (1,) * (len(shape) - 1))
        return value

    # Layers.

    def conv(self, x: str, cin: int, cout: int, kernel=3, stride=1, group=1, dilation=1, bias=True, gain=1.4) -> str:
        """Padded so that a stride of 1 keeps the size."""
        high, wide = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        weight = self.constant(self.weight(cout, cin // group, high, wide, gain=gain))
        more = [self.between(-0.1, 0.1, cout)] if bias else []
        pads = [dilation * (high - 1) // 2, dilation * (wide - 1) // 2] * 2
        return self.op("Conv", x, weight, *more, kernel_shape=[high, wide], strides=[stride, stride], group=group, pads=pads,
                       dilations=[dilation, dilation])

    def norm(self, x: str, channels: int) -> str:
        """BatchNormalization with seeded statistics."""
        tensors = [self.between(*limits, channels) for limits in ((0.75, 1.25), (-0.2, 0.2), (-0.1, 0.1), (0.75, 1.25))]
        return self.op("BatchNormalization", x, *tensors)

    def conv_norm(self, x: str, cin: int, cout: int, activation: str = "Relu", **how) -> str:
        x = self.norm(self.conv(x, cin, cout, bias=False, **how), cout)
        return self.op(activation, x) if activation else x

    def layer_norm(self, x: str, width: int) -> str:
        return self.op("LayerNormalization", x, self.between(0.8, 1.2, width), self.between(-0.2, 0.2, width), axis=-1, epsilon=1e-6)

    def linear(self, x: str, cin: int, cout: int, gain=1.0) -> str:
        """x[..., cin] -> [..., cout]"""
        product = self.op("MatMul", x, self.constant(np.ascontiguousarray(self.weight(cout, cin, gain=gain).T)))
        return self.op("Add", product, self.between(-0.1, 0.1, cout))

    def gelu(self, x: str) -> str:
        """As the exporters spell it: one node from opset 20 on."""
        if self.opset >= 20:
            return self.op("Gelu", x)
        half = self.op("Erf", self.op("Div", x, self.constant(2.0**0.5)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", half, self.constant(1.0))), self.constant(0.5))

    def mlp(self, x: str, width: int, hidden: int) -> str:
        return self.linear(self.gelu(self.linear(x, width, hidden)), hidden, width)

    def reshape(self, x: str, *shape: int) -> str:
        return self.op("Reshape", x, self.constant(list(shape)))

    def transpose(self, x: str, *axes: int) -> str:
        return self.op("Transpose", x, perm=list(axes))

    def slice(self, x: str, axis: int, start: int, end: int) -> str:
        return self.op("Slice", x, *(self.constant([number]) for number in (start, end, axis)))

    def add(self, a: str, b: str) -> str:
        return self.op("Add", a, b)

    def attention(self, q: str, k: str, v: str, depth: int, bias: str | None = None) -> str:
        """softmax(q k^T / sqrt(depth) + bias) v over [batch, heads, tokens, depth]"""
        scores = self.op("MatMul", q, self.transpose(k, 0, 1, 3, 2))
        scores = self.op("Mul", scores, self.constant(depth**-0.5))
        return self.op("MatMul", self.op("Softmax", self.add(scores, bias) if bias else scores, axis=-1), v)

    def self_attention(self, x: str, batch: int, tokens: int, width: int, heads: int, bias: str | None = None) -> str:
        """x[batch, tokens, width], query, key and value from one projection as most networks have it."""
        depth = width // heads
        qkv = self.transpose(self.reshape(self.linear(x, width, 3 * width, gain=1.5), batch, tokens, 3, heads, depth), 2, 0, 3, 1, 4)
        q, k, v = (self.op("Gather", qkv, self.constant(np.int64(i)), axis=0) for i in range(3))
        mixed = self.transpose(self.attention(q, k, v, depth, bias), 0, 2, 1, 3)
        return self.linear(self.reshape(mixed, batch, tokens, width), width, width)

    def global_mean(self, x: str, channels: int) -> str:
        return self.reshape(self.op("GlobalAveragePool", x), 1, channels)

    def classify(self, features: str, width: int, gain=4.0) -> str:
        """features[1, width]"""
        return self.op("Gemm", features, self.constant(self.weight(CLASSES, width, gain=gain)), self.between(-0.1, 0.1, CLASSES), transB=1)

    def model(self, logits: str, size: int) -> onnx.ModelProto:
        self.nodes.append(helper.make_node("Identity", [logits], ["logits"]))
        graph = helper.make_graph(
            self.nodes, self.name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, size, size])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, CLASSES])], self.initializers)
        imports = [helper.make_opsetid("", self.opset)] + [helper.make_opsetid(function.domain, 1) for function in self.functions[:1]]
        model = helper.make_model(graph, opset_imports=imports, functions=self.functions)
        model.ir_version = 8 if self.opset <= 17 else 10
        return model
