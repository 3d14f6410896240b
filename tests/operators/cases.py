# SPDX-License-Identifier: Apache-2.0
"""Random calls of operators: one generator each, from a numpy Generator to a Call."""

from __future__ import annotations

import integer_cases
import network_cases
import numpy as np
import old_opset_cases
from call import Call, floats, pick, shape_of, some_attributes


def resize(rng):
    opset = pick(rng, 10, 11, 13, 18, 19)
    mode = pick(rng, "nearest", "linear", "cubic")
    rank = 4 if mode == "cubic" else int(rng.integers(2, 5))
    x = floats(rng, *(1 if axis < rank - 2 else int(rng.integers(2, 12)) for axis in range(rank)))
    scales = np.ones(rank, np.float32)
    scales[-2:] = pick(rng, [2, 2], [2, 3], [0.5, 0.5], [1.5, 0.7], rng.uniform(0.3, 3, 2))
    scales = scales.astype(np.float32)
    sizes = np.maximum(np.floor(scales * x.shape), 1).astype(np.int64)
    if opset == 10:
        mode = pick(rng, "nearest", "linear")
        return Call("Resize", opset, [x, scales], {"mode": mode}, constants=(1,))
    modes = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    modes += ["tf_half_pixel_for_nn"] if opset == 11 else []
    modes += ["half_pixel_symmetric"] if opset >= 19 else []
    crops = rng.random() < 0.15
    attributes = {"mode": mode, "coordinate_transformation_mode": "tf_crop_and_resize" if crops else pick(rng, *modes)}
    attributes |= some_attributes(rng, nearest_mode=pick(rng, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"))
    if mode == "cubic":
        attributes |= some_attributes(rng, cubic_coeff_a=pick(rng, -0.5, -0.75))
        attributes |= some_attributes(rng, exclude_outside=int(rng.integers(2)))
    if opset >= 18 and mode != "nearest" and not crops and rng.random() < 0.4:
        attributes["antialias"] = 1
        attributes.pop("nearest_mode", None)
    if crops:
        attributes["extrapolation_value"] = 7.5
    by_sizes = rng.random() < 0.5
    axes = list(range(rank))
    if opset >= 18 and rng.random() < 0.4:
        axes = [rank - 2, rank - 1]
        attributes["axes"] = pick(rng, axes, [axis - rank for axis in axes])
        if by_sizes and attributes["axes"][0] >= 0:  # ONNX Runtime resizes nothing for negative axes with a policy
            attributes["keep_aspect_ratio_policy"] = pick(rng, "stretch", "not_larger", "not_smaller")
    roi = None
    if crops:
        start = rng.uniform(-0.2, 0.4, rank)
        # Of an axis that keeps its size ONNX Runtime ignores the crop, which neither the specification nor onnx does.
        sizes = np.where((np.arange(rank) >= rank - 2) & (sizes == x.shape), sizes + 1, sizes)
        scales = np.where(sizes == np.array(x.shape), np.float32(1), scales)
        roi = np.concatenate([np.where(np.arange(rank) < rank - 2, 0, start), np.where(np.arange(rank) < rank - 2, 1, start + 0.7)])
        roi = np.concatenate([roi[:rank][axes], roi[rank:][axes]]).astype(np.float32)
    inputs = [x, roi, None if by_sizes else scales[axes], sizes[axes] if by_sizes else None]
    if opset == 11 and not crops:
        inputs[1] = np.zeros(0, np.float32)  # both were required then
        inputs[2] = inputs[2] if inputs[2] is not None else np.zeros(0, np.float32)
    while inputs[-1] is None:
        inputs.pop()
    return Call("Resize", opset, inputs, attributes, constants=(1, 2, 3), tolerance=2e-5)


def upsample(rng):
    x = floats(rng, *shape_of(rng, 4, 1, 6))
    scales = np.array([1, 1, *pick(rng, [2, 2], [3, 2], [1.5, 2.5])], np.float32)
    return Call("Upsample", 9, [x, scales], {"mode": pick(rng, "nearest", "linear")}, constants=(1,))


def grid_sample(rng):
    opset = pick(rng, 16, 20, 22)
    axes = pick(rng, 2, 2, 2, 3) if opset >= 20 else 2
    long, short = ["bilinear", "nearest", "bicubic"], ["linear", "nearest", "cubic"]
    mode = pick(rng, *(long if opset < 20 else short)[: 3 if axes == 2 else 2])
    x = floats(rng, 2, 3, *shape_of(rng, axes, 1, 7))
    grid = rng.uniform(-1.6, 1.6, [2, *shape_of(rng, axes, 1, 6), axes]).astype(np.float32)
    attributes = some_attributes(
        rng, align_corners=int(rng.integers(2)), padding_mode=pick(rng, "zeros", "border", "reflection")
    )
    return Call("GridSample", opset, [x, grid], attributes | {"mode": mode}, tolerance=5e-5)


def affine_grid(rng):
    axes = pick(rng, 2, 3)
    size = np.array([2, 3, *shape_of(rng, axes, 2, 6)], np.int64)
    attributes = some_attributes(rng, align_corners=int(rng.integers(2)))
    return Call("AffineGrid", 20, [floats(rng, 2, axes, axes + 1), size], attributes, constants=(1,))


def rectangles(rng, count, least=0.0):
    corner = rng.uniform(-1, 10, (count, 2))
    return np.concatenate([corner, corner + rng.uniform(least, 9, (count, 2))], 1).astype(np.float32)


def roi_align(rng):
    opset = pick(rng, 10, 16, 22)
    attributes = some_attributes(
        rng,
        mode=pick(rng, "avg", "max"),
        output_height=int(rng.integers(1, 5)),
        output_width=int(rng.integers(1, 5)),
        sampling_ratio=int(rng.integers(0, 4)),
        spatial_scale=float(pick(rng, 1.0, 0.5)),
    )
    if opset >= 16:
        attributes |= some_attributes(rng, coordinate_transformation_mode=pick(rng, "half_pixel", "output_half_pixel"))
    inputs = [floats(rng, 2, 3, 9, 11), rectangles(rng, 4), rng.integers(0, 2, 4)]
    return Call("RoiAlign", opset, inputs, attributes, tolerance=1e-4)


def max_roi_pool(rng):
    rois = np.concatenate([rng.integers(0, 2, (4, 1)), np.round(rectangles(rng, 4))], 1).astype(np.float32)
    attributes = {"pooled_shape": [int(v) for v in rng.integers(1, 5, 2)], "spatial_scale": float(pick(rng, 1.0, 0.5))}
    return Call("MaxRoiPool", 11, [floats(rng, 2, 3, 9, 11), rois], attributes)


def non_max_suppression(rng):
    boxes = np.stack([rectangles(rng, 12, 1.0) for _ in range(2)])
    scores = np.round(rng.random((2, 3, 12)), 1).astype(np.float32)
    inputs = [boxes, scores, np.array([int(rng.integers(1, 6))]), np.array([rng.random()], np.float32)]
    if rng.random() < 0.5:
        inputs.append(np.array([0.3], np.float32))
    attributes = some_attributes(rng, center_point_box=int(rng.integers(2)))
    return Call("NonMaxSuppression", pick(rng, 10, 11), inputs, attributes, constants=(0, 1, 2, 3, 4))


def non_zero(rng):
    x = rng.integers(-1, 2, shape_of(rng, rng.integers(1, 4))).astype(pick(rng, np.float32, np.int64, np.bool_))
    return Call("NonZero", pick(rng, 9, 13), [x], constants=(0,))


def compress(rng):
    x = floats(rng, *shape_of(rng, 3))
    axis = int(rng.integers(-3, 3))
    flat = rng.random() < 0.3
    condition = rng.random(x.size if flat else x.shape[axis]) < 0.5
    condition = condition[: rng.integers(1, len(condition) + 1)]
    return Call("Compress", pick(rng, 9, 11), [x, condition], {} if flat else {"axis": axis}, constants=(1,))


def unique(rng):
    x = rng.integers(0, 3, shape_of(rng, 3, 1, 4)).astype(pick(rng, np.float32, np.int64, np.int8))
    attributes = some_attributes(rng, axis=int(rng.integers(-3, 3)), sorted=int(rng.integers(2)))
    return Call("Unique", 11, [x], attributes, outputs=4, constants=(0,))


def det(rng):
    n = int(rng.integers(1, 7))
    return Call("Det", pick(rng, 11, 22), [floats(rng, *shape_of(rng, rng.integers(0, 3)), n, n)], tolerance=1e-4)


def dft(rng):
    opset = pick(rng, 17, 20)
    inverse, onesided = int(rng.integers(2)), int(rng.integers(2))
    onesided = 0 if inverse else onesided
    parts = 1 if onesided else pick(rng, 1, 2)
    x = floats(rng, *shape_of(rng, 2, 3, 9), parts)
    axis = int(pick(rng, 0, 1, -2))
    attributes = {"inverse": inverse, "onesided": onesided}
    length = np.array(int(rng.integers(2, 13))) if rng.random() < 0.5 else None
    if opset == 17:
        inputs = [x] if length is None else [x, length]
        return Call("DFT", opset, inputs, attributes | {"axis": axis % 3}, constants=(1,), tolerance=1e-4)
    return Call("DFT", opset, [x, length, np.array(axis)], attributes, constants=(1, 2), tolerance=1e-4)


def stft(rng):
    length = int(rng.integers(3, 9))
    x = floats(rng, 2, int(rng.integers(10, 30)), 1)
    window = floats(rng, length) if rng.random() < 0.6 else None
    stated = np.array(length) if window is None or rng.random() < 0.5 else None
    inputs = [x, np.array(int(rng.integers(1, 5))), window, stated]
    while inputs[-1] is None:
        inputs.pop()
    return Call("STFT", 17, inputs, some_attributes(rng, onesided=int(rng.integers(2))), constants=(1, 3), tolerance=1e-4)


def window(rng):
    op = pick(rng, "HannWindow", "HammingWindow", "BlackmanWindow")
    attributes = some_attributes(rng, periodic=int(rng.integers(2)))
    return Call(op, 17, [np.array(int(rng.integers(2, 20)))], attributes, constants=(0,), tolerance=1e-4)


def mel_weight_matrix(rng):
    length = int(pick(rng, 16, 32, 64))
    low = float(rng.uniform(0, 500))
    edges = [np.array(v, np.float32) for v in (low, low + rng.uniform(500, 3000))]
    return Call("MelWeightMatrix", 17, [np.array(8), np.array(length), np.array(8192), *edges], constants=(0, 1, 2, 3, 4))


def eye_like(rng):
    attributes = some_attributes(rng, k=int(rng.integers(-4, 5)), dtype=int(pick(rng, 1, 7)))
    return Call("EyeLike", pick(rng, 9, 22), [floats(rng, *shape_of(rng, 2))], attributes)


def reverse_sequence(rng):
    x = floats(rng, *shape_of(rng, 3))
    batch = int(rng.integers(2))
    lengths = rng.integers(1, x.shape[1 - batch] + 1, x.shape[batch])
    return Call("ReverseSequence", 10, [x, lengths], {"batch_axis": batch, "time_axis": 1 - batch})


def bit_shift(rng):
    x, y = rng.integers(0, 256, [3, 4]).astype(np.uint8), rng.integers(0, 8, [4]).astype(np.uint8)
    return Call("BitShift", 11, [x, y], {"direction": pick(rng, "LEFT", "RIGHT")})


def bit_cast(rng):
    return Call("BitCast", 26, [floats(rng, 3, 4)], {"to": 6})


def running(rng):
    op, opset = pick(rng, ("CumSum", 11), ("CumSum", 14), ("CumProd", 26))
    x = floats(rng, *shape_of(rng, 3)) if rng.random() < 0.6 else rng.integers(-3, 4, shape_of(rng, 3))
    attributes = some_attributes(rng, exclusive=int(rng.integers(2)), reverse=int(rng.integers(2)))
    return Call(op, opset, [x, np.array(int(rng.integers(-3, 3)))], attributes, constants=(1,))


def center_crop_pad(rng):
    x = floats(rng, *shape_of(rng, 3))
    if rng.random() < 0.5:
        return Call("CenterCropPad", 18, [x, np.array(shape_of(rng, 3, 1, 9))], constants=(1,))
    return Call("CenterCropPad", 18, [x, np.array(shape_of(rng, 2, 1, 9))], {"axes": [0, -1]}, constants=(1,))


def tf_idf(rng):
    attributes = {
        "mode": pick(rng, "TF", "IDF", "TFIDF"),
        "min_gram_length": int(rng.integers(1, 3)),
        "max_gram_length": 2,
        "max_skip_count": int(rng.integers(0, 4)),
        "ngram_counts": [0, 4],
        "ngram_indexes": [0, 1, 2, 3, 4, 5, 6],
        "pool_int64s": [2, 3, 5, 4, 5, 6, 7, 2, 6, 7],
    } | some_attributes(rng, weights=[float(v) for v in np.round(rng.random(7), 2)])
    return Call("TfIdfVectorizer", 9, [rng.integers(2, 8, [2, 9]).astype(pick(rng, np.int64, np.int32))], attributes)


def loss(rng):
    op, opset = pick(rng, ("NegativeLogLikelihoodLoss", 13), ("NegativeLogLikelihoodLoss", 22), ("SoftmaxCrossEntropyLoss", 13))
    x = floats(rng, 3, 5, *shape_of(rng, rng.integers(0, 3)))
    target = rng.integers(0, 5, [3, *x.shape[2:]])
    inputs = [x, target] + ([rng.random(5).astype(np.float32)] if rng.random() < 0.5 else [])
    attributes = some_attributes(rng, reduction=pick(rng, "none", "sum", "mean"))
    attributes |= {"ignore_index": int(rng.integers(5))} if rng.random() < 0.4 else {}
    outputs = 2 if op.startswith("Softmax") and rng.random() < 0.5 else 1
    return Call(op, opset, inputs, attributes, outputs)


def gather_elements(rng):
    x = floats(rng, *shape_of(rng, 3))
    axis = int(rng.integers(-3, 3))
    shape = [int(rng.integers(1, size + 1)) for size in x.shape]
    indices = rng.integers(-x.shape[axis], x.shape[axis], shape)
    return Call("GatherElements", pick(rng, 11, 13), [x, indices.astype(pick(rng, np.int32, np.int64))], {"axis": axis})


def gather_nd(rng):
    x = floats(rng, *shape_of(rng, 4))
    batch = int(rng.integers(0, 3))
    count = int(rng.integers(1, 5 - batch))
    sizes = np.array(x.shape[batch : batch + count])
    lead = [*x.shape[:batch], *shape_of(rng, rng.integers(0, 2), 1, 4)] or [3]
    indices = rng.integers(-sizes, sizes, [*lead, count])
    return Call("GatherND", pick(rng, 12, 13), [x, indices], {"batch_dims": batch})


def scatter_elements(rng):
    opset = pick(rng, 11, 13, 16, 18)
    x = floats(rng, *shape_of(rng, 3))
    axis = int(rng.integers(-3, 3))
    reductions = {11: ["none"], 13: ["none"], 16: ["none", "add", "mul"], 18: ["none", "add", "mul", "max", "min"]}
    reduction = pick(rng, *reductions[opset])
    shape = [int(rng.integers(1, size + 1)) for size in x.shape]
    indices = rng.integers(-x.shape[axis], x.shape[axis], shape)
    attributes = {"axis": axis} | ({"reduction": reduction} if opset >= 16 else {})
    return Call("ScatterElements", opset, [x, indices, floats(rng, *shape)], attributes)


def scatter_nd(rng):
    opset = pick(rng, 11, 13, 16, 18)
    x = floats(rng, *shape_of(rng, 3))
    count = int(rng.integers(1, 4))
    sizes = np.array(x.shape[:count])
    indices = rng.integers(-sizes, sizes, [int(rng.integers(1, 5)), count])
    reductions = {11: ["none"], 13: ["none"], 16: ["none", "add", "mul"], 18: ["none", "add", "mul", "max", "min"]}
    attributes = {"reduction": pick(rng, *reductions[opset])} if opset >= 16 else {}
    return Call("ScatterND", opset, [x, indices, floats(rng, len(indices), *x.shape[count:])], attributes)


def tile(rng):
    x = floats(rng, *shape_of(rng, 3, 1, 4))
    return Call("Tile", pick(rng, 7, 13), [x, rng.integers(0, 4, 3)], constants=(1,))


def trilu(rng):
    x = floats(rng, *shape_of(rng, 3))
    return Call("Trilu", 14, [x, np.array(int(rng.integers(-9, 10)))], some_attributes(rng, upper=int(rng.integers(2))))


def depth_to_space(rng):
    opset = pick(rng, 7, 11, 13)
    block = int(rng.integers(1, 4))
    x = floats(rng, 2, 3 * block * block, *shape_of(rng, 2, 1, 4))
    attributes = {"blocksize": block} | ({"mode": pick(rng, "DCR", "CRD")} if opset >= 11 else {})
    return Call("DepthToSpace", opset, [x], attributes)


def space_to_depth(rng):
    block = int(rng.integers(1, 4))
    height, width = shape_of(rng, 2, 1, 4)
    return Call("SpaceToDepth", pick(rng, 7, 13), [floats(rng, 2, 3, height * block, width * block)], {"blocksize": block})


def one_hot(rng):
    indices = rng.integers(-5, 5, shape_of(rng, 2)).astype(pick(rng, np.int64, np.float32))
    depth = np.array(int(rng.integers(1, 7)), indices.dtype)
    attributes = some_attributes(rng, axis=int(rng.integers(-3, 3)))
    return Call("OneHot", pick(rng, 9, 11), [indices, depth, floats(rng, 2)], attributes, constants=(1,))


def top_k(rng):
    opset = pick(rng, 7, 10, 11)
    x = rng.integers(-3, 4, shape_of(rng, 3, 1, 9)).astype(np.float32)
    axis = int(rng.integers(-3, 3))
    k = int(rng.integers(1, x.shape[axis] + 1))
    if opset == 7:
        return Call("TopK", opset, [x], {"axis": axis % 3, "k": k}, outputs=2)
    attributes = {"axis": axis} | (some_attributes(rng, largest=int(rng.integers(2))) if opset == 11 else {})
    return Call("TopK", opset, [x, np.array([k])], attributes, outputs=2, constants=(1,))


def pad(rng):
    opset = pick(rng, 7, 11, 13, 18, 19)
    x = floats(rng, *shape_of(rng, 3, 3, 6))
    mode = pick(rng, "constant", "reflect", "edge", *(["wrap"] if opset >= 19 else []))
    least = -1 if mode in ("constant", "edge") else 0
    pads = rng.integers(least, 3, 6)
    if opset == 7:
        return Call("Pad", opset, [x], {"mode": mode, "pads": [int(v) for v in pads]} | some_attributes(rng, value=1.5))
    inputs = [x, pads, np.array(2.5, np.float32) if mode == "constant" and rng.random() < 0.6 else None]
    if opset >= 18 and rng.random() < 0.5:
        inputs = [x, pads[:4], inputs[2], np.array([0, -1])]
    while inputs[-1] is None:
        inputs.pop()
    return Call("Pad", opset, inputs, {"mode": mode}, constants=(1, 2, 3))


def slice_(rng):
    opset = pick(rng, 7, 10, 11, 13)
    x = floats(rng, *shape_of(rng, 3, 1, 8))
    axes = rng.permutation(3)[: rng.integers(1, 4)]
    starts, ends = rng.integers(-9, 10, len(axes)), rng.integers(-9, 10, len(axes))
    if opset == 7:
        lists = {"axes": axes, "starts": starts, "ends": ends}
        return Call("Slice", opset, [x], {name: [int(v) for v in values] for name, values in lists.items()})
    steps = rng.choice([-3, -2, -1, 1, 2, 3], len(axes))
    return Call("Slice", opset, [x, starts, ends, axes, steps], constants=(1, 2, 3, 4))


def split(rng):
    opset = pick(rng, 7, 11, 13, 18)
    parts = [int(v) for v in rng.integers(1, 4, rng.integers(1, 4))]
    shape = shape_of(rng, 3)
    axis = int(rng.integers(-3 if opset >= 11 else 0, 3))
    shape[axis] = sum(parts)
    x = floats(rng, *shape)
    if opset >= 18 and rng.random() < 0.5:
        count = int(rng.integers(1, 4))
        shape[axis] = int(rng.integers(count, 8)) if count != 3 else int(pick(rng, 3, 5, 6, 8))
        attributes = {"axis": axis, "num_outputs": count}
        return Call("Split", opset, [floats(rng, *shape)], attributes, outputs=count)
    if opset < 13:
        return Call("Split", opset, [x], {"axis": axis, "split": parts}, outputs=len(parts))
    return Call("Split", opset, [x, np.array(parts)], {"axis": axis}, outputs=len(parts), constants=(1,))


def range_(rng):
    dtype = pick(rng, np.float32, np.int32, np.int64)
    delta = pick(rng, 1, 2, -1, -3, 0.1, 0.3, -0.7)
    delta = delta if dtype == np.float32 else int(np.sign(delta) * max(abs(delta), 1))
    inputs = [np.array(v, dtype) for v in (rng.integers(-5, 5), rng.integers(-9, 9), delta)]
    return Call("Range", 11, inputs, constants=(0, 1, 2))


GENERATORS = {
    **integer_cases.GENERATORS,
    **network_cases.GENERATORS,
    **old_opset_cases.GENERATORS,
    "AffineGrid": affine_grid,
    "BitCast": bit_cast,
    "BitShift": bit_shift,
    "CenterCropPad": center_crop_pad,
    "Compress": compress,
    "CumSum, CumProd": running,
    "DFT": dft,
    "DepthToSpace": depth_to_space,
    "Det": det,
    "EyeLike": eye_like,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "GridSample": grid_sample,
    "MaxRoiPool": max_roi_pool,
    "MelWeightMatrix": mel_weight_matrix,
    "NonMaxSuppression": non_max_suppression,
    "NonZero": non_zero,
    "OneHot": one_hot,
    "Pad": pad,
    "Range": range_,
    "Resize": resize,
    "ReverseSequence": reverse_sequence,
    "RoiAlign": roi_align,
    "STFT": stft,
    "ScatterElements": scatter_elements,
    "ScatterND": scatter_nd,
    "Slice": slice_,
    "SpaceToDepth": space_to_depth,
    "Split": split,
    "TfIdfVectorizer": tf_idf,
    "Tile": tile,
    "TopK": top_k,
    "Trilu": trilu,
    "Unique": unique,
    "Upsample": upsample,
    "losses": loss,
    "windows": window,
}
