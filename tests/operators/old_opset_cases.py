# SPDX-License-Identifier: Apache-2.0
"""Random calls in opsets 1 to 6, where operators had other attributes and broadcasting had an axis.

The runtimes of today no longer have the old operators, or take them for the new ones. So the judges get the same call in
a newer opset.
"""

from __future__ import annotations

import numpy as np
from call import Call, floats, pick, shape_of, some_attributes


def pair(rng):
    x = floats(rng, *shape_of(rng, 4)) if rng.random() < 0.8 else floats(rng, 2, 3)
    axis = int(rng.integers(0, x.ndim))
    length = int(rng.integers(1, x.ndim - axis + 1))
    b = floats(rng, *x.shape[axis : axis + length]) + np.float32(3)
    op = pick(rng, "Add", "Sub", "Mul", "Div")
    aligned = b.reshape(b.shape + (1,) * (x.ndim - axis - length))
    constants = (1,) if rng.random() < 0.5 else ()
    return Call(op, pick(rng, 1, 6), [x, b], {"broadcast": 1, "axis": axis}, constants=constants,
                newer=Call(op, 14, [x, aligned]))


def comparison(rng):
    x = floats(rng, 2, 3, 4)
    b = floats(rng, 3)
    op = pick(rng, "Less", "Greater")
    return Call(op, 1, [x, b], {"broadcast": 1, "axis": 1}, newer=Call(op, 13, [x, b.reshape(3, 1)]))


def logic(rng):
    x, b = rng.random((2, 3, 4)) < 0.5, rng.random((2, 3)) < 0.5
    op = pick(rng, "And", "Or", "Xor")
    return Call(op, 1, [x, b], {"broadcast": 1, "axis": 0}, newer=Call(op, 7, [x, b.reshape(2, 3, 1)]))


def power(rng):
    x = np.abs(floats(rng, 2, 3, 4))
    b = floats(rng, 3)
    return Call("Pow", 1, [x, b], {"broadcast": 1, "axis": 1}, newer=Call("Pow", 15, [x, b.reshape(3, 1)]))


def prelu(rng):
    x = floats(rng, 2, 3, 4, 5)
    slope = floats(rng, pick(rng, 1, 3))
    newer = Call("PRelu", 16, [x, slope if slope.size == 1 else slope.reshape(3, 1, 1)])
    return Call("PRelu", pick(rng, 1, 6), [x, slope], constants=(1,), newer=newer)


def cast(rng):
    x = floats(rng, 2, 3) * 10
    name, number = pick(rng, ("INT32", 6), ("FLOAT", 1), ("BOOL", 9))
    return Call("Cast", 1, [x], {"to": name}, newer=Call("Cast", 13, [x], {"to": number}))


def concat(rng):
    x, y = floats(rng, 2, 3), floats(rng, 2, 4)
    return Call("Concat", 1, [x, y], newer=Call("Concat", 13, [x, y], {"axis": 1}))


def pad(rng):
    x = floats(rng, 2, 3, 4)
    pads = [int(v) for v in rng.integers(0, 3, 6)]
    mode = pick(rng, "constant", "edge")
    newer = Call("Pad", 10, [x], {"pads": pads, "mode": mode})
    return Call("Pad", 1, [x], {"paddings": pads, "mode": mode}, newer=newer)


def reshape(rng):
    x = floats(rng, 2, 3, 4)
    shape = pick(rng, [0, -1], [4, 6], [-1], [2, 0, 2, 2])
    return Call("Reshape", 1, [x], {"shape": shape},
                newer=Call("Reshape", 13, [x, np.array(shape, np.int64)], constants=(1,)))


def split(rng):
    x = floats(rng, 2, 6)
    sizes = pick(rng, [2, 4], [1, 5])
    newer = Call("Split", 13, [x, np.array(sizes, np.int64)], {"axis": 1}, 2, constants=(1,))
    if rng.random() < 0.5:
        return Call("Split", 1, [x, np.array(sizes, np.float32)], {"axis": 1}, 2, constants=(1,), newer=newer)
    return Call("Split", 1, [x], {"axis": 1, "split": sizes}, 2, newer=newer)


def tile(rng):
    x = floats(rng, 2, 3, 4)
    axis, tiles = int(rng.integers(0, 3)), int(rng.integers(1, 4))
    repeats = np.array([tiles if i == axis else 1 for i in range(3)], np.int64)
    return Call("Tile", 1, [x, np.array(tiles, np.float32), np.array(axis, np.float32)], constants=(1, 2),
                newer=Call("Tile", 13, [x, repeats], constants=(1,)))


def upsample(rng):
    x = floats(rng, 1, 2, 3, 4)
    height, width = pick(rng, (2.0, 3.0), (1.0, 2.0))
    mode, newer_mode = pick(rng, ("nearest", "nearest"), ("bilinear", "linear"))
    newer = Call("Upsample", 9, [x, np.array([1, 1, height, width], np.float32)], {"mode": newer_mode}, constants=(1,))
    if rng.random() < 0.5:
        return Call("Upsample", 1, [x], {"height_scale": height, "width_scale": width, "mode": mode}, newer=newer)
    return Call("Upsample", 7, [x], {"scales": [1.0, 1.0, height, width], "mode": newer_mode}, newer=newer)


def selu(rng):
    x = floats(rng, 2, 3)
    opset = pick(rng, 1, 6)
    old = {"alpha": 1.6732, "gamma": 1.0507} if opset == 1 else {}
    attributes = {"consumed_inputs": [0]} if opset == 1 and rng.random() < 0.5 else {}
    return Call("Selu", opset, [x], attributes, newer=Call("Selu", 6, [x], old))


def gemm(rng):
    a, b = floats(rng, 3, 4), floats(rng, 4, 5)
    c = floats(rng, *pick(rng, (5,), (1, 5), (3, 5)))
    attributes = some_attributes(rng, alpha=0.5, beta=2.0)
    old = attributes | ({"broadcast": 1} if c.shape != (3, 5) else {})
    return Call("Gemm", pick(rng, 1, 6), [a, b, c], old, constants=(1, 2), newer=Call("Gemm", 13, [a, b, c], attributes))


def batch_normalization(rng):
    x = floats(rng, 2, 3, 4, 5)
    parameters = [floats(rng, 3), floats(rng, 3), floats(rng, 3), np.abs(floats(rng, 3)) + np.float32(0.1)]
    opset = pick(rng, 1, 6)
    old = {"is_test": 1, "epsilon": 1e-3} | ({"consumed_inputs": [0, 0, 0, 1, 1]} if opset == 1 else {})
    return Call("BatchNormalization", opset, [x, *parameters], old, constants=(1, 2, 3, 4),
                newer=Call("BatchNormalization", 15, [x, *parameters], {"epsilon": 1e-3}))


def dropout(rng):
    x = floats(rng, 2, 3)
    return Call("Dropout", pick(rng, 1, 6), [x], {"is_test": 1, "ratio": 0.3}, newer=Call("Identity", 13, [x]))


GENERATORS = {
    f"{make.__name__.replace('_', ' ')} of opsets 1 to 6": make
    for make in (pair, comparison, logic, power, prelu, cast, concat, pad, reshape, split, tile, upsample, selu, gemm,
                 batch_normalization, dropout)
}
