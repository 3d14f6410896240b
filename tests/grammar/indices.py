# SPDX-License-Identifier: Apache-2.0
"""Productions of operators that read or write elements at indices."""

import math

import numpy as np

from draft import Rejected
from movement import anything, moved
from productions import production


def indices_for(d, size, shape, dtype=None):
    low = -size if d.opset >= 11 and d.chance(0.4) else 0
    return d.fresh(shape, dtype or d.r.choice(("int64", "int64", "int32")), low, size - 1)


@production("Gather")
def gather(d, op):
    x = anything(d, least=1)
    axis = d.axis(x.rank, negative=True)
    shape = d.r.choice(((), (1,), (3,), (d.size(8),), (2, 3)))
    index = indices_for(d, x.shape[axis], shape)
    a = axis % x.rank
    result = x.shape[:a] + tuple(index.shape) + x.shape[a + 1:]
    if math.prod(result) > 2e4 or len(result) > 6:
        raise Rejected("too large")
    return moved(d, op, [x, index], result, x, axis=axis)


@production("GatherElements")
def gather_elements(d, op):
    x = anything(d, least=1)
    axis = d.axis(x.rank, negative=True)
    shape = tuple(d.r.randint(1, s) if a != axis % x.rank else d.size(6) for a, s in enumerate(x.shape))
    return moved(d, op, [x, indices_for(d, x.shape[axis], shape)], shape, x, axis=axis)


def index_tuples(d, sizes, leading):
    low = [0 if d.chance(0.7) else -s for s in sizes]
    data = np.stack([d.n.integers(lo, s, leading) for lo, s in zip(low, sizes)], -1).astype(np.int64)
    return d.constant(data.reshape(*leading, len(sizes)))


@production("GatherND")
def gather_nd(d, op):
    x = anything(d, least=1)
    batch = d.r.randint(0, 1) if d.opset >= 12 and x.rank > 1 else 0
    depth = d.r.randint(1, x.rank - batch)
    leading = x.shape[:batch] + tuple(d.size(3) for _ in range(d.r.randint(0, 2)))
    index = index_tuples(d, x.shape[batch:batch + depth], leading)
    shape = leading + x.shape[batch + depth:]
    if math.prod(shape) > 2e4:
        raise Rejected("too large")
    return moved(d, op, [x, index], shape, x, **({"batch_dims": batch} if d.opset >= 12 else {}))


def reduction_of(d):
    names = ["none"] + (["add", "mul"] if d.opset >= 16 else []) + (["max", "min"] if d.opset >= 18 else [])
    return d.r.choice(names)


@production("ScatterElements", "Scatter")
def scatter_elements(d, op):
    x = d.floating(least=1)
    axis = d.axis(x.rank, negative=True)
    # Without a reduction, indices must not repeat along the axis.
    reduction = reduction_of(d) if op == "ScatterElements" else "none"
    size = x.shape[axis]
    shape = list(d.r.randint(1, s) for s in x.shape)
    columns = [d.r.sample(range(size), shape[axis]) for _ in range(math.prod(shape) // shape[axis])]
    data = np.moveaxis(np.array(columns).reshape([s for a, s in enumerate(shape) if a != axis % x.rank] + [shape[axis]]), -1, axis % x.rank)
    updates = d.fresh(shape, x.dtype)
    if x.size > 20:
        x = d.squash(x)
    return d.add(op, [x, d.constant(data.astype(np.int64)), updates], x.shape, x.dtype, -2 * x.size - 2, 2 * x.size + 2, axis=axis,
                 reduction=reduction if reduction != "none" else None)


@production("ScatterND")
def scatter_nd(d, op):
    x = d.floating(least=1)
    depth = d.r.randint(1, x.rank)
    reduction = reduction_of(d)
    places = math.prod(x.shape[:depth])
    count = d.r.randint(1, min(places, 6))
    flat = d.r.sample(range(places), count)
    index = np.stack(np.unravel_index(flat, x.shape[:depth]), -1).astype(np.int64)
    updates = d.fresh((count, *x.shape[depth:]), x.dtype)
    return d.add(op, [x, d.constant(index), updates], x.shape, x.dtype, -2 * x.size - 2, 2 * x.size + 2, reduction=reduction if reduction != "none" else None)


@production("OneHot")
def one_hot(d, op):
    depth = d.r.randint(2, 6)
    index = d.fresh(d.shape(d.r.randint(1, 3), 300), "int64", -depth if d.opset >= 11 else 0, depth - 1)
    axis = d.r.randint(-index.rank - 1, index.rank)
    shape = list(index.shape)
    shape.insert(axis % (index.rank + 1), depth)
    return d.add(op, [index, d.constant(np.array(depth, np.int64)), d.constant(np.array([0.25, 2], np.float32))], shape, "float32", 0, 2, axis=axis)


@production("TopK")
def top_k(d, op):
    x = d.floating(least=1)
    axis = d.axis(x.rank, negative=True)
    k = d.r.randint(1, x.shape[axis])
    shape = list(x.shape)
    shape[axis] = k
    outputs = [(shape, x.dtype, x.low, x.high), (shape, "int64", 0, x.shape[axis])]
    if d.opset < 10:
        return d.add_many(op, [x], outputs, axis=axis, k=k)[0]
    more = {"largest": d.r.randint(0, 1), "sorted": 1} if d.opset >= 11 else {}
    return d.add_many(op, [x, d.ints(k)], outputs, axis=axis, **more)[0]
