# SPDX-License-Identifier: Apache-2.0
"""Random calls on every integer type: arithmetic, comparisons, reductions, casts and quantisation."""

from __future__ import annotations

import ml_dtypes
import numpy as np
from call import Call, floats, pick, shape_of, some_attributes
from onnx import TensorProto

SIGNED = (np.int8, np.int16, np.int32, np.int64)
UNSIGNED = (np.uint8, np.uint16, np.uint32, np.uint64)
INTEGERS = SIGNED + UNSIGNED
NARROW = (ml_dtypes.int4, ml_dtypes.uint4, ml_dtypes.int2, ml_dtypes.uint2)
ONNX = {
    np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE, np.float16: TensorProto.FLOAT16,
    np.bool_: TensorProto.BOOL, np.int8: TensorProto.INT8, np.int16: TensorProto.INT16, np.int32: TensorProto.INT32,
    np.int64: TensorProto.INT64, np.uint8: TensorProto.UINT8, np.uint16: TensorProto.UINT16,
    np.uint32: TensorProto.UINT32, np.uint64: TensorProto.UINT64,
}


def integers(rng, dtype, *shape):
    """Numbers of the whole range, and small ones."""
    limits = np.iinfo(dtype)
    wide = rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    small = rng.integers(max(limits.min, -9), 10, shape).astype(dtype)
    return np.where(rng.random(shape) < 0.5, wide, small)


def pair(op, opset, dtypes, not_zero=False, **attributes):
    def make(rng):
        shape = shape_of(rng, int(rng.integers(0, 4)))
        dtype = pick(rng, *dtypes)
        a, b = integers(rng, dtype, *shape), integers(rng, dtype, *shape[int(rng.integers(0, 2)):])
        if not_zero:
            b = np.where(b == 0, dtype(1), b)
            lowest = np.iinfo(dtype).min
            a = np.where(a == lowest, dtype(lowest + 1), a)  # the lowest number / -1 has no answer
        return Call(op, opset, [a, b], attributes)

    return make


def one(op, opset, dtypes):
    def make(rng):
        return Call(op, opset, [integers(rng, pick(rng, *dtypes), *shape_of(rng, int(rng.integers(0, 4))))])

    return make


def reduction(op, opset, dtypes):
    def make(rng):
        dtype = pick(rng, *dtypes)
        x = integers(rng, dtype, *shape_of(rng, 3))
        if op not in ("ReduceMax", "ReduceMin"):  # what does not fit the type is not defined
            x = (x % dtype(9)).astype(dtype)
        axes = np.array([int(rng.integers(-3, 3))], np.int64)
        return Call(op, opset, [x, axes], some_attributes(rng, keepdims=int(rng.integers(2))), constants=(1,))

    return make


def power(rng):
    base = pick(rng, np.int32, np.int64, np.float32)
    exponent = pick(rng, *INTEGERS, np.float32)
    shape = shape_of(rng, 2)
    x = rng.integers(1, 5, shape).astype(base)
    return Call("Pow", 15, [x, rng.integers(0, 6, shape).astype(exponent)])


def clip(rng):
    dtype = pick(rng, *INTEGERS)
    low, high = sorted(integers(rng, dtype, 2))
    return Call("Clip", 13, [integers(rng, dtype, 3, 5), np.array(low, dtype), np.array(high, dtype)])


def arg_max(rng):
    x = integers(rng, pick(rng, *INTEGERS), *shape_of(rng, 3))
    return Call(pick(rng, "ArgMax", "ArgMin"), 13, [x], some_attributes(rng, axis=int(rng.integers(-3, 3)), select_last_index=1))


def top_k(rng):
    x = rng.permutation(np.arange(12)).reshape(3, 4).astype(pick(rng, *INTEGERS))
    k = np.array([int(rng.integers(1, 4))], np.int64)
    return Call("TopK", 24, [x, k], some_attributes(rng, axis=-1, largest=int(rng.integers(2))), 2, constants=(1,))


