# SPDX-License-Identifier: Apache-2.0
"""Productions of quantised operators. Scales are no powers of two, so that ties are rare."""

import math

import numpy as np

from draft import Rejected, broadcast
from elementwise import other_shape
from networks import window
from productions import MICROSOFT, production


def quantised(d, rank=None, shape=None, dtype=None):
    dtype = dtype or d.r.choice(("uint8", "uint8", "int8"))
    low, high = (0, 255) if dtype == "uint8" else (-128, 127)
    def fits(v):
        return v.dtype == dtype and v.rank > 0 and (rank is None or v.rank == rank) and (shape is None or v.shape == tuple(shape)) and v.high - v.low > 20
    return d.pick(fits, lambda: d.input(d.shape(rank) if shape is None else shape, dtype, low, high) if len(d.inputs) < 4 else
                  d.constant(d.array(d.shape(rank) if shape is None else shape, dtype, low, high)))


def scale(d, count=None, low=0.005, high=0.05):
    return d.constant(d.n.uniform(low, high, () if count is None else (count,)).astype(np.float32))


def zero(d, dtype, count=None):
    low, high = {"uint8": (100, 156), "int8": (-20, 20), "int32": (0, 0), "uint16": (3e4, 3.4e4), "int16": (-100, 100)}[dtype]
    return d.constant(d.n.integers(low, high + 1, () if count is None else (count,)).astype(dtype))


def bounds(dtype):
    return {"uint8": (0, 255), "int8": (-128, 127), "int32": (-2 ** 31, 2 ** 31), "int16": (-2 ** 15, 2 ** 15), "uint16": (0, 65535)}[dtype]


def quantise(d, x, dtype, axis=None, op="QuantizeLinear", domain=""):
    count = None if axis is None else x.shape[axis]
    inputs = [x, scale(d, count, 0.02, 0.08)]
    if d.chance(0.8) or dtype != "uint8":
        inputs.append(zero(d, dtype, count))
    return d.add(op, inputs, x.shape, dtype if len(inputs) > 2 else "uint8", *bounds(dtype), domain=domain, axis=axis)


@production("QuantizeLinear")
def quantize_linear(d, op, domain=""):
    x = d.floating(dtype="float32", least=1)
    axis = d.r.randrange(x.rank) if d.opset >= 13 and d.chance(0.3) else None
    return quantise(d, x, d.r.choice(("uint8", "int8")), axis, op, domain)


@production("DequantizeLinear")
def dequantize_linear(d, op, domain=""):
    dtype = d.r.choice(("uint8", "int8", "uint8", "int32"))
    x = d.fresh(d.shape(), dtype, -1000, 1000) if dtype == "int32" else quantised(d, dtype=dtype)
    axis = d.r.randrange(x.rank) if x.rank and (d.opset >= 13 or domain) and d.chance(0.3) else None
    count = None if axis is None else x.shape[axis]
    inputs = [x, scale(d, count)] + ([zero(d, dtype, count)] if d.chance(0.7) else [])
    return d.add(op, inputs, x.shape, "float32", -60, 60, domain=domain, axis=axis)


@production("QuantizeLinear", domain=MICROSOFT)
def microsoft_quantize(d, op):
    return quantize_linear(d, op, MICROSOFT)


@production("DequantizeLinear", domain=MICROSOFT)
def microsoft_dequantize(d, op):
    dtype = d.r.choice(("uint8", "int8"))
    x = quantised(d, dtype=dtype)
    return d.add(op, [x, scale(d), zero(d, dtype)], x.shape, "float32", -60, 60, domain=MICROSOFT)


@production("DynamicQuantizeLinear")
def dynamic_quantize(d, op):
    x = d.floating(dtype="float32", least=1)
    return d.add_many(op, [x], [(x.shape, "uint8", 0, 255), ((), "float32", 0, x.size), ((), "uint8", 0, 255)])[0]


