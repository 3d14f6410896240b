# SPDX-License-Identifier: Apache-2.0
"""Several nodes as networks have them: what passes look for, and what comes near it."""

import math

import numpy as np

from draft import Rejected
from elementwise import RAMPS, function, ramp
from movement import axes_input
from networks import batch_norm, conv, gemm, layer_norm, picture, softmax
from productions import pattern
from quantised import scale, zero


def activation(d, x):
    kind = d.r.randrange(11)
    same = dict(low=-x.size - 3, high=x.size + 3)
    if kind == 0:
        return d.add("Mul", [x, d.add("Sigmoid", [x], x.shape, low=0, high=1)], x.shape, **same)
    if kind == 1:  # GELU by erf, with the factors in any order
        inner = d.add("Erf", [d.add("Div", [x, d.scalar(math.sqrt(2))], x.shape, **same)], x.shape, low=-1, high=1)
        gate = d.add("Add", [inner, d.scalar(1)], x.shape, low=0, high=2)
        if d.chance(0.5):
            return d.add("Mul", [d.add("Mul", [x, gate], x.shape, low=-2 * x.size, high=2 * x.size), d.scalar(0.5)], x.shape, **same)
        return d.add("Mul", [x, d.add("Mul", [gate, d.scalar(0.5)], x.shape, low=0, high=1)], x.shape, **same)
    if kind == 2:  # hard swish
        inner = d.add("Add", [x, d.scalar(3)], x.shape, low=-x.size, high=x.size + 3)
        inner = d.clip(inner, 0, 6)
        inner = d.add("Div" if d.chance(0.5) else "Mul", [inner, d.scalar(6)], x.shape, low=0, high=36)
        return d.add("Mul", [x, inner], x.shape, low=-36 * x.size, high=36 * x.size)
    if kind == 3:
        return d.clip(x, 0, 6)
    if kind == 4:
        return d.add("Mul", [x, d.add("HardSigmoid", [x], x.shape, low=0, high=1, alpha=1 / 6)], x.shape, **same)
    if kind == 5:
        return d.add("Mul", [x, d.add("Tanh", [d.add("Softplus", [x], x.shape, low=0, high=x.size + 1)], x.shape, low=0, high=1)], x.shape, **same)
    op = d.r.choice([op for op in ("Relu", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSwish", "Elu", "Gelu", "Softplus", "Mish") if d.knows(op)])
    return ramp(d, op, x) if op in RAMPS else function(d, op, x)


@pattern(8)
def conv_norm_activation(d):
    x = conv(d, "Conv")
    if d.chance(0.6):
        x = batch_norm(d, "BatchNormalization", x)
    if d.chance(0.3):
        x = d.add("Mul", [x, d.constant(d.array((x.shape[1],) + (1,) * (x.rank - 2), d.float, 0.5, 1.5))], x.shape, low=-2 * x.size, high=2 * x.size)
    if d.chance(0.3):
        x = d.add("Add", [x, d.constant(d.array((x.shape[1],) + (1,) * (x.rank - 2), d.float, -1, 1))], x.shape, low=-x.size - 1, high=x.size + 1)
    if d.chance(0.8):
        x = activation(d, x)
    return x


@pattern(5)
def residual(d):
    x = picture(d, rank=4)
    c = x.shape[1]
    if c * c * 9 * x.elements // c > 1e6:
        raise Rejected("too large")
    y = d.add("Conv", [x, d.weights(c, c, 3, 3), d.weights(c)], x.shape, low=-9 * x.size, high=9 * x.size, pads=[1] * 4)
    if d.chance(0.5):
        y = activation(d, y)
    if y.size > 1e4:
        y = d.squash(y)
    total = d.add("Add", [x, y] if d.chance(0.5) else [y, x], x.shape, low=-x.size - y.size, high=x.size + y.size)
    return activation(d, total) if d.chance(0.6) else total


@pattern(3)
def squeeze_excite(d):
    x = picture(d, rank=4)
    n, c = x.shape[:2]
    if d.chance(0.5):
        y = d.add("GlobalAveragePool", [x], (n, c, 1, 1), low=-x.size, high=x.size)
    else:
        inputs, made = axes_input(d, "ReduceMean", d.r.choice(([2, 3], [-2, -1] if d.opset >= 11 else [2, 3])), 18)
        y = d.add("ReduceMean", [x, *inputs], (n, c, 1, 1), low=-x.size, high=x.size, keepdims=1, **made)
    y = activation(d, d.add("Conv", [y, d.weights(4, c, 1, 1), d.weights(4)], (n, 4, 1, 1), low=-5 * x.size, high=5 * x.size))
    y = d.add("Conv", [y, d.weights(c, 4, 1, 1), d.weights(c)], (n, c, 1, 1), low=-50 * x.size, high=50 * x.size)
    y = d.add(d.r.choice(("Sigmoid", "HardSigmoid")), [y], y.shape, low=0, high=1)
    return d.add("Mul", [x, y] if d.chance(0.5) else [y, x], x.shape, low=-x.size, high=x.size)


@pattern(3)
def shuffle(d):
    x = picture(d, rank=4)
    n, c, h, w = x.shape
    g = d.r.choice([k for k in (1, 2, 3, 4) if c % k == 0])
    keep = dict(low=x.low, high=x.high)
    y = d.add("Reshape", [x, d.ints(n, g, c // g, h, w)], (n, g, c // g, h, w), **keep)
    y = d.add("Transpose", [y], (n, c // g, g, h, w), perm=[0, 2, 1, 3, 4], **keep)
    return d.add("Reshape", [y, d.ints(n, -1, h, w)], (n, c, h, w), **keep)


@pattern(4)
def tokens(d):
    """A picture as rows, something done to the rows, and back."""
    x = picture(d, rank=4)
    n, c, h, w = x.shape
    last = d.add("Transpose", [x], (n, h, w, c), perm=[0, 2, 3, 1], low=x.low, high=x.high)
    kind = d.r.randrange(4)
    if kind == 0 and d.knows("LayerNormalization"):
        last = layer_norm(d, "LayerNormalization", last)
    elif kind == 1:
        y = d.add("MatMul", [last, d.constant(d.array((c, 2 * c), d.float, -0.5, 0.5))], (n, h, w, 2 * c), low=-c * x.size, high=c * x.size)
        y = activation(d, d.add("Add", [y, d.weights(2 * c)] if d.chance(0.5) else [d.weights(2 * c), y], y.shape, low=-y.size - 1, high=y.size + 1))
        if y.size > 1e4:
            y = d.squash(y)
        last = d.add("MatMul", [y, d.constant(d.array((2 * c, c), d.float, -0.5, 0.5))], last.shape, low=-2 * c * y.size, high=2 * c * y.size)
    elif kind == 2:
        if last.size > 60:
            last = d.squash(last)
        last = softmax(d, "Softmax", last)
    else:
        last = activation(d, last)
    if last.shape != (n, h, w, c):
        return last
    return d.add("Transpose", [last], (n, c, h, w), perm=[0, 3, 1, 2], low=last.low, high=last.high)


@pattern(3)
def spelled_layer_norm(d):
    x = d.floating(least=2, most=4)
    inputs, made = axes_input(d, "ReduceMean", [-1] if d.opset >= 11 else [x.rank - 1], 18)
    row = (*x.shape[:-1], 1)
    mean = d.add("ReduceMean", [x, *inputs], row, low=-x.size, high=x.size, **made)
    centred = d.add("Sub", [x, mean], x.shape, low=-2 * x.size, high=2 * x.size)
    if d.chance(0.5):
        square = d.add("Pow", [centred, d.scalar(2)], x.shape, low=0, high=4 * x.size ** 2)
    else:
        square = d.add("Mul", [centred, centred], x.shape, low=0, high=4 * x.size ** 2)
    variance = d.add("ReduceMean", [square, *inputs], row, low=0, high=square.high, **made)
    deviation = d.add("Sqrt", [d.add("Add", [variance, d.scalar(1e-3)], row, low=0, high=variance.high + 1)], row, low=0, high=variance.high + 1)
    y = d.add("Div", [centred, deviation], x.shape, low=-50, high=50)
    if d.chance(0.7):
        y = d.add("Mul", [y, d.constant(d.array(x.shape[-1:], d.float, 0.5, 1.5))], x.shape, low=-80, high=80)
        y = d.add("Add", [y, d.constant(d.array(x.shape[-1:], d.float, -1, 1))], x.shape, low=-90, high=90)
    return y


@pattern(4)
def attention(d):
    n, t, heads, width = d.r.choice((1, 2)), d.size(17), d.r.choice((1, 2, 3)), d.r.choice((3, 4, 8))
    c = heads * width
    x = d.floating(rank=3, shape=(n, t, c), low=-20, high=20)
    def project(turned):
        y = d.add("MatMul", [x, d.constant(d.array((c, c), d.float, -0.5, 0.5))], (n, t, c), low=-c * x.size, high=c * x.size)
        if d.chance(0.5):
            y = d.add("Add", [y, d.weights(c)], y.shape, low=-y.size - 4, high=y.size + 4)
        y = d.add("Reshape", [y, d.ints(n, t, heads, width) if d.chance(0.5) else d.ints(0, -1, heads, width)], (n, t, heads, width), low=y.low, high=y.high)
        perm = [0, 2, 3, 1] if turned else [0, 2, 1, 3]
        return d.add("Transpose", [y], tuple(y.shape[a] for a in perm), perm=perm, low=y.low, high=y.high)
    q, k, v = project(False), project(True), project(False)
    factor = d.scalar(1 / math.sqrt(width) / 4)
    if d.chance(0.5):
        q = d.add("Mul", [q, factor], q.shape, low=q.low, high=q.high)
        scores = d.add("MatMul", [q, k], (n, heads, t, t), low=-900, high=900)
    else:
        scores = d.add("MatMul", [q, k], (n, heads, t, t), low=-900, high=900)
        scores = d.add("Mul", [scores, factor], scores.shape, low=-900, high=900)
    if d.chance(0.3):
        scores = d.add("Add", [scores, d.fresh(d.r.choice(((t, t), (1, 1, t, t), (heads, t, t))))], scores.shape, low=-900, high=900)
    weights = d.add("Softmax", [scores], scores.shape, low=0, high=1, axis=-1 if d.opset >= 13 else 3)
    y = d.add("MatMul", [weights, v], (n, heads, t, width), low=-v.size, high=v.size)
    y = d.add("Transpose", [y], (n, t, heads, width), perm=[0, 2, 1, 3], low=y.low, high=y.high)
    return d.add("Reshape", [y, d.ints(n, t, c)], (n, t, c), low=y.low, high=y.high)


@pattern(3)
def concat_branches(d):
    x = picture(d, rank=4)
    n, c, h, w = x.shape
    y = d.add("Conv", [x, d.weights(3, c, 1, 1)], (n, 3, h, w), low=-3 * x.size, high=3 * x.size)
    z = d.add("MaxPool", [x], x.shape, low=x.low, high=x.high, kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1])
    values = [x, y, z]
    d.r.shuffle(values)
    return d.add("Concat", values, (n, 2 * c + 3, h, w), low=-3 * x.size, high=3 * x.size, axis=1)


@pattern(4)
def fake_quantised_conv(d):
    """Quantised to 8 bits and back before a convolution, as exporters of quantised networks write it."""
    if d.float != "float32" or d.opset < 13:
        raise Rejected("no such network")
    x = picture(d, rank=4)
    def qdq(v, dtype, axis=None):
        s, z = scale(d, None if axis is None else v.shape[axis], 0.02, 0.08), zero(d, dtype, None if axis is None else v.shape[axis])
        q = d.add("QuantizeLinear", [v, s, z], v.shape, dtype, -128, 255, axis=axis)
        return d.add("DequantizeLinear", [q, s, z], v.shape, "float32", -21, 21, axis=axis)
    c, m = x.shape[1], d.r.choice((1, 4, 8, 17))
    w = d.constant(d.array((m, c, 3, 3), "int8", -100, 100))
    per_channel = d.chance(0.5)
    w = d.add("DequantizeLinear", [w, scale(d, m if per_channel else None, 0.001, 0.01), d.constant(np.zeros(m if per_channel else (), np.int8))], w.shape, "float32",
              -1, 1, axis=0 if per_channel else None)
    if m * c * 9 * x.elements // c > 1e6:
        raise Rejected("too large")
    y = d.add("Conv", [qdq(x, d.r.choice(("uint8", "int8"))), w], (x.shape[0], m, *x.shape[2:]), low=-2e3, high=2e3, pads=[1] * 4)
    if d.chance(0.5):
        y = d.add("Relu", [y], y.shape, low=0, high=2e3)
    return qdq(y, d.r.choice(("uint8", "int8"))) if d.chance(0.7) else y


def dequantised_weights(d, shape, out, size):
    """Weights of 8 bits as real numbers of about `size`; scales for all, for each index of axis `out`, or in blocks along the other one."""
    dtype = d.r.choice(("int8", "uint8"))
    q = d.constant(d.array(shape, dtype, *((-128, 127) if dtype == "int8" else (0, 255))))
    made, scales = {}, ()
    if d.opset >= 21 and len(shape) == 2 and d.chance(0.4):
        made = {"axis": 1 - out, "block_size": d.r.choice((4, 16, 32))}
        scales = tuple(-(-n // made["block_size"]) if i == 1 - out else n for i, n in enumerate(shape))
    elif d.chance(0.7):
        made, scales = {"axis": out}, (shape[out],)
    inputs = [q, d.constant(d.n.uniform(0.5, 1, scales).astype(np.float32) * np.float32(size / 200))]
    if dtype == "uint8" or d.chance(0.4):
        inputs.append(d.constant(d.n.integers(*((-30, 31) if dtype == "int8" else (100, 156)), scales).astype(dtype)))
    return d.add("DequantizeLinear", inputs, shape, "float32", -2 * size, 2 * size, **made)


@pattern(5)
def weights_of_8_bits(d):
    """Products in float32 whose weights alone are quantised."""
    if d.float != "float32" or d.opset < 13:
        raise Rejected("no such network")
    if d.chance(0.4):
        x = d.floating(dtype="float32", rank=d.r.choice((2, 3)))
        k, n = x.shape[-1], d.size(33)
        turned = d.chance(0.5)
        w = dequantised_weights(d, (n, k) if turned else (k, n), 0 if turned else 1, 1 / math.sqrt(k))
        bound = 4 * math.sqrt(k) * x.size + 1
        if turned and x.rank == 2 and d.chance(0.5):
            return d.add("Gemm", [x, w, d.weights(n)], (x.shape[0], n), low=-bound - 9, high=bound + 9, transB=1)
        if turned:
            w = d.add("Transpose", [w], (k, n), low=w.low, high=w.high, perm=[1, 0])
        y = d.add("MatMul", [x, w], (*x.shape[:-1], n), low=-bound, high=bound)
    else:
        x = picture(d, rank=4)
        c, kernel = x.shape[1], d.r.choice((1, 3))
        group = d.r.choice((1, 1, c))
        m = group * d.r.choice((1, 2) if group > 1 else (1, 4, 17, 40))
        if m * (c // group) * kernel**2 * x.elements // c > 1e6:
            raise Rejected("too large")
        w = dequantised_weights(d, (m, c // group, kernel, kernel), 0, 1 / (kernel * math.sqrt(c // group)))
        bound = 4 * kernel * math.sqrt(c // group) * x.size + 1
        y = d.add("Conv", [x, w], (x.shape[0], m, *x.shape[2:]), low=-bound, high=bound, pads=[kernel // 2] * 4, group=group)
        if d.chance(0.4):
            y = batch_norm(d, "BatchNormalization", y)
    return activation(d, y) if d.chance(0.4) else y


@pattern(2)
def head(d):
    x = picture(d, rank=4)
    n, c = x.shape[:2]
    y = d.add("GlobalAveragePool", [x], (n, c, 1, 1), low=x.low, high=x.high)
    y = d.add("Flatten", [y], (n, c), low=x.low, high=x.high)
    y = gemm(d, "Gemm", y) if n == 1 else d.add("Gemm", [y, d.weights(5, c), d.weights(5)], (n, 5), low=-9 * x.size, high=9 * x.size, transB=1)
    return softmax(d, "Softmax", d.squash(y)) if d.chance(0.4) else y


@pattern(2)
def shared_constant(d):
    """One constant that several nodes read, each in its own way."""
    x = d.floating(rank=4)
    w = d.constant(d.array((x.shape[1], 1, 1), d.float, 0.5, 1.5))
    y = d.add("Mul", [x, w], x.shape, low=-2 * x.size, high=2 * x.size)
    y = d.add("Add", [y, w], x.shape, low=-2 * x.size - 2, high=2 * x.size + 2)
    y = activation(d, y) if d.chance(0.5) else y
    return d.add("Div", [y, w], x.shape, low=-2 * y.size, high=2 * y.size)


@pattern(3)
def turned_chain(d):
    """Transposes around elementwise nodes, some of which cancel."""
    x = picture(d, rank=4)
    order = d.r.choice(([0, 2, 3, 1], [0, 3, 1, 2], [1, 0, 2, 3], [3, 2, 1, 0]))
    y = d.add("Transpose", [x], tuple(x.shape[a] for a in order), perm=order, low=x.low, high=x.high)
    for _ in range(d.r.randint(1, 3)):
        y = activation(d, y)
        if y.size > 1e4:
            y = d.squash(y)
        if d.chance(0.4):
            y = d.add("Mul", [y, d.constant(d.array(y.shape[-1:], d.float, 0.5, 1.5))], y.shape, low=-2 * y.size, high=2 * y.size)
    back = list(np.argsort(order)) if d.chance(0.7) else d.r.sample(range(4), 4)
    return d.add("Transpose", [y], tuple(y.shape[int(a)] for a in back), perm=[int(a) for a in back], low=y.low, high=y.high)