def product(rng):
    dtype = pick(rng, np.int32, np.int64, np.uint32, np.uint64)
    return Call("MatMul", 13, [integers(rng, dtype, 3, 4), integers(rng, dtype, 4, 2)])


def running_sum(rng):
    dtype = pick(rng, np.int32, np.int64, np.uint32, np.uint64)
    attributes = some_attributes(rng, reverse=int(rng.integers(2)), exclusive=int(rng.integers(2)))
    return Call("CumSum", 14, [integers(rng, dtype, 3, 4), np.array(1, np.int64)], attributes, constants=(1,))


def arange(rng):
    dtype = pick(rng, np.int16, np.int32, np.int64, np.float32, np.float64)
    delta = int(pick(rng, -3, -1, 1, 2))
    return Call("Range", 11, [np.array(v, dtype) for v in (int(rng.integers(-9, 9)), int(rng.integers(-9, 9)), delta)],
                constants=(0, 1, 2))


def one_hot(rng):
    indices = rng.integers(0, 5, shape_of(rng, 2)).astype(pick(rng, np.int32, np.int64, np.uint8, np.int16, np.uint64))
    values = integers(rng, pick(rng, *INTEGERS), 2)
    return Call("OneHot", 11, [indices, np.array(5, pick(rng, np.int64, np.uint16, np.float32)), values],
                some_attributes(rng, axis=pick(rng, -1, 0, 1)), constants=(1,))


def cast(rng):
    source, target = pick(rng, *ONNX), pick(rng, *ONNX)
    if source is np.bool_:
        x = rng.random((3, 4)) < 0.5
    elif np.issubdtype(source, np.floating):
        x = rng.uniform(0, 100, (3, 4)).astype(source)  # what does not fit an integer has no one answer
    else:
        x = integers(rng, source, 3, 4)
    if np.issubdtype(source, np.integer) and target is np.float16:
        x = (x % source(100)).astype(source)
    return Call("Cast", 19, [x], {"to": int(ONNX[target])})


def moved(rng):
    """Movement of every type: by the size of an element."""
    dtype = pick(rng, *INTEGERS)
    x = integers(rng, dtype, 2, 3, 4)
    return pick(
        rng,
        Call("Transpose", 23, [x], {"perm": [int(v) for v in rng.permutation(3)]}),
        Call("Concat", 13, [x, x], {"axis": int(rng.integers(-3, 3))}),
        Call("Gather", 13, [x, np.array([1, 0], np.int64)], {"axis": 1}),
        Call("Tile", 13, [x, np.array([1, 2, 1], np.int64)], constants=(1,)),
        Call("Expand", 13, [x, np.array([2, 2, 3, 4], np.int64)], constants=(1,)),
        Call("Pad", 21, [x, np.array([0, 1, 0, 0, 0, 2], np.int64), np.array(7, dtype)], constants=(1,)),
        Call("Slice", 13, [x, np.array([1], np.int64), np.array([3], np.int64), np.array([2], np.int64)], constants=(1, 2, 3)),
        Call("Where", 16, [x > dtype(3), x, x[::-1].copy()]),
        Call("Trilu", 14, [x]),
        Call("Reshape", 21, [x, np.array([4, -1], np.int64)], constants=(1,)),
    )


def scatter(rng):
    dtype = pick(rng, *INTEGERS)
    reduction_name = pick(rng, "none", "add", "mul", "max", "min")
    return Call("ScatterElements", 18, [integers(rng, dtype, 3, 4), np.array([[0, 2], [1, 1]], np.int64), integers(rng, dtype, 2, 2)],
                {"axis": int(rng.integers(-2, 2)), "reduction": reduction_name})


