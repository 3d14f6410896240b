# SPDX-License-Identifier: Apache-2.0
"""Productions of operators that read pictures at places that are computed, and of those of signals."""

import math

import numpy as np

from draft import ONNX_TYPE
from networks import picture
from productions import NOT_DRAWN, production

NOT_DRAWN["", "NonMaxSuppression"] = "the shape of its result depends on data"


@production("GridSample")
def grid_sample(d, op):
    x = picture(d, rank=4)
    n, c = x.shape[:2]
    h, w = d.size(8), d.size(8)
    grid = d.input((n, h, w, 2), d.float, -1.3, 1.3)
    modes = ("linear", "nearest", "cubic") if d.opset >= 20 else ("bilinear", "nearest", "bicubic")
    return d.add(op, [x, grid], (n, c, h, w), low=-4 * x.size, high=4 * x.size, mode=d.r.choice(modes),
                 padding_mode=d.r.choice(("zeros", "border", "reflection")), align_corners=d.r.randint(0, 1))


@production("AffineGrid")
def affine_grid(d, op):
    n, h, w = d.size(3), d.r.randint(2, 8), d.r.randint(2, 8)  # of one place the corners are no two: implementations differ
    theta = d.fresh((n, 2, 3))
    return d.add(op, [theta, d.ints(n, 3, h, w)], (n, h, w, 2), low=-6, high=6, align_corners=d.r.randint(0, 1))


def regions(d, x, count, width):
    """Rows of (x1, y1, x2, y2) inside the picture."""
    h, w = x.shape[2:]
    first = d.n.uniform(0, 0.5, (count, 2)) * (w, h)
    last = first + d.n.uniform(0.2, 0.5, (count, 2)) * (w, h)
    rows = np.concatenate([first, last], 1)
    if width == 5:
        rows = np.concatenate([d.n.integers(0, x.shape[0], (count, 1)), np.round(rows)], 1)
    return d.constant(rows.astype("float32"))


@production("RoiAlign")
def roi_align(d, op):
    x = picture(d, rank=4, dtype="float32")
    count, h, w = d.size(4), d.r.randint(1, 4), d.r.randint(1, 4)
    index = d.constant(d.n.integers(0, x.shape[0], count).astype(np.int64))
    made = {"output_height": h, "output_width": w, "sampling_ratio": d.r.choice((0, 1, 2)), "spatial_scale": d.r.choice((1.0, 0.5))}
    if d.opset >= 16:
        made["coordinate_transformation_mode"] = d.r.choice(("half_pixel", "output_half_pixel"))
    return d.add(op, [x, regions(d, x, count, 4), index], (count, x.shape[1], h, w), low=-x.size, high=x.size, **made)


@production("MaxRoiPool")
def max_roi_pool(d, op):
    x = picture(d, rank=4, dtype="float32")
    count, h, w = d.size(4), d.r.randint(1, 3), d.r.randint(1, 3)
    return d.add(op, [x, regions(d, x, count, 5)], (count, x.shape[1], h, w), low=-x.size, high=x.size, pooled_shape=[h, w])


