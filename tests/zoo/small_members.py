# SPDX-License-Identifier: Apache-2.0
"""Small networks, one of each family of the zoo, with the operators as exporters spell them. Each is one function that
takes a Writer and the picture's name, and returns the logits' name; `MEMBERS` lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from writer import Writer

SIZE = 32


def resnet(w: Writer, x: str) -> str:
    x = w.op("MaxPool", w.conv_norm(x, 3, 16, kernel=7, stride=2), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for cin, cout, stride in ((16, 16, 1), (16, 32, 2), (32, 32, 1)):
        shortcut = x if cin == cout else w.conv_norm(x, cin, cout, "", kernel=1, stride=stride)
        inner = w.conv_norm(w.conv_norm(x, cin, cout, stride=stride), cout, cout, "")
        x = w.op("Relu", w.add(inner, shortcut))
    return w.classify(w.global_mean(x, 32), 32)


def relu6(w: Writer, x: str) -> str:
    return w.op("Clip", x, w.constant(0.0), w.constant(6.0))


def inverted_residual(w: Writer, x: str) -> str:
    x = relu6(w, w.conv_norm(x, 3, 16, "", stride=2))
    for stride in (1, 2, 1):
        inner = relu6(w, w.conv_norm(x, 16, 48, "", kernel=1))
        inner = relu6(w, w.conv_norm(inner, 48, 48, "", kernel=5, stride=stride, group=48))
        inner = w.conv_norm(inner, 48, 16, "", kernel=1)
        x = w.add(x, inner) if stride == 1 else inner
    return w.classify(w.global_mean(relu6(w, w.conv_norm(x, 16, 64, "", kernel=1)), 64), 64)


def squeeze_excitation(w: Writer, x: str) -> str:
    x = w.op("HardSwish", w.conv_norm(x, 3, 16, "", stride=2))
    for _ in range(2):
        inner = w.op("HardSwish", w.conv_norm(x, 16, 40, "", kernel=1))
        inner = w.op("HardSwish", w.conv_norm(inner, 40, 40, "", group=40))
        gate = w.op("ReduceMean", inner, axes=[2, 3], keepdims=1)
        gate = w.op("HardSigmoid", w.conv(w.op("Relu", w.conv(gate, 40, 8, kernel=1)), 8, 40, kernel=1), alpha=1 / 6, beta=0.5)
        x = w.add(x, w.conv_norm(w.op("Mul", gate, inner), 40, 16, "", kernel=1))
    return w.classify(w.global_mean(x, 16), 16)


def patches(w: Writer, x: str, width: int, patch: int) -> str:
    """[1, tokens, width]"""
    weight = w.constant(w.weight(width, 3, patch, patch))
    x = w.op("Conv", x, weight, w.between(-0.1, 0.1, width), kernel_shape=[patch, patch], strides=[patch, patch])
    return w.transpose(w.reshape(x, 1, width, (SIZE // patch) ** 2), 0, 2, 1)


def vit(w: Writer, x: str) -> str:
    x = w.op("Concat", w.between(-0.2, 0.2, 1, 1, 32), patches(w, x, 32, 8), axis=1)
    x = w.add(x, w.between(-0.2, 0.2, 1, 17, 32))
    for _ in range(2):
        x = w.add(x, w.self_attention(w.layer_norm(x, 32), 1, 17, 32, 4))
        x = w.add(x, w.mlp(w.layer_norm(x, 32), 32, 64))
    return w.classify(w.op("Gather", w.layer_norm(x, 32), w.constant(np.int64(0)), axis=1), 32)


def rolled(w: Writer, x: str, axis: int, by: int, size: int) -> str:
    """torch.roll by -by along an axis, as the exporters write it."""
    return w.op("Concat", w.slice(x, axis, by, size), w.slice(x, axis, 0, by), axis=axis)


def swin(w: Writer, x: str) -> str:
    """Windows of 4x4 in a grid of 8x8, the second block shifted by two, with the mask of what came round."""
    x = w.reshape(patches(w, x, 32, 4), 1, 8, 8, 32)
    table = w.between(-0.5, 0.5, 49, 2)
    row, column = np.divmod(np.arange(16), 4)
    index = (row[:, None] - row + 3) * 7 + column[:, None] - column + 3
    region = np.repeat(np.repeat(np.array([[0, 1], [2, 3]]), [4, 4], 0), [4, 4], 1)
    region = np.where(np.arange(8)[:, None] >= 6, region + 4, region) + np.where(np.arange(8) >= 6, 8, 0)
    for shift in (0, 2):
        inner = w.layer_norm(x, 32)
        for axis in (1, 2) if shift else ():
            inner = rolled(w, inner, axis, shift, 8)
        windows = w.reshape(w.transpose(w.reshape(inner, 1, 2, 4, 2, 4, 32), 0, 1, 3, 2, 4, 5), 4, 16, 32)
        bias = w.op("Gather", table, w.constant(index.reshape(-1).astype(np.int64)), axis=0)
        bias = w.op("Unsqueeze", w.transpose(w.reshape(bias, 16, 16, 2), 2, 0, 1), w.constant([0]))
        if shift:
            of_window = region.reshape(2, 4, 2, 4).transpose(0, 2, 1, 3).reshape(4, 16)
            mask = np.where(of_window[:, :, None] == of_window[:, None, :], 0, -100).astype(np.float32)
            bias = w.add(bias, w.constant(mask[:, None]))
        mixed = w.self_attention(windows, 4, 16, 32, 2, bias)
        mixed = w.reshape(w.transpose(w.reshape(mixed, 1, 2, 2, 4, 4, 32), 0, 1, 3, 2, 4, 5), 1, 8, 8, 32)
        for axis in (1, 2) if shift else ():
            mixed = rolled(w, mixed, axis, 8 - shift, 8)
        x = w.add(x, mixed)
        x = w.add(x, w.mlp(w.layer_norm(x, 32), 32, 64))
    return w.classify(w.op("ReduceMean", w.layer_norm(x, 32), axes=[1, 2], keepdims=0), 32)


def convnext(w: Writer, x: str) -> str:
    x = w.transpose(w.reshape(patches(w, x, 32, 4), 1, 8, 8, 32), 0, 3, 1, 2)
    for _ in range(2):
        inner = w.layer_norm(w.transpose(w.conv(x, 32, 32, kernel=7, group=32), 0, 2, 3, 1), 32)
        inner = w.op("Mul", w.mlp(inner, 32, 96), w.between(0.3, 0.7, 32))
        x = w.add(x, w.transpose(inner, 0, 3, 1, 2))
    x = w.layer_norm(w.transpose(w.op("GlobalAveragePool", x), 0, 2, 3, 1), 32)
    return w.classify(w.op("Flatten", x), 32)


def mlp_mixer(w: Writer, x: str) -> str:
    x = patches(w, x, 32, 8)
    for _ in range(2):
        tokens = w.mlp(w.transpose(w.layer_norm(x, 32), 0, 2, 1), 16, 24)
        x = w.add(x, w.transpose(tokens, 0, 2, 1))
        x = w.add(x, w.mlp(w.layer_norm(x, 32), 32, 64))
    return w.classify(w.op("ReduceMean", w.layer_norm(x, 32), axes=[1], keepdims=0), 32)


def densenet(w: Writer, x: str) -> str:
    x, width = w.conv_norm(x, 3, 16, stride=2), 16
    for stage in range(2):
        for _ in range(3):
            grown = w.conv(w.op("Relu", w.norm(x, width)), width, 24, kernel=1, bias=False)
            grown = w.conv(w.op("Relu", w.norm(grown, 24)), 24, 8, bias=False)
            x, width = w.op("Concat", x, grown, axis=1), width + 8
        if stage == 0:
            x, width = w.conv(w.op("Relu", w.norm(x, width)), width, width // 2, kernel=1, bias=False), width // 2
            x = w.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    return w.classify(w.global_mean(w.op("Relu", w.norm(x, width)), width), width)


def inception(w: Writer, x: str) -> str:
    x = w.op("LRN", w.conv_norm(x, 3, 16, stride=2), size=5, alpha=1e-4, beta=0.75, bias=2.0)
    for cin in (16, 32):
        asymmetric = w.conv_norm(w.conv_norm(w.conv_norm(x, cin, 8, kernel=1), 8, 8, kernel=(1, 7)), 8, 8, kernel=(7, 1))
        wide = w.conv_norm(w.conv_norm(x, cin, 8, kernel=1), 8, 8, kernel=5)
        mean = w.op("AveragePool", x, kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1], count_include_pad=1)
        largest = w.op("MaxPool", x, kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
        branches = [asymmetric, wide, w.conv_norm(mean, cin, 8, kernel=1), w.conv_norm(largest, cin, 8, kernel=1)]
        x = w.op("Concat", *branches, axis=1)
    x = w.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    return w.classify(w.global_mean(x, 32), 32)


def group_norm(w: Writer, x: str) -> str:
    """The node of opset 21 and what TorchScript writes instead of it."""
    x = w.conv(x, 3, 16, stride=2)
    for kind in ("node", "spelled"):
        if kind == "node":
            normal = w.op("GroupNormalization", x, w.between(0.8, 1.2, 16), w.between(-0.2, 0.2, 16), num_groups=4, epsilon=1e-5)
        else:
            flat = w.op("InstanceNormalization", w.reshape(x, 0, 4, -1), w.constant(np.ones(4, np.float32)), w.constant(np.zeros(4, np.float32)))
            normal = w.op("Mul", w.op("Reshape", flat, w.op("Shape", x)), w.between(0.8, 1.2, 16, 1, 1))
            normal = w.add(normal, w.between(-0.2, 0.2, 16, 1, 1))
        x = w.add(x, w.conv(w.op("Relu", normal), 16, 16, gain=0.7))
    return w.classify(w.global_mean(w.op("Relu", x), 16), 16)


def hrnet(w: Writer, x: str) -> str:
    """Two resolutions that exchange what they know, enlarged in two ways."""
    high = w.conv_norm(x, 3, 16, stride=2)
    low = w.conv_norm(high, 16, 32, stride=2)
    for mode in ({"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
                 {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}):
        enlarged = w.op("Resize", w.conv_norm(low, 32, 16, "", kernel=1), "", w.constant([1.0, 1.0, 2.0, 2.0]), **mode)
        reduced = w.conv_norm(high, 16, 32, "", stride=2)
        high, low = w.op("Relu", w.add(high, enlarged)), w.op("Relu", w.add(low, reduced))
    both = w.op("Concat", w.global_mean(high, 16), w.global_mean(low, 32), axis=1)
    return w.classify(both, 48)


def botnet(w: Writer, x: str) -> str:
    """Attention over a feature map by Einsum, with a relative position along each row: [.., 2 n - 1] skewed to [.., n, n]."""
    x, n, width = w.conv_norm(x, 3, 32, kernel=7, stride=4), 8, 32
    q, k, v = (w.reshape(w.conv(x, 32, width, kernel=1), 1, width, n * n) for _ in range(3))
    scores = w.op("Einsum", q, k, equation="bci,bcj->bij")
    along = w.op("Einsum", w.reshape(w.transpose(q, 0, 2, 1), n, n, width), w.between(-0.3, 0.3, 2 * n - 1, width), equation="bic,rc->bir")
    padded = w.op("Pad", along, w.constant([0, 0, 0, 0, 0, 1]))
    padded = w.op("Pad", w.reshape(padded, n, 2 * n * n), w.constant([0, 0, 0, n - 1]))
    skewed = w.slice(w.slice(w.reshape(padded, n, n + 1, 2 * n - 1), 1, 0, n), 2, n - 1, 2 * n - 1)
    position = w.reshape(w.op("Expand", w.reshape(skewed, n, n, 1, n), w.constant([n, n, n, n])), 1, n * n, n * n)
    weights = w.op("Softmax", w.op("Mul", w.add(scores, position), w.constant(width**-0.5)), axis=-1)
    mixed = w.reshape(w.op("Einsum", weights, v, equation="bij,bcj->bci"), 1, width, n, n)
    return w.classify(w.global_mean(w.op("Relu", w.add(x, mixed)), width), width)


def ghostnet(w: Writer, x: str) -> str:
    x = w.conv_norm(x, 3, 16, stride=2)
    for _ in range(2):
        own = w.conv_norm(x, 16, 20, kernel=1)
        both = w.op("Concat", own, w.conv_norm(own, 20, 20, group=20), axis=1)
        narrow = w.conv_norm(w.slice(both, 1, 0, 36), 36, 8, "", kernel=1)
        x = w.add(x, w.op("Concat", narrow, w.conv_norm(narrow, 8, 8, "", group=8), axis=1))
    return w.classify(w.global_mean(x, 16), 16)


def shufflenet(w: Writer, x: str) -> str:
    x = w.conv_norm(x, 3, 24, stride=2)
    for _ in range(3):
        kept, worked = w.op("Split", x, w.constant([12, 12]), outputs=2, axis=1)
        worked = w.conv_norm(worked, 12, 12, kernel=1)
        worked = w.conv_norm(w.conv_norm(worked, 12, 12, "", group=12), 12, 12, kernel=1)
        x = w.op("Concat", kept, worked, axis=1)
        x = w.reshape(w.transpose(w.reshape(x, 1, 2, 12, 16, 16), 0, 2, 1, 3, 4), 1, 24, 16, 16)
    return w.classify(w.op("ReduceMean", x, axes=[2, 3], keepdims=0), 24, gain=10.0)


def efficientformer(w: Writer, x: str) -> str:
    """Pooling instead of attention, then attention with a bias that is gathered by distance."""
    x = w.conv_norm(w.conv_norm(x, 3, 16, stride=2), 16, 32, stride=2)
    mean = w.op("AveragePool", x, kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1], count_include_pad=0)
    x = w.add(x, w.op("Mul", w.op("Sub", mean, x), w.between(0.3, 0.7, 32, 1, 1)))
    x = w.add(x, w.conv_norm(w.gelu(w.conv_norm(x, 32, 64, "", kernel=1)), 64, 32, "", kernel=1))
    row, column = np.divmod(np.arange(64), 8)
    apart = np.abs(row[:, None] - row) * 8 + np.abs(column[:, None] - column)
    bias = w.op("Gather", w.between(-0.5, 0.5, 4, 64), w.constant(apart.astype(np.int64)), axis=1)
    tokens = w.transpose(w.op("Flatten", w.reshape(x, 32, 64), axis=1), 1, 0)
    tokens = w.reshape(tokens, 1, 64, 32)
    tokens = w.add(tokens, w.self_attention(w.layer_norm(tokens, 32), 1, 64, 32, 4, bias))
    return w.classify(w.op("ReduceMean", tokens, axes=[1], keepdims=0), 32)


def xcit(w: Writer, x: str) -> str:
    """Attention between channels: normalised queries and keys, a temperature for each head."""
    x, heads, depth, tokens = patches(w, x, 32, 8), 4, 8, 16
    qkv = w.reshape(w.linear(w.layer_norm(x, 32), 32, 96), 1, tokens, 3, heads, depth)
    q, k, v = (w.op("Squeeze", part, w.constant([0])) for part in w.op("Split", w.transpose(qkv, 2, 0, 3, 4, 1), w.constant([1, 1, 1]), outputs=3, axis=0))
    unit = []
    for part in (q, k):
        length = w.op("Clip", w.op("ReduceL2", part, axes=[-1], keepdims=1), w.constant(1e-12))
        unit.append(w.op("Div", part, w.op("Expand", length, w.op("Shape", part))))
    scores = w.op("Mul", w.op("MatMul", unit[0], w.transpose(unit[1], 0, 1, 3, 2)), w.between(1.0, 4.0, heads, 1, 1))
    mixed = w.op("MatMul", w.op("Softmax", scores, axis=-1), v)
    x = w.add(x, w.linear(w.reshape(w.transpose(mixed, 0, 3, 1, 2), 1, tokens, 32), 32, 32))
    return w.classify(w.op("ReduceMean", x, axes=[1], keepdims=0), 32)


def selective_kernel(w: Writer, x: str) -> str:
    """A softmax chooses between branches with holes of different width."""
    x = w.op("LeakyRelu", w.conv_norm(x, 3, 16, "", stride=2), alpha=0.1)
    branches = [w.op("Unsqueeze", w.conv_norm(x, 16, 16, group=4, dilation=d), w.constant([1])) for d in (1, 2)]
    stacked = w.op("Concat", *branches, axis=1)
    whole = w.op("ReduceSum", stacked, w.constant([1]), keepdims=0)
    gate = w.conv(w.op("Relu", w.conv(w.op("GlobalAveragePool", whole), 16, 8, kernel=1)), 8, 32, kernel=1)
    gate = w.op("Softmax", w.reshape(gate, 1, 2, 16, 1, 1), axis=1)
    chosen = w.op("ReduceSum", w.op("Mul", stacked, gate), w.constant([1]), keepdims=0)
    return w.classify(w.global_mean(w.op("PRelu", chosen, w.between(0.1, 0.4, 16, 1, 1)), 16), 16)


def qdq(w: Writer, x: str) -> str:
    """Weights of seven bits, so that sixteen-bit sums of two products, as some processors form them, are exact, too."""
    def quantised(value: str, scale: float, zero: int) -> str:
        parameters = w.constant(scale), w.constant(np.uint8(zero))
        return w.op("DequantizeLinear", w.op("QuantizeLinear", value, *parameters), *parameters)

    x = quantised(x, 0.03, 128)
    for cin, cout, stride in ((3, 16, 2), (16, 24, 2), (24, 24, 1)):
        weight = w.weight(cout, cin, 3, 3, gain=1.4)
        scale = (np.abs(weight).max(axis=(1, 2, 3)) / 63).astype(np.float32)
        levels = np.clip(np.rint(weight / scale.reshape(-1, 1, 1, 1)), -63, 63).astype(np.int8)
        kernel = w.op("DequantizeLinear", w.constant(levels), w.constant(scale), w.constant(np.zeros(cout, np.int8)), axis=0)
        x = w.op("Conv", x, kernel, kernel_shape=[3, 3], strides=[stride, stride], pads=[1, 1, 1, 1])
        x = quantised(w.op("Relu", x), 0.025, 0)
    return w.classify(w.global_mean(x, 24), 24, gain=10.0)


def dynamic_quantisation(w: Writer, x: str) -> str:
    """The scale of the activations is computed in each run, as ONNX Runtime's quantiser writes it."""
    x = patches(w, x, 32, 8)
    for cin, cout in ((32, 64), (64, 32)):
        levels, scale, zero = w.op("DynamicQuantizeLinear", x, outputs=3)
        weight = np.ascontiguousarray(w.weight(cout, cin, gain=1.4).T)
        step = np.float32(np.abs(weight).max() / 63)
        product = w.op("MatMulInteger", levels, w.constant(np.rint(weight / step).astype(np.int8)), zero, w.constant(np.int8(0)))
        real = w.op("Mul", w.op("Cast", product, to=TensorProto.FLOAT), w.op("Mul", scale, w.constant(step)))
        x = w.op("Relu", w.add(real, w.between(-0.1, 0.1, cout)))
    return w.classify(w.op("ReduceMean", x, axes=[1], keepdims=0), 32)


