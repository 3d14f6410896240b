# SPDX-License-Identifier: Apache-2.0
"""Productions of operators that compute each element by itself."""

import math

import numpy as np

from draft import FLOATS, ONNX_TYPE, Rejected, broadcast, numpy_type
from productions import production

# Function: what its argument must be within, and what its result is within.
FUNCTIONS = {
    "Acos": (-0.99, 0.99, 0, 3.2), "Asin": (-0.99, 0.99, -1.6, 1.6), "Acosh": (1.01, 1e3, 0, 8), "Atanh": (-0.95, 0.95, -2, 2),
    "Asinh": (-1e3, 1e3, -8, 8), "Atan": (-1e3, 1e3, -1.6, 1.6), "Cos": (-50, 50, -1, 1), "Sin": (-50, 50, -1, 1), "Tan": (-1.4, 1.4, -6, 6),
    "Cosh": (-6, 6, 1, 210), "Sinh": (-6, 6, -210, 210), "Erf": (-1e3, 1e3, -1, 1), "Exp": (-10, 8, 0, 3000), "Log": (0.01, 1e3, -5, 7),
    "Sigmoid": (-1e3, 1e3, 0, 1), "HardSigmoid": (-1e3, 1e3, 0, 1), "Softsign": (-1e3, 1e3, -1, 1), "Tanh": (-1e3, 1e3, -1, 1),
    "Sqrt": (0, 1e4, 0, 100), "Reciprocal": (0.05, 1e3, 0, 20),
}
# Those whose results are as large as their arguments.
RAMPS = ("Abs", "Neg", "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Softplus", "Mish", "HardSwish", "Gelu", "ThresholdedRelu", "Shrink", "Floor",
         "Ceil", "Round", "Sign", "Swish")
ATTRIBUTES = {"LeakyRelu": ("alpha",), "Elu": ("alpha",), "Selu": ("alpha", "gamma"), "Celu": ("alpha",), "ThresholdedRelu": ("alpha",),
              "Shrink": ("lambd", "bias"), "HardSigmoid": ("alpha", "beta"), "Swish": ("alpha",)}


def attributes_of(d, op):
    made = {name: round(d.r.uniform(0.1, 1.2), 3) for name in ATTRIBUTES.get(op, ()) if d.chance(0.6)}
    if op == "Gelu" and d.chance(0.5):
        made["approximate"] = d.r.choice(("none", "tanh"))
    return made


@production(*FUNCTIONS)
def function(d, op, x=None):
    low, high, least, most = FUNCTIONS[op]
    if x is None or x.low < low or x.high > high:
        x = d.floating(low=low, high=high) if x is None else d.clip(x, low, high)
    return d.add(op, [x], x.shape, low=least, high=most, **attributes_of(d, op))


@production(*RAMPS)
def ramp(d, op, x=None):
    x = x or d.floating()
    low = 0 if op in ("Abs", "Relu", "Softplus", "ThresholdedRelu") else -2 * x.size - 2
    return d.add(op, [x], x.shape, low=low, high=2 * x.size + 2, **attributes_of(d, op))


@production("Add", "Sub", "Mul", "Div")
def binary(d, op):
    if d.chance(0.12):
        return whole(d, op)
    a, b = two(d)
    if op == "Div":
        b = d.clip(b, 0.25, 8) if b.low < 0.25 else b
    shape = broadcast(a.shape, b.shape)
    if a.elements and math.prod(shape) > 2e4:
        raise Rejected("too large")
    size = {"Add": a.size + b.size, "Sub": a.size + b.size, "Mul": a.size * b.size, "Div": 4 * a.size}[op]
    pair = [a, b] if op == "Div" or d.chance(0.7) else [b, a]
    return d.add(op, pair, shape, low=-size, high=size)


def other_shape(d, shape):
    """One that broadcasts with `shape`: the same, a scalar, per channel, along an axis, of higher rank."""
    kind = d.r.random()
    if kind < 0.35 or not shape:
        return shape
    if kind < 0.5:
        return d.r.choice(((), (1,), (1,) * len(shape)))
    kept = [size if d.chance(0.5) else 1 for size in shape]
    if kind < 0.7 and len(shape) >= 3:
        kept = [1, shape[1]] + [1] * (len(shape) - 2)
    if kind < 0.8:
        kept = [1] * (len(shape) - 1) + [shape[-1]]
    if kind > 0.95 and len(shape) < 4:
        return (2, *shape)
    while len(kept) > 1 and kept[0] == 1 and d.chance(0.6):
        kept = kept[1:]
    return tuple(kept)


