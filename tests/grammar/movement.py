# SPDX-License-Identifier: Apache-2.0
"""Productions of operators that move elements, and of those that make them from shapes."""

import math

import numpy as np
from onnx import numpy_helper

from draft import MOST_ELEMENTS, Rejected
from productions import production


def moved(d, op, inputs, shape, x, **attributes):
    return d.add(op, inputs, shape, x.dtype, x.low, x.high, **attributes)


def anything(d, **options):
    """Mostly floats; integers and booleans move, too."""
    if d.chance(0.85):
        return d.floating(**options)
    rank = options.get("rank", d.r.randint(max(options.get("least", 1), 1), 4))
    return d.fresh(d.shape(rank), d.r.choice(("int64", "int32", "bool", "uint8")), 0, 1)


def axes_input(d, op, axes, since=13):
    """Axes as an input, or as an attribute in older opsets."""
    return ([d.ints(*axes)], {}) if d.opset >= since else ([], {"axes": list(axes)})


@production("Reshape")
def reshape(d, op):
    x = anything(d)
    factors = []
    rest = x.elements
    if rest == 0:
        raise Rejected("empty")
    for _ in range(d.r.randint(0, 4)):
        f = d.r.choice([k for k in range(1, min(rest, 64) + 1) if rest % k == 0])
        factors.append(f)
        rest //= f
    shape = (*factors, rest) if rest > 1 or not factors else tuple(factors)
    stated = list(shape)
    for axis, size in enumerate(stated):
        if axis < x.rank and x.shape[axis] == size and d.chance(0.3):
            stated[axis] = 0
    if d.chance(0.4):
        stated[d.r.randrange(len(stated))] = -1
    return moved(d, op, [x, d.ints(*stated)], shape, x)


@production("Flatten")
def flatten(d, op):
    x = anything(d)
    axis = d.r.randint(0, x.rank)
    shape = (math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))
    stated = axis - x.rank if d.opset >= 11 and axis < x.rank and d.chance(0.3) else axis
    return moved(d, op, [x], shape, x, axis=stated)


@production("Squeeze")
def squeeze(d, op):
    x = anything(d, least=1, fits=lambda v: 1 in v.shape)
    if 1 not in x.shape:
        raise Rejected("nothing to squeeze")
    ones = [a for a, size in enumerate(x.shape) if size == 1]
    axes = sorted(d.r.sample(ones, d.r.randint(1, len(ones))))
    if d.chance(0.15):
        return moved(d, op, [x], tuple(s for s in x.shape if s != 1), x)
    inputs, attributes = axes_input(d, op, axes)
    return moved(d, op, [x, *inputs], tuple(s for a, s in enumerate(x.shape) if a not in axes), x, **attributes)


@production("Unsqueeze")
def unsqueeze(d, op):
    x = anything(d, most=4)
    rank = x.rank + d.r.randint(1, 5 - x.rank)
    axes = sorted(d.r.sample(range(rank), rank - x.rank))
    left = list(x.shape)
    shape = tuple(1 if a in axes else left.pop(0) for a in range(rank))
    if d.opset >= 11 and d.chance(0.3):
        axes = [a - rank for a in axes]
    inputs, attributes = axes_input(d, op, axes)
    return moved(d, op, [x, *inputs], shape, x, **attributes)


@production("Transpose")
def transpose(d, op):
    x = anything(d, least=1)
    order = list(range(x.rank))
    if d.chance(0.1):
        return moved(d, op, [x], x.shape[::-1], x)
    if x.rank == 4 and d.chance(0.5):
        order = d.r.choice(([0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2]))
    else:
        d.r.shuffle(order)
    return moved(d, op, [x], tuple(x.shape[a] for a in order), x, perm=order)


@production("Concat")
def concat(d, op):
    x = anything(d, least=1)
    axis = d.axis(x.rank)
    values = [x]
    for _ in range(d.r.randint(0, 3)):
        wanted = list(x.shape)
        wanted[axis] = d.size(8)
        values.append(x if d.chance(0.2) else d.pick(lambda v, wanted=wanted: v.dtype == x.dtype and v.rank == x.rank and all(
            a == axis % x.rank or s == x.shape[a] for a, s in enumerate(v.shape)), lambda wanted=wanted: d.fresh(wanted, x.dtype, max(x.low, 0), max(x.low, 0) + 1)))
    shape = list(x.shape)
    shape[axis] = sum(v.shape[axis] for v in values)
    if math.prod(shape) > 2e4:
        raise Rejected("too large")
    return d.add(op, values, shape, x.dtype, min(v.low for v in values), max(v.high for v in values), axis=axis)