@production("MaxUnpool")
def max_unpool(d, op):
    n, c, h, w = d.size(3), d.size(5), 2 * d.r.randint(1, 4), 2 * d.r.randint(1, 4)  # of other sizes the positions mean others
    x = d.fresh((n, c, h, w))
    pooled = (n, c, h // 2, w // 2)
    y, index = d.add_many("MaxPool", [x], [(pooled, x.dtype, -x.size, x.size), (pooled, "int64", 0, x.elements)], kernel_shape=[2, 2], strides=[2, 2])
    return d.add(op, [y, index, d.ints(n, c, h, w)], x.shape, x.dtype, -x.size, x.size, kernel_shape=[2, 2], strides=[2, 2])


@production("DeformConv")
def deform_conv(d, op):
    n, c, h, w = d.r.choice((1, 2)), d.r.choice((1, 2, 4)), d.r.randint(3, 7), d.r.randint(3, 7)
    k, filters, group = d.r.choice((1, 2, 3)), d.r.choice((1, 2, 4)), 1
    x = d.fresh((n, c, h, w))
    size = (n, filters, h - k + 1, w - k + 1)
    offset = d.fresh((n, 2 * k * k, *size[2:]), d.float, -1.4, 1.4)
    inputs = [x, d.weights(filters, c, k, k), offset]
    if d.chance(0.5):
        inputs += [d.weights(filters), d.fresh((n, k * k, *size[2:]), d.float, 0, 1)]
    return d.add(op, inputs, size, low=-40, high=40, kernel_shape=[k, k], group=group)


@production("Col2Im")
def col2im(d, op):
    n, c, h, w, k = d.size(2), d.size(4), d.r.randint(3, 7), d.r.randint(3, 7), d.r.randint(1, 3)
    stride, pad = d.r.randint(1, 2), d.r.randint(0, k // 2)
    blocks = [(s + 2 * pad - k) // stride + 1 for s in (h, w)]
    x = d.fresh((n, c * k * k, math.prod(blocks)))
    return d.add(op, [x, d.ints(h, w), d.ints(k, k)], (n, c, h, w), low=-20, high=20, strides=[stride] * 2, pads=[pad] * 4)


@production("Det")
def determinant(d, op):
    size = d.r.randint(1, 5)
    x = d.fresh((*d.r.choice(((), (2,), (2, 3))), size, size))
    return d.add(op, [x], x.shape[:-2], low=-4000, high=4000)


@production("DFT")
def dft(d, op):
    n, is_complex, onesided, inverse = d.r.randint(2, 17), d.r.randint(1, 2), 0, d.r.randint(0, 1)
    if is_complex == 1 and not inverse:
        onesided = d.r.randint(0, 1)
    x = d.input((d.size(3), n, is_complex), "float32")  # of a constant the parts that are zero would be its rounding
    shape = (x.shape[0], n // 2 + 1 if onesided else n, 2)
    made = {"onesided": onesided, "inverse": inverse}
    if d.opset >= 20:
        return d.add(op, [x, None, d.constant(np.int64(1))], shape, low=-70, high=70, **made)
    return d.add(op, [x], shape, low=-70, high=70, axis=1, **made)


@production("STFT")
def stft(d, op):
    length, frame, hop = d.r.randint(16, 40), d.r.choice((4, 8, 9)), d.r.randint(2, 5)
    x = d.fresh((d.size(3), length, 1), "float32")
    window = d.constant(d.array((frame,), "float32", 0.1, 1))
    shape = (x.shape[0], (length - frame) // hop + 1, frame // 2 + 1, 2)
    return d.add(op, [x, d.constant(np.int64(hop)), window, d.constant(np.int64(frame))], shape, low=-40, high=40)


@production("HannWindow", "HammingWindow", "BlackmanWindow")
def signal_window(d, op):
    size = d.r.randint(2, 20)
    return d.add(op, [d.constant(np.int64(size))], (size,), "float32", -0.1, 1, periodic=d.r.randint(0, 1), output_datatype=ONNX_TYPE["float32"])


@production("MelWeightMatrix")
def mel_weights(d, op):
    bins, length = d.r.randint(2, 8), d.r.choice((16, 32, 64))
    numbers = [np.int64(bins), np.int64(length), np.int64(8000), np.float32(0), np.float32(4000)]
    return d.add(op, [d.constant(v) for v in numbers], (length // 2 + 1, bins), "float32", 0, 1)


@production("NonZero")
def non_zero(d, op):
    array = d.n.integers(0, 2, d.shape(d.r.randint(1, 3), 60)).astype("float32")
    return d.add(op, [d.constant(array)], (array.ndim, np.count_nonzero(array)), "int64", 0, 60)


@production("Unique")
def unique(d, op):
    array = d.n.integers(0, 6, (d.r.randint(1, 12),)).astype("float32")
    values, first, inverse, counts = np.unique(array, True, True, True)
    outputs = [(values.shape, "float32", 0, 6), (first.shape, "int64", 0, 12), (inverse.shape, "int64", 0, 12), (counts.shape, "int64", 0, 12)]
    return d.add_many(op, [d.constant(array)], outputs, sorted=1)[0]


@production("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")
def loss(d, op):
    n, c = d.size(9), d.r.randint(2, 6)
    x = d.fresh((n, c), "float32")
    target = d.fresh((n,), "int64", 0, c - 1)
    inputs = [x, target] + ([d.constant(d.array((c,), "float32", 0.5, 1.5))] if d.chance(0.5) else [])
    reduction = d.r.choice(("none", "mean", "sum"))
    return d.add(op, inputs, (n,) if reduction == "none" else (), "float32", -100, 100, reduction=reduction)


@production("TfIdfVectorizer")
def tf_idf(d, op):
    x = d.fresh((d.r.randint(2, 9),), "int64", 0, 6)
    return d.add(op, [x], (4,), "float32", 0, 20, mode=d.r.choice(("TF", "IDF", "TFIDF")), min_gram_length=1, max_gram_length=1, max_skip_count=0,
                 ngram_counts=[0], ngram_indexes=[0, 1, 2, 3], pool_int64s=[1, 2, 3, 5], weights=[0.5, 1.0, 1.5, 2.0])