def separable(w: Writer, x: str) -> str:
    """Depthwise and pointwise convolutions, a shortcut with a stride, and smooth activations."""
    x = w.op("Elu", w.conv_norm(x, 3, 16, "", stride=2))
    inner = x
    for activation in ("Mish", "Softplus"):
        inner = w.conv(w.op(activation, inner), 16, 16, group=16, bias=False)
        inner = w.conv_norm(inner, 16, 16, "", kernel=1)
    inner = w.op("MaxPool", inner, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    x = w.add(inner, w.conv_norm(x, 16, 16, "", kernel=1, stride=2))
    return w.classify(w.global_mean(w.op("Selu", w.conv_norm(x, 16, 32, "", dilation=2, group=4)), 32), 32)


def function_and_if(w: Writer, x: str) -> str:
    """A block that the file defines as a function, and a branch that its condition settles before the run."""
    weight, bias = w.constant(w.weight(16, 16, 3, 3, gain=1.4)), w.between(-0.1, 0.1, 16)
    body = [helper.make_node("Conv", ["value", "weight", "bias"], ["inner"], pads=[1, 1, 1, 1]),
            helper.make_node("LeakyRelu", ["inner"], ["active"]), helper.make_node("Add", ["active", "value"], ["out"])]
    body[1].attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    w.functions.append(helper.make_function("zoo", "Block", ["value", "weight", "bias"], ["out"], body,
                                            [helper.make_opsetid("", w.opset)], attributes=["slope"]))
    x = w.conv_norm(x, 3, 16, stride=2)
    x = w.op("Block", x, weight, bias, domain="zoo", slope=0.1)
    branches = {}
    for name, kind in (("then_branch", "GlobalAveragePool"), ("else_branch", "GlobalMaxPool")):
        out = helper.make_tensor_value_info(name + "_out", TensorProto.FLOAT, [1, 16, 1, 1])
        branches[name] = helper.make_graph([helper.make_node(kind, [x], [name + "_out"])], name, [], [out])
    rank = w.op("Size", w.op("Shape", x))
    pooled = w.op("If", w.op("Equal", rank, w.constant(np.int64(4))), **branches)
    return w.classify(w.op("Flatten", pooled), 16)


@dataclass(frozen=True)
class Member:
    build: Callable[[Writer, str], str]
    opset: int

    @property
    def name(self) -> str:
        return self.build.__name__

    def model(self) -> onnx.ModelProto:
        writer = Writer(self.name, self.opset)
        return writer.model(self.build(writer, "x"), SIZE)


MEMBERS = [Member(build, opset) for build, opset in (
    (resnet, 11), (inverted_residual, 12), (squeeze_excitation, 14), (vit, 20), (swin, 17), (convnext, 17), (mlp_mixer, 17),
    (densenet, 9), (inception, 13), (group_norm, 21), (hrnet, 13), (botnet, 13), (ghostnet, 17), (shufflenet, 13),
    (efficientformer, 17), (xcit, 17), (selective_kernel, 13), (qdq, 13), (dynamic_quantisation, 13), (separable, 18), (function_and_if, 18))]