@production("Split")
def split(d, op):
    x = anything(d, least=1, fits=lambda v: max(v.shape) > 1)
    axis = d.axis(x.rank)
    size = x.shape[axis]
    if size < 2:
        raise Rejected("nothing to split")
    cuts = sorted(d.r.sample(range(1, size), d.r.randint(1, min(3, size - 1))))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, size])]
    attributes, inputs = {"axis": axis}, [x]
    equal = [k for k in (2, 3, 4) if size % k == 0]
    if equal and d.chance(0.4):
        sizes = [size // equal[0]] * equal[0]
        if d.opset >= 18:
            attributes["num_outputs"] = equal[0]
    elif d.opset >= 13:
        inputs.append(d.ints(*sizes))
    else:
        attributes["split"] = sizes
    shapes = [x.shape[:axis % x.rank] + (s,) + x.shape[axis % x.rank + 1:] for s in sizes]
    return d.add_many(op, inputs, [(shape, x.dtype, x.low, x.high) for shape in shapes], **attributes)[0]


@production("Slice")
def slice_(d, op):
    x = anything(d, least=1)
    axes = d.axes(x.rank)
    starts, ends, steps, shape = [], [], [], list(x.shape)
    for a in axes:
        size = x.shape[a]
        step = d.r.choice((1, 1, 1, 2, 3, -1, -2)) if d.opset >= 10 else 1
        first, last = sorted((d.r.randint(0, size - 1), d.r.randint(0, size - 1)))
        if step > 0:
            start, end = first, last + 1
            if end == size and d.chance(0.4):
                end = 2 ** 31 - 1
            elif d.chance(0.3):
                end -= size if end < size else 0
            shape[a] = len(range(size)[start:last + 1:step])
        else:
            start, end = last, first - 1
            shape[a] = len(range(last, first - 1, step))
            end = end if end >= 0 else -(2 ** 31) + 1
        if d.chance(0.3) and start < size:
            start -= size
        starts.append(start), ends.append(end), steps.append(step)
    if d.opset < 10:
        return moved(d, op, [x], shape, x, starts=starts, ends=ends, axes=axes)
    inputs = [x, d.ints(*starts), d.ints(*ends)]
    stated = [a - x.rank if d.chance(0.3) else a for a in axes]
    if any(s != 1 for s in steps) or d.chance(0.3):
        inputs += [d.ints(*stated), d.ints(*steps)]
    elif axes != list(range(len(axes))) or d.chance(0.5):
        inputs.append(d.ints(*stated))
    return moved(d, op, inputs, shape, x)


@production("Pad")
def pad(d, op):
    x = anything(d, least=1)
    if x.dtype == "bool" or (d.opset < 11 and x.dtype not in ("float32", "float64", "float16")):
        raise Rejected("not of this type")
    mode = d.r.choice(("constant", "constant", "reflect", "edge") + (("wrap",) if d.opset >= 19 else ()))
    most = [3 if mode != "reflect" and mode != "wrap" else min(3, size - 1) for size in x.shape]
    before, after = ([d.r.randint(0, m) if d.chance(0.5) else 0 for m in most] for _ in range(2))
    if mode == "constant" and d.chance(0.2):
        a = d.r.randrange(x.rank)
        before[a] = -1 if x.shape[a] + after[a] > 2 else 0
    shape = tuple(s + b + e for s, b, e in zip(x.shape, before, after))
    if math.prod(shape) > 2e4 or (mode == "wrap" and min(before + after) < 0):
        raise Rejected("too large")
    value = round(d.r.uniform(-1, 1), 2)
    if d.opset < 11:
        return d.add(op, [x], shape, x.dtype, min(x.low, -1), max(x.high, 1), pads=[*before, *after], mode=mode, value=value if d.chance(0.5) else None)
    inputs = [x, d.ints(*before, *after)]
    if mode == "constant" and d.chance(0.5):
        inputs.append(d.scalar(value if "float" in x.dtype else 1, x.dtype))
    if d.opset >= 18 and d.chance(0.3):
        axes = [a for a in range(x.rank) if before[a] or after[a]]
        inputs = [x, d.ints(*[before[a] for a in axes], *[after[a] for a in axes]), inputs[2] if len(inputs) > 2 else None, d.ints(*axes)]
        if not axes:
            raise Rejected("no axes")
    return d.add(op, inputs, shape, x.dtype, min(x.low, -1), max(x.high, 1), mode=mode)


@production("Expand")
def expand(d, op):
    x = anything(d, most=4, fits=lambda v: v.elements <= 800)
    shape = [d.size(5) if s == 1 and d.chance(0.7) else s for s in x.shape]
    if d.chance(0.3):
        shape = [d.size(3), *shape]
    stated = [1 if i > 0 and s == shape[i] and d.chance(0.2) and len(shape) == x.rank and x.shape[i] == s else s for i, s in enumerate(shape)]
    if math.prod(shape) > 2e4:
        raise Rejected("too large")
    return moved(d, op, [x, d.ints(*stated)], shape, x)


@production("Tile")
def tile(d, op):
    x = anything(d, least=1, fits=lambda v: v.elements <= 1500)
    repeats = [d.r.choice((1, 1, 2, 3)) for _ in x.shape]
    shape = [s * r for s, r in zip(x.shape, repeats)]
    if math.prod(shape) > 2e4:
        raise Rejected("too large")
    return moved(d, op, [x, d.ints(*repeats)], shape, x)


@production("DepthToSpace", "SpaceToDepth")
def blocks(d, op):
    b = d.r.choice((2, 2, 3))
    n, c, h, w = d.size(2), d.size(3), d.size(5), d.size(5)
    if op == "DepthToSpace":
        x = d.floating(rank=4, fits=lambda v: v.shape[1] % (b * b) == 0) if d.chance(0.5) else d.fresh((n, c * b * b, h, w))
        if x.shape[1] % (b * b):
            raise Rejected("no blocks")
        n, c, h, w = x.shape
        mode = d.r.choice(("DCR", "CRD")) if d.opset >= 11 and d.chance(0.7) else None
        return moved(d, op, [x], (n, c // b // b, h * b, w * b), x, blocksize=b, mode=mode)
    x = d.fresh((n, c, h * b, w * b))
    return moved(d, op, [x], (n, c * b * b, h, w), x, blocksize=b)


@production("Trilu")
def trilu(d, op):
    x = anything(d, least=2)
    k = [d.constant(np.int64(d.r.randint(-3, 3)))] if d.chance(0.6) else []
    return d.add(op, [x, *k], x.shape, x.dtype, min(x.low, 0), max(x.high, 0), upper=d.r.choice((0, 1, None)))


@production("Constant")
def constant(d, op):
    array = d.array(d.shape(), "float32", -2, 2)
    if d.opset >= 12 and d.chance(0.4):
        kind = d.r.choice(("value_float", "value_floats", "value_int", "value_ints"))
        value = {"value_float": 0.5, "value_floats": [0.5, -1.5, 2.0], "value_int": 3, "value_ints": [1, 2, 3]}[kind]
        shape = (3,) if kind.endswith("s") else ()
        y = d.add(op, [], shape, "float32" if "float" in kind else "int64", -2, 3, **{kind: value})
    else:
        y = d.add(op, [], array.shape, "float32", -2, 2, value=numpy_helper.from_array(array, "value"))
    return y


@production("ConstantOfShape")
def constant_of_shape(d, op):
    shape = d.shape()
    dtype = d.r.choice(("float32", "int64", "int32", "bool", None))
    value = None if dtype is None else numpy_helper.from_array(np.array([1], dtype), "value")
    return d.add(op, [d.ints(*shape)], shape, dtype or "float32", 0, 1, value=value)


@production("Shape", "Size")
def shape_of(d, op):
    x = anything(d)
    if op == "Size":
        return d.add(op, [x], (), "int64", 0, MOST_ELEMENTS * 4)
    attributes = {}
    shape = x.shape
    if d.opset >= 15 and d.chance(0.4):
        attributes = {"start": d.r.randint(-x.rank, x.rank)} if d.chance(0.5) else {"start": 0, "end": d.r.randint(0, x.rank)}
        shape = x.shape[attributes["start"]:attributes.get("end")]
    return d.add(op, [x], (len(shape),), "int64", 0, MOST_ELEMENTS * 4, **attributes)


@production("Range")
def range_(d, op):
    first, step, count = d.r.randint(-5, 5), d.r.choice((1, 2, -1)), d.r.randint(1, 9)
    dtype = d.r.choice(("int64", "float32", "int32"))
    numbers = [d.constant(np.array(v, dtype)) for v in (first, first + step * count, step)]
    return d.add(op, numbers, (count,), dtype, -25, 25)


@production("ReverseSequence")
def reverse_sequence(d, op):
    x = d.floating(least=2)
    batch = d.r.randint(0, 1)
    lengths = d.fresh((x.shape[batch],), "int64", 1, x.shape[1 - batch])
    return moved(d, op, [x, lengths], x.shape, x, batch_axis=batch, time_axis=1 - batch)


@production("EyeLike")
def eye_like(d, op):
    x = d.floating(rank=2)
    return d.add(op, [x], x.shape, x.dtype, 0, 1, k=d.r.randint(-2, 2))


@production("Compress")
def compress(d, op):
    x = d.floating(least=1)
    axis = d.r.randrange(x.rank)
    keep = [d.chance(0.5) for _ in range(x.shape[axis])]
    keep[0] = True
    shape = list(x.shape)
    shape[axis] = sum(keep)
    return moved(d, op, [x, d.constant(np.array(keep))], shape, x, axis=axis)


@production("CenterCropPad")
def center_crop_pad(d, op):
    x = d.floating(least=1)
    axes = d.axes(x.rank)
    shape = list(x.shape)
    for a in axes:
        shape[a] = d.size(12)
    if math.prod(shape) > 2e4:
        raise Rejected("too large")
    return d.add(op, [x, d.ints(*[shape[a] for a in axes])], shape, x.dtype, min(x.low, 0), max(x.high, 0), axes=axes)
