# SPDX-License-Identifier: Apache-2.0
"""Productions of sums: convolutions, products, pools, reductions, normalisations, resampling."""

import math

import numpy as np

from draft import Rejected, broadcast, numpy_type
from productions import production


def taps(size, kernel, stride, dilation, before, after, ceil=False):
    """Positions of a window along an axis."""
    span = size + before + after - dilation * (kernel - 1) - 1
    if span < 0:
        raise Rejected("the window is larger than the picture")
    count = (-(-span // stride) if ceil else span // stride) + 1
    if ceil and (count - 1) * stride >= size + before:
        count -= 1
    return count


def window(d, spatial, dilates=True, ceil=False, pads=True):
    """Attributes of a window over these axes, and the sizes of the result."""
    kernel = [d.r.choice([k for k in (1, 1, 2, 3, 3, 5, 7) if k <= s + 1]) for s in spatial]
    if d.chance(0.3):
        kernel = [min(kernel)] * len(spatial)
    stride = [d.r.choice((1, 1, 1, 2, 3))] * len(spatial) if d.chance(0.8) else [d.r.randint(1, 3) for _ in spatial]
    dilation = [d.r.choice((1, 1, 1, 2)) if dilates else 1 for _ in spatial]
    made = {"kernel_shape": kernel, "strides": stride}
    if dilates and max(dilation) > 1 or dilates and d.chance(0.2):
        made["dilations"] = dilation
    mode = d.r.choice(("pads", "pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID", "none")) if pads else "none"
    reach = [g * (k - 1) for g, k in zip(dilation, kernel)]
    if mode.startswith("SAME"):
        made["auto_pad"] = mode
        sizes = [-(-s // t) for s, t in zip(spatial, stride)]
        # Where a stride is longer than the window, implementations differ in what padding below zero means.
        if any((o - 1) * t + r + 1 < s for o, t, r, s in zip(sizes, stride, reach, spatial)):
            raise Rejected("negative padding")
        if any(s < r + 1 for s, r in zip(spatial, reach)):
            raise Rejected("the window is larger than the picture")
        return made, sizes
    before = after = [0] * len(spatial)
    if mode == "pads":
        most = [min(r, 3) if not ceil or dilates else min(r // 2, 3) for r in reach]
        before, after = ([d.r.randint(0, m) for m in most] for _ in range(2))
        if d.chance(0.5):
            before = after = [r // 2 for r in reach]
        made["pads"] = [*before, *after]
    elif mode == "VALID":
        made["auto_pad"] = "VALID"
    is_ceil = ceil and mode == "pads" and d.chance(0.3)
    if is_ceil:
        made["ceil_mode"] = 1
    return made, [taps(s, k, t, g, b, e, is_ceil) for s, k, t, g, b, e in zip(spatial, kernel, stride, dilation, before, after)]


def picture(d, rank=None, **options):
    rank = rank or d.r.choice((4, 4, 4, 4, 4, 3, 5))
    return d.floating(rank=rank, fits=lambda v: math.prod(v.shape[2:]) > 1 or d.chance(0.2), **options)


@production("Conv")
def conv(d, op, x=None):
    x = x or picture(d)
    channels = x.shape[1]
    group = d.r.choice((1, 1, 1, channels, channels, 2 if channels % 2 == 0 else 1))
    filters = group * d.r.choice((1, 2, 3, 4) if group > 1 else (1, 3, 4, 8, 16, 17, 32, 33))
    made, sizes = window(d, x.shape[2:])
    work = x.shape[0] * filters * math.prod(sizes) * channels // group * math.prod(made["kernel_shape"])
    if work > 2e6 or filters * math.prod(sizes) > 2e4:
        raise Rejected("too large")
    inputs = [x, d.weights(filters, channels // group, *made["kernel_shape"])]
    if d.chance(0.6):
        inputs.append(d.constant(d.array((filters,), d.float, -1, 1)))
    if d.chance(0.2):
        del made["kernel_shape"]
    size = x.size * 6 + 1
    return d.add(op, inputs, (x.shape[0], filters, *sizes), low=-size, high=size, **({"group": group} if group > 1 or d.chance(0.3) else {}), **made)


@production("ConvTranspose")
def conv_transpose(d, op):
    x = picture(d)
    channels = x.shape[1]
    group = d.r.choice((1, 1, channels, 2 if channels % 2 == 0 else 1))
    filters = group * d.r.choice((1, 2, 3, 5))
    spatial = x.shape[2:]
    kernel = [d.r.randint(1, 4) for _ in spatial]
    stride = [d.r.choice((1, 2, 2, 3)) for _ in spatial]
    dilation = [d.r.choice((1, 1, 2)) for _ in spatial]
    reach = [g * (k - 1) for g, k in zip(dilation, kernel)]
    pads = [d.r.randint(0, min(1, r)) for r in reach] * 2
    extra = [d.r.randint(0, max(s, g) - 1) if d.chance(0.3) else 0 for s, g in zip(stride, dilation)]
    sizes = [t * (s - 1) + e + r + 1 - pads[i] - pads[i + len(spatial)] for i, (t, s, e, r) in enumerate(zip(stride, spatial, extra, reach))]
    if min(sizes) < 1 or filters * math.prod(sizes) * x.shape[0] > 2e4:
        raise Rejected("too large")
    inputs = [x, d.weights(channels, filters // group, *kernel)] + ([d.weights(filters)] if d.chance(0.5) else [])
    size = 20 * x.size
    return d.add(op, inputs, (x.shape[0], filters, *sizes), low=-size, high=size, group=group, kernel_shape=kernel, strides=stride, dilations=dilation,
                 pads=pads, output_padding=extra if any(extra) else None)


def is_outside(spatial, sizes, made, axis):
    """Whether all taps of some position lie in the padding."""
    pad = made.get("pads", [0] * (axis + 1))[axis]
    dilation = made.get("dilations", [1] * (axis + 1))[axis]
    taps_of = lambda at: (at * made["strides"][axis] - pad + k * dilation for k in range(made["kernel_shape"][axis]))
    return "pads" in made and any(not any(0 <= tap < spatial[axis] for tap in taps_of(at)) for at in range(sizes[axis]))


@production("MaxPool", "AveragePool", "LpPool")
def pool(d, op):
    x = picture(d)
    dilates = op == "MaxPool" and d.opset >= 10 or op == "AveragePool" and d.opset >= 19 and d.chance(0.3)
    made, sizes = window(d, x.shape[2:], dilates=dilates, ceil=d.opset >= (18 if op == "LpPool" else 10))
    if math.prod(sizes) * math.prod(x.shape[:2]) > 2e4:
        raise Rejected("too large")
    kernel = made["kernel_shape"]
    if "pads" in made and any(p >= k for p, k in zip(made["pads"], kernel * 2)):
        raise Rejected("padding as large as the window")
    if any(is_outside(x.shape[2:], sizes, made, axis) for axis in range(len(sizes))):
        raise Rejected("a window with nothing inside: the standard does not say what it gives")
    if op == "AveragePool" and d.chance(0.6):
        made["count_include_pad"] = d.r.randint(0, 1)
    if op == "LpPool":
        made["p"] = d.r.choice((1, 2, 3))
    shape = (*x.shape[:2], *sizes)
    high = x.size * (math.prod(kernel) if op == "LpPool" else 1)
    if op == "MaxPool" and d.chance(0.15) and d.opset >= 8 and len(sizes) == 2:
        return d.add_many(op, [x], [(shape, x.dtype, -high, high), (shape, "int64", 0, x.elements)], **made)[0]
    return d.add(op, [x], shape, low=-high, high=high, **made)


@production("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(d, op):
    x = picture(d)
    return d.add(op, [x], x.shape[:2] + (1,) * (x.rank - 2), low=-x.size, high=x.size * (math.prod(x.shape[2:]) if "Lp" in op else 1),
                 p=d.r.choice((1, 2)) if "Lp" in op else None)


@production("MatMul")
def matmul(d, op, a=None):
    a = a or d.floating(least=1, most=4)
    depth, columns = a.shape[-1], d.size(33)
    kind = d.r.random()
    if kind < 0.6 or a.rank < 2:
        if kind < 0.3:
            b = d.constant(d.n.normal(0, 1 / math.sqrt(depth), (depth, columns)).astype(numpy_type(d.float)))
        else:
            b = d.fresh((depth, columns))
    elif kind < 0.7:
        b = d.fresh((depth,))
    else:
        lead = d.r.choice((a.shape[:-2], (1,) * (a.rank - 2), ()))
        b = d.fresh((*lead, depth, columns))
    if b.rank == 1:
        shape = a.shape[:-1]
    else:
        lead = broadcast(a.shape[:-2], b.shape[:-2]) if a.rank >= 2 else b.shape[:-2]
        shape = lead + (a.shape[-2:-1] if a.rank >= 2 else ()) + (columns,)
    if math.prod(shape) * depth > 2e6 or math.prod(shape) > 2e4:
        raise Rejected("too large")
    size = a.size * b.size * depth
    return d.add(op, [a, b], shape, low=-size, high=size)


@production("Gemm")
def gemm(d, op, a=None):
    a = a or d.floating(rank=2)
    flip_a, flip_b = d.r.randint(0, 1), d.r.randint(0, 1)
    rows, depth = (a.shape[1], a.shape[0]) if flip_a else a.shape
    columns = d.size(33)
    b = d.weights(*((columns, depth) if flip_b else (depth, columns)))
    inputs = [a, b]
    if d.chance(0.7) or d.opset < 11:
        inputs.append(d.fresh(d.r.choice(((columns,), (1, columns), (rows, columns), (), (rows, 1)))))
    made = {"transA": flip_a or None, "transB": flip_b or None}
    if d.chance(0.3):
        made |= {"alpha": 0.5, "beta": 2.0}
    size = a.size * 4 * depth + 5
    return d.add(op, inputs, (rows, columns), low=-size, high=size, **made)


@production("Einsum")
def einsum(d, op):
    sizes = {letter: d.size(6) for letter in "abcde"}
    equation = d.r.choice(("ab,bc->ac", "abc,acd->abd", "abc,abd->acd", "abcd,abed->abce", "ab->ba", "ab->a", "aab->ab", "a,b->ab", "abc,cd->abd", "ab,ab->",
                           "ab,bc,cd->ad", "...ab,...bc->...ac", "ab,bc"))
    left, arrow, right = equation.partition("->")
    shape_of = lambda term: tuple(sizes[letter] for letter in term.replace("...", ""))
    inputs = [d.fresh(shape_of(term)) for term in left.split(",")]
    shape = shape_of(right if arrow else "ac")
    size = 2 ** len(inputs) * math.prod(sizes.values())
    return d.add(op, inputs, shape, low=-size, high=size, equation=equation)


REDUCTIONS = ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare")


@production(*REDUCTIONS)
def reduce_(d, op):
    bounds = {"ReduceProd": (-1.2, 1.2), "ReduceLogSum": (0.1, 50), "ReduceLogSumExp": (-20, 20), "ReduceSumSquare": (-100, 100)}.get(op)
    x = d.floating(least=1, **({"low": bounds[0], "high": bounds[1]} if bounds else {}))
    axes = d.axes(x.rank)
    if op == "ReduceProd" and math.prod(x.shape[a] for a in axes) > 40:
        raise Rejected("too many factors")
    keep = d.r.choice((0, 1, None))
    shape = tuple(1 if a in axes else s for a, s in enumerate(x.shape) if keep != 0 or a not in axes)
    stated = [a - x.rank if d.opset >= 11 and d.chance(0.3) else a for a in axes]
    count = math.prod(x.shape[a] for a in axes)
    size = {"ReduceMean": x.size, "ReduceMax": x.size, "ReduceMin": x.size, "ReduceProd": 2000, "ReduceLogSum": 20, "ReduceLogSumExp": 40,
            "ReduceSumSquare": x.size ** 2 * count}.get(op, x.size * count)
    since = 13 if op == "ReduceSum" else 18
    if len(axes) == x.rank and d.chance(0.4):
        return d.add(op, [x], shape, low=-size, high=size, keepdims=keep)
    if d.opset >= since:
        return d.add(op, [x, d.ints(*stated)], shape, low=-size, high=size, keepdims=keep)
    return d.add(op, [x], shape, low=-size, high=size, keepdims=keep, axes=stated)


@production("ArgMax", "ArgMin")
def arg(d, op):
    x = d.floating(least=1)
    axis = d.axis(x.rank)
    keep = d.r.choice((0, 1, None))
    shape = tuple(1 if a == axis % x.rank else s for a, s in enumerate(x.shape) if keep != 0 or a != axis % x.rank)
    return d.add(op, [x], shape, "int64", 0, x.shape[axis] - 1, axis=axis, keepdims=keep, **({"select_last_index": d.r.randint(0, 1)} if d.opset >= 12 else {}))


@production("CumSum", "CumProd")
def cumulate(d, op):
    x = d.floating(least=1, **({"low": -1.2, "high": 1.2} if op == "CumProd" else {}))
    axis = d.axis(x.rank, negative=True)
    size = x.size * x.shape[axis] if op == "CumSum" else 3000
    return d.add(op, [x, d.constant(np.int64(axis))], x.shape, low=-size, high=size, exclusive=d.r.choice((0, 1, None)), reverse=d.r.choice((0, 1, None)))


@production("Softmax", "LogSoftmax", "Hardmax")
def softmax(d, op, x=None):
    x = x or d.floating(least=1, low=-60, high=60)
    axis = d.r.choice((-1, x.rank - 1)) if d.chance(0.5) and d.opset >= 11 else d.axis(x.rank)
    low = -130 if op == "LogSoftmax" else 0
    return d.add(op, [x], x.shape, low=low, high=1, **({"axis": axis} if d.chance(0.9) or d.opset < 13 else {}))


def channel_vectors(d, channels, *bounds):
    return [d.constant(d.array((channels,), d.float, low, high)) for low, high in bounds]


@production("BatchNormalization")
def batch_norm(d, op, x=None):
    x = x or picture(d)
    vectors = channel_vectors(d, x.shape[1], (0.5, 1.5), (-1, 1), (-1, 1), (0.3, 2))
    size = 3 * x.size + 4
    return d.add(op, [x, *vectors], x.shape, low=-size, high=size, epsilon=d.r.choice((1e-5, 1e-3, None)))


@production("InstanceNormalization")
def instance_norm(d, op):
    x = picture(d)
    return d.add(op, [x, *channel_vectors(d, x.shape[1], (0.5, 1.5), (-1, 1))], x.shape, low=-100, high=100, epsilon=d.r.choice((1e-5, 1e-2, None)))


@production("GroupNormalization")
def group_norm(d, op):
    x = picture(d)
    groups = d.r.choice([g for g in (1, 2, 3, 4, x.shape[1]) if x.shape[1] % g == 0])
    count = x.shape[1] if d.opset >= 21 else groups
    return d.add(op, [x, *channel_vectors(d, count, (0.5, 1.5), (-1, 1))], x.shape, low=-100, high=100, num_groups=groups, epsilon=d.r.choice((1e-5, None)))


@production("LayerNormalization", "RMSNormalization")
def layer_norm(d, op, x=None):
    x = x or d.floating(least=1)
    axis = -1 if d.chance(0.7) else d.axis(x.rank)
    shape = x.shape[axis % x.rank:]
    inputs = [x, d.constant(d.array(shape, d.float, 0.5, 1.5))] + ([d.constant(d.array(shape, d.float, -1, 1))] if op[0] == "L" and d.chance(0.7) else [])
    return d.add(op, inputs, x.shape, low=-100, high=100, **({"axis": axis} if axis != -1 or d.chance(0.5) else {}), epsilon=d.r.choice((1e-5, 1e-2, None)))


@production("LpNormalization")
def lp_norm(d, op):
    x = d.floating(least=1)
    return d.add(op, [x], x.shape, low=-1, high=1, axis=d.axis(x.rank), p=d.r.choice((1, 2)))


@production("MeanVarianceNormalization")
def mean_variance(d, op):
    x = picture(d, rank=4)
    return d.add(op, [x], x.shape, low=-100, high=100, axes=d.r.choice(([0, 2, 3], [2, 3], None)))


@production("LRN")
def lrn(d, op):
    x = picture(d, rank=4)
    return d.add(op, [x], x.shape, low=-x.size, high=x.size, size=d.r.choice((1, 3, 5)), alpha=d.r.choice((1e-4, 0.1)), beta=0.75, bias=d.r.choice((1.0, 2.0)))


@production("Resize", "Upsample")
def resize(d, op):
    x = picture(d, rank=4)
    scales = [1.0, 1.0] + [d.r.choice((0.5, 0.6, 1.0, 1.5, 2.0, 2.0, 3.0)) for _ in range(2)]
    mode = d.r.choice(("nearest", "linear") + (("cubic",) if op == "Resize" and d.opset >= 11 else ()))
    if op == "Upsample" or d.opset < 11:
        scales = [1.0, 1.0, *(d.r.choice((1.0, 2.0, 2.0, 3.0)) for _ in range(2))]
    sizes = [math.floor(s * f) for s, f in zip(x.shape, scales)]
    if min(sizes) < 1 or math.prod(sizes) > 2e4:
        raise Rejected("too large")
    y = (sizes, None, -2 * x.size, 2 * x.size)
    if op == "Upsample" or d.opset < 11:
        if op == "Upsample" and d.opset < 9:
            return d.add_many(op, [x], [y], mode=mode, scales=scales)[0]
        return d.add_many(op, [x, d.constant(np.float32(scales))], [y], mode=mode)[0]
    made = {"mode": mode, "coordinate_transformation_mode": d.r.choice(
        ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel") + (("half_pixel_symmetric",) if d.opset >= 19 else ()))}
    if mode == "nearest":
        made["nearest_mode"] = d.r.choice(("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"))
    if mode == "cubic":
        made["cubic_coeff_a"] = d.r.choice((-0.75, -0.5))
    if d.opset >= 18 and mode != "nearest" and d.chance(0.3):
        made["antialias"] = 1
    empty = None if d.opset >= 13 else d.constant(np.zeros(0, np.float32))
    if d.chance(0.5):
        return d.add_many(op, [x, empty, d.constant(np.float32(scales))], [y], **made)[0]
    return d.add_many(op, [x, empty, None if d.opset >= 13 else d.constant(np.zeros(0, np.float32)), d.ints(*sizes)], [y], **made)[0]