def conv_parts(d, x):
    channels = x.shape[1]
    group = d.r.choice((1, 1, channels))
    filters = group * d.r.choice((1, 2) if group > 1 else (1, 3, 8, 17))
    made, sizes = window(d, x.shape[2:])
    if x.shape[0] * filters * math.prod(sizes) * channels // group * math.prod(made["kernel_shape"]) > 1e6:
        raise Rejected("too large")
    dtype = d.r.choice(("int8", "int8", "uint8"))
    w = d.constant(d.array((filters, channels // group, *made["kernel_shape"]), dtype, *((-100, 100) if dtype == "int8" else (0, 255))))
    return made | {"group": group}, w, (x.shape[0], filters, *sizes)


@production("QLinearConv")
def qlinear_conv(d, op):
    x = quantised(d, rank=d.r.choice((4, 4, 4, 3)))
    made, w, shape = conv_parts(d, x)
    count = shape[1] if d.chance(0.6) else None
    w_zero = d.constant(np.zeros(() if count is None else (count,), np.int8)) if w.dtype == "int8" else zero(d, "uint8", None)
    terms = math.prod(w.shape[1:])
    inputs = [x, scale(d), zero(d, x.dtype), w, scale(d, count), w_zero, scale(d, None, 0.02 * math.sqrt(terms), 0.06 * math.sqrt(terms)), zero(d, x.dtype)]
    if d.chance(0.6):
        inputs.append(d.constant(d.array((shape[1],), "int32", -3000, 3000)))
    return d.add(op, inputs, shape, x.dtype, *bounds(x.dtype), **made)


@production("ConvInteger")
def conv_integer(d, op):
    x = quantised(d, rank=4, dtype="uint8")
    made, w, shape = conv_parts(d, x)
    inputs = [x, w] + ([zero(d, x.dtype)] if d.chance(0.7) else [])
    return d.add(op, inputs, shape, "int32", -1e8, 1e8, **made)


def matrices(d):
    a = quantised(d, rank=d.r.choice((2, 2, 3)))
    columns = d.size(33)
    dtype = d.r.choice(("int8", "uint8"))
    b = d.constant(d.array((a.shape[-1], columns), dtype, *((-100, 100) if dtype == "int8" else (0, 255))))
    if math.prod(a.shape) * columns > 1e6:
        raise Rejected("too large")
    return a, b, (*a.shape[:-1], columns)


@production("MatMulInteger")
def matmul_integer(d, op):
    a, b, shape = matrices(d)
    inputs = [a, b] + ([zero(d, a.dtype), zero(d, b.dtype)] if d.chance(0.6) else [])
    return d.add(op, inputs, shape, "int32", -1e8, 1e8)


@production("QLinearMatMul")
def qlinear_matmul(d, op):
    a, b, shape = matrices(d)
    size = math.sqrt(a.shape[-1])
    inputs = [a, scale(d), zero(d, a.dtype), b, scale(d), zero(d, b.dtype), scale(d, None, 0.02 * size, 0.06 * size), zero(d, a.dtype)]
    return d.add(op, inputs, shape, a.dtype, *bounds(a.dtype))


@production("QGemm", domain=MICROSOFT)
def qgemm(d, op):
    a, b, shape = matrices(d)
    if a.rank != 2:
        raise Rejected("no matrix")
    size = math.sqrt(a.shape[-1])
    inputs = [a, scale(d), zero(d, a.dtype), b, scale(d), zero(d, b.dtype), d.constant(d.array((shape[1],), "int32", -3000, 3000)) if d.chance(0.6) else None,
              scale(d, None, 0.02 * size, 0.06 * size), zero(d, a.dtype)]
    return d.add(op, inputs, shape, a.dtype, *bounds(a.dtype), domain=MICROSOFT, alpha=1.0)


@production("MatMulIntegerToFloat", domain=MICROSOFT)
def matmul_integer_to_float(d, op):
    a, b, shape = matrices(d)
    inputs = [a, b, scale(d), scale(d), zero(d, a.dtype), zero(d, b.dtype)] + ([d.weights(shape[-1], dtype="float32")] if d.chance(0.5) else [])
    return d.add(op, inputs, shape, "float32", -1e4, 1e4, domain=MICROSOFT)


@production("DynamicQuantizeMatMul", domain=MICROSOFT)
def dynamic_quantize_matmul(d, op):
    a = d.floating(dtype="float32", rank=2)
    columns = d.size(33)
    b = d.constant(d.array((a.shape[-1], columns), "int8", -100, 100))
    inputs = [a, b, scale(d), d.constant(np.int8(0))]
    return d.add(op, inputs, (a.shape[0], columns), "float32", -1e4, 1e4, domain=MICROSOFT)


@production("QLinearAdd", "QLinearMul", domain=MICROSOFT)
def qlinear_binary(d, op):
    a = quantised(d)
    b = d.constant(d.array(other_shape(d, a.shape), a.dtype, *bounds(a.dtype)))
    shape = broadcast(a.shape, b.shape)
    return d.add(op, [a, scale(d), zero(d, a.dtype), b, scale(d), zero(d, a.dtype), scale(d), zero(d, a.dtype)], shape, a.dtype, *bounds(a.dtype), domain=MICROSOFT)


@production("QLinearSigmoid", "QLinearLeakyRelu", domain=MICROSOFT)
def qlinear_unary(d, op):
    x = quantised(d)
    return d.add(op, [x, scale(d), zero(d, x.dtype), scale(d), zero(d, x.dtype)], x.shape, x.dtype, *bounds(x.dtype), domain=MICROSOFT,
                 alpha=0.1 if "Leaky" in op else None)


# The scale is the one that ONNX Runtime's quantiser writes; of others its kernel takes the whole part of the reciprocal.
@production("QLinearSoftmax", domain=MICROSOFT)
def qlinear_softmax(d, op):
    x = quantised(d)
    return d.add(op, [x, scale(d), zero(d, x.dtype), d.constant(np.float32(1 / 256)), zero(d, x.dtype) if x.dtype == "int8" else d.constant(np.uint8(0))],
                 x.shape, x.dtype, *bounds(x.dtype), domain=MICROSOFT, axis=-1, opset=13)


@production("QLinearConcat", domain=MICROSOFT)
def qlinear_concat(d, op):
    a = quantised(d)
    axis = d.r.randrange(a.rank)
    b = d.constant(d.array(a.shape, a.dtype, *bounds(a.dtype)))
    shape = list(a.shape)
    shape[axis] *= 2
    inputs = [scale(d), zero(d, a.dtype), a, scale(d), zero(d, a.dtype), b, scale(d), zero(d, a.dtype)]
    return d.add(op, inputs, shape, a.dtype, *bounds(a.dtype), domain=MICROSOFT, axis=axis)


@production("QLinearAveragePool", "QLinearGlobalAveragePool", domain=MICROSOFT)
def qlinear_pool(d, op):
    x = quantised(d, rank=4)
    inputs = [x, scale(d), zero(d, x.dtype), scale(d), zero(d, x.dtype)]
    if "Global" in op:
        return d.add(op, inputs, (*x.shape[:2], 1, 1), x.dtype, *bounds(x.dtype), domain=MICROSOFT, channels_last=0)
    made, sizes = window(d, x.shape[2:], dilates=False)
    if "pads" in made and any(p >= k for p, k in zip(made["pads"], made["kernel_shape"] * 2)):
        raise Rejected("padding as large as the window")
    return d.add(op, inputs, (*x.shape[:2], *sizes), x.dtype, *bounds(x.dtype), domain=MICROSOFT, count_include_pad=d.r.randint(0, 1), **made)