def two(d, dtype=None, **bounds):
    a = d.floating(dtype=dtype, **bounds)
    if d.chance(0.04):
        return a, a
    wanted = other_shape(d, a.shape)
    if d.chance(0.5):
        low = bounds.get("low", -2.0)
        return a, d.fresh(wanted, a.dtype, max(low, -2.0), max(low + 1, 2.0))
    def fits(value):
        try:
            return math.prod(broadcast(value.shape, a.shape)) <= 2e4
        except Rejected:
            return False
    return a, d.floating(shape=None if d.chance(0.5) else wanted, fits=fits, dtype=dtype, **bounds)


def whole(d, op):
    """Arithmetic of integers, which divide towards zero."""
    dtype = d.r.choice(("int32", "int64"))
    a = d.integers(dtype, low=-1000, high=1000)
    b = d.fresh(other_shape(d, a.shape), dtype, 1 if op == "Div" else -30, 30)
    size = {"Add": a.size + b.size, "Sub": a.size + b.size, "Mul": a.size * b.size, "Div": a.size}[op]
    return d.add(op, [a, b], broadcast(a.shape, b.shape), low=-size, high=size)


@production("Pow")
def power(d, op):
    if d.chance(0.6):
        x = d.floating(low=-30, high=30)
        exponent = d.r.choice((0, 1, 2, 3, -1, 0.5))
        if exponent in (-1, 0.5):
            x = d.clip(x, 0.1, 30)
        return d.add(op, [x, d.scalar(exponent)], x.shape, low=-3e4, high=3e4)
    a, b = two(d, low=0.1, high=4)
    return d.add(op, [a, b], broadcast(a.shape, b.shape), low=0, high=300)


@production("Mod", "BitShift")
def remainder(d, op):
    if op == "BitShift":
        dtype = d.r.choice(("uint8", "uint32", "uint64"))
        a = d.fresh(d.shape(), dtype, 0, 200)
        b = d.fresh(other_shape(d, a.shape), dtype, 0, 7)
        return d.add(op, [a, b], broadcast(a.shape, b.shape), low=0, high=255 if dtype == "uint8" else 2e5, direction=d.r.choice(("LEFT", "RIGHT")))
    if d.chance(0.5):
        a = d.floating(low=-50, high=50)
        b = d.fresh(other_shape(d, a.shape), a.dtype, 0.5, 3)
        return d.add(op, [a, b], broadcast(a.shape, b.shape), low=-3, high=3, fmod=1)
    a = d.integers(d.r.choice(("int32", "int64")), low=-1000, high=1000)
    b = d.fresh(other_shape(d, a.shape), a.dtype, 1, 30)
    return d.add(op, [a, b], broadcast(a.shape, b.shape), low=-30, high=30, fmod=d.r.choice((0, 1, None)))


@production("Max", "Min", "Mean", "Sum")
def variadic(d, op):
    values = list(two(d))
    if d.chance(0.3):
        values.append(d.fresh(other_shape(d, values[0].shape)))
    if d.chance(0.1):
        values = values[:1]
    size = sum(v.size for v in values)
    shape = broadcast(*(v.shape for v in values))
    if math.prod(shape) > 2e4:
        raise Rejected("too large")
    return d.add(op, values, shape, low=-size, high=size)