def quantised(rng):
    """From float32 and back."""
    dtype = pick(rng, np.uint8, np.int8, np.uint16, np.int16)
    limits = np.iinfo(dtype)
    axis = int(rng.integers(-3, 3))
    x = floats(rng, 4, 4, 4) * 100
    granularity = pick(rng, "tensor", "axis", "block")
    attributes = {} if granularity == "tensor" else {"axis": axis}
    shape = {"tensor": (), "axis": (4,)}.get(granularity)
    if shape is None:
        attributes["block_size"] = 2
        shape = tuple(2 if i == axis % 3 else 4 for i in range(3))
    scale = rng.uniform(0.01, 2, shape).astype(np.float32)
    zero = rng.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    if rng.random() < 0.5:
        return Call("QuantizeLinear", 21, [x, scale, zero], attributes)
    q = rng.integers(limits.min, limits.max, x.shape, endpoint=True).astype(dtype)
    return Call("DequantizeLinear", 21, [q, scale, zero], attributes)


def quantised_narrow(rng):
    """4 and 2 bits, which the model holds: their tensors are packed there."""
    dtype = pick(rng, *NARROW)
    limits = ml_dtypes.iinfo(dtype)
    block = pick(rng, 0, 2, 3)
    q = rng.integers(int(limits.min), int(limits.max) + 1, (5, 6)).astype(dtype)
    axis = int(rng.integers(0, 2))
    shape = () if block == 0 else tuple(-(-n // block) if i == axis else n for i, n in enumerate((5, 6)))
    scale = rng.uniform(0.01, 2, shape).astype(np.float32)
    zero = rng.integers(int(limits.min), int(limits.max) + 1, shape).astype(dtype)
    attributes = {"axis": axis, "block_size": block} if block else {}
    return Call("DequantizeLinear", 25, [q, scale, zero], attributes, constants=(0, 2))


GENERATORS = {
    **{f"{op} of integers": pair(op, 14, INTEGERS) for op in ("Add", "Sub", "Mul")},
    "Div of integers": pair("Div", 14, INTEGERS, not_zero=True),
    "Mod of integers": pair("Mod", 13, INTEGERS, not_zero=True),
    "fmod of integers": pair("Mod", 13, INTEGERS, not_zero=True, fmod=1),
    **{f"{op} of integers": pair(op, 13, INTEGERS) for op in ("Min", "Max", "Less", "Greater", "Equal")},
    **{f"{op} of integers": pair(op, 16, INTEGERS) for op in ("LessOrEqual", "GreaterOrEqual")},
    **{f"{op} of integers": pair(op, 18, INTEGERS) for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")},
    **{f"{op} of integers": one(op, 13, INTEGERS) for op in ("Abs", "Sign")},
    "Neg of integers": one("Neg", 13, SIGNED),
    "Relu of integers": one("Relu", 14, SIGNED),
    "BitwiseNot of integers": one("BitwiseNot", 18, INTEGERS),
    **{f"{op} of integers": reduction(op, 18, (np.int32, np.int64, np.uint32, np.uint64))
       for op in ("ReduceL1", "ReduceMean", "ReduceProd")},
    # The reference evaluator gives the unsigned ones another type.
    "ReduceSumSquare of integers": reduction("ReduceSumSquare", 18, (np.int32, np.int64)),
    "ReduceSum of integers": reduction("ReduceSum", 13, (np.int32, np.int64, np.uint32, np.uint64)),
    **{f"{op} of integers": reduction(op, 20, (np.int8, np.uint8, np.int32, np.int64, np.uint32, np.uint64))
       for op in ("ReduceMax", "ReduceMin")},
    "Pow of integers": power,
    "Clip of integers": clip,
    "ArgMax of integers": arg_max,
    "TopK of integers": top_k,
    "MatMul of integers": product,
    "CumSum of integers": running_sum,
    "Range of integers": arange,
    "OneHot of integers": one_hot,
    "Cast": cast,
    "movement of integers": moved,
    "ScatterElements of integers": scatter,
    "quantisation": quantised,
    "quantisation to 4 and 2 bits": quantised_narrow,
}