@production("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
def comparison(d, op):
    if d.chance(0.4):
        a = d.integers(d.r.choice(("int32", "int64")), low=-1000, high=1000)
        b = d.fresh(other_shape(d, a.shape), a.dtype, -3, 3)
    else:
        a, b = two(d)
        if op == "Equal" and d.opset < 11:
            raise Rejected("floats are compared since opset 11")
    return d.add(op, [a, b], broadcast(a.shape, b.shape), "bool", 0, 1)


@production("And", "Or", "Xor")
def logic(d, op):
    a = d.booleans()
    return d.add(op, [a, b := d.fresh(other_shape(d, a.shape), "bool", 0, 1)], broadcast(a.shape, b.shape), low=0, high=1)


@production("Not")
def negation(d, op):
    x = d.booleans()
    return d.add(op, [x], x.shape, low=0, high=1)


@production("BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot")
def bits(d, op):
    dtype = d.r.choice(("int32", "int64", "uint8", "int8"))
    least, most = (0, 200) if dtype == "uint8" else (-100, 100)
    a = d.fresh(d.shape(), dtype, least, most)
    b = [] if op == "BitwiseNot" else [d.fresh(other_shape(d, a.shape), dtype, least, most)]
    return d.add(op, [a, *b], broadcast(a.shape, *(v.shape for v in b)), low=0 if dtype == "uint8" else -256, high=255)


@production("IsInf", "IsNaN")
def classification(d, op):
    x = d.floating()
    with np.errstate(all="ignore"):
        made = d.array(x.shape, x.dtype, -2, 2)
        made.reshape(-1)[:1] = np.array(d.r.choice((np.inf, -np.inf, np.nan))).astype(made.dtype)
    y = d.constant(made) if d.chance(0.7) else x
    return d.add(op, [y], y.shape, "bool", 0, 1, **({"detect_negative": d.r.randint(0, 1)} if op == "IsInf" else {}))


@production("Clip")
def clip(d, op):
    x = d.floating()
    low, high = sorted((round(d.r.uniform(-3, 3), 2), round(d.r.uniform(-1, 6), 2)))
    sides = d.r.choice(("both", "both", "low", "high"))
    if d.opset < 11:
        made = {"low": dict(min=low), "high": dict(max=high), "both": dict(min=low, max=high)}[sides]
        return d.add(op, [x], x.shape, low=max(low, -x.size), high=x.size + 6, **made)
    inputs = [x, None if sides == "high" else d.scalar(low, x.dtype), None if sides == "low" else d.scalar(high, x.dtype)]
    while inputs[-1] is None:
        inputs.pop()
    return d.add(op, inputs, x.shape, low=-x.size - 3, high=x.size + 6)


@production("PRelu")
def prelu(d, op):
    x = d.floating(least=1)
    slope = d.fresh(d.r.choice((x.shape, (1,), x.shape[-1:], x.shape[1:2] + (1,) * (x.rank - 2) if x.rank > 1 else (1,))))
    return d.add(op, [x, slope], x.shape, low=-2 * x.size, high=2 * x.size)


@production("Cast", "CastLike", "BitCast")
def cast(d, op):
    if op == "BitCast":
        x = d.integers("int32", low=-1000, high=1000)
        return d.add(op, [x], x.shape, "uint32", 0, 2 ** 32, to=ONNX_TYPE["uint32"])
    source = d.r.choice(("float", "float", "int", "bool"))
    if source == "float":
        x = d.floating(low=-100, high=100)
        if d.chance(0.5):
            x = d.add("Floor", [x], x.shape, low=x.low - 1, high=x.high + 1)
        to = d.r.choice(("int32", "int64", "bool", "float32", "float64", "float16"))
    elif source == "int":
        x = d.integers(d.r.choice(("int32", "int64")), low=-100, high=100)
        to = d.r.choice(("int32", "int64", "bool", "int8", *FLOATS[:2]))
    else:
        x = d.booleans()
        to = d.r.choice(("int32", "int64", "float32", "uint8"))
    if d.opset < 13 and to == "bfloat16":
        raise Rejected("no bfloat16 before opset 13")
    low, high = (0, 1) if to == "bool" else (x.low, x.high)
    if op == "CastLike":
        like = d.constant(np.zeros((1,), numpy_type(to)))
        return d.add(op, [x, like], x.shape, to, low, high)
    return d.add(op, [x], x.shape, to, low, high, to=ONNX_TYPE[to])


@production("Where")
def where(d, op):
    a, b = two(d)
    condition = d.booleans(other_shape(d, broadcast(a.shape, b.shape)))
    shape = broadcast(condition.shape, a.shape, b.shape)
    if math.prod(shape) > 2e4:
        raise Rejected("too large")
    size = max(a.size, b.size)
    return d.add(op, [condition, a, b], shape, a.dtype, -size, size)


@production("Dropout", "Identity")
def nothing(d, op):
    x = d.floating()
    if op == "Identity":
        return d.add(op, [x], x.shape, low=x.low, high=x.high)
    outputs = [(x.shape, x.dtype, x.low, x.high)] + ([(x.shape, "bool", 0, 1)] if d.opset >= 12 and d.chance(0.3) else [])
    return d.add_many(op, [x], outputs)[0]
