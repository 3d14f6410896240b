# SPDX-License-Identifier: Apache-2.0
"""Productions of the operators that ONNX Runtime's optimiser and older exporters write beside the standard ones."""

import math

import numpy as np

from draft import Rejected
from networks import window
from productions import MICROSOFT, NOT_DRAWN, production
from quantised import bounds, conv_parts, quantised, scale, zero

for operator in ("NhwcConv", "NhwcFusedConv", "ConvTransposeWithDynamicPads", "GemmFastGelu", "BiasSplitGelu", "GroupNorm", "SkipGroupNorm", "BiasAdd"):
    NOT_DRAWN[MICROSOFT, operator] = "ONNX Runtime has no kernel for it on a CPU; it becomes a few standard operators, which are drawn"
for operator in ("QAttention", "EmbedLayerNormalization", "QLinearReduceMean", "QLinearWhere", "BiasDropout"):
    NOT_DRAWN[MICROSOFT, operator] = "it becomes a few standard operators, which are drawn; tests/cli/test_fused_operators.py compares it"
for operator in ("Affine", "Crop", "ImageScaler", "ParametricSoftplus", "Scale", "ScaledTanh"):
    NOT_DRAWN["", operator] = "left out of the standard before opset 10; it becomes a few standard operators, which are drawn"


def single(d, **options):
    return d.floating(dtype="float32", **options)


@production("BiasGelu", "FastGelu", "BiasSoftmax", domain=MICROSOFT)
def biased(d, op):
    x = single(d, least=2, low=-20, high=20)
    shape = x.shape if op == "BiasSoftmax" else x.shape[-1:]
    bias = d.constant(d.array(shape, "float32", -1, 1))
    made = {"axis": x.rank - 1, "is_inner_broadcast": 0} if op == "BiasSoftmax" else {}
    return d.add(op, [x, bias], x.shape, low=-22, high=22, domain=MICROSOFT, **made)


@production("Gelu", "QuickGelu", domain=MICROSOFT)
def gelu(d, op):
    x = single(d, low=-50, high=50)
    return d.add(op, [x], x.shape, low=-51, high=51, domain=MICROSOFT, alpha=1.702 if op == "QuickGelu" else None)


@production("FusedMatMul", "TransposeMatMul", domain=MICROSOFT)
def fused_matmul(d, op):
    a = single(d, least=2, most=4)
    flip_a, flip_b = d.r.randint(0, 1), d.r.randint(0, 1)
    rows, depth = (a.shape[-1], a.shape[-2]) if flip_a else a.shape[-2:]
    columns = d.size(17)
    lead = a.shape[:-2]
    b = d.fresh(lead + ((columns, depth) if flip_b else (depth, columns)), "float32")
    if math.prod(lead) * rows * columns * depth > 1e6 or math.prod(lead) * rows * columns > 2e4:
        raise Rejected("too large")
    size = a.size * 4 * depth
    return d.add(op, [a, b], (*lead, rows, columns), low=-size, high=size, domain=MICROSOFT, transA=flip_a, transB=flip_b, alpha=d.r.choice((1.0, 0.25)))


@production("FusedGemm", domain=MICROSOFT)
def fused_gemm(d, op):
    a = single(d, rank=2)
    columns = d.size(17)
    inputs = [a, d.weights(a.shape[1], columns, dtype="float32"), d.weights(columns, dtype="float32")]
    size = a.size * 4 * a.shape[1] + 4
    return d.add(op, inputs, (a.shape[0], columns), low=-size, high=size, domain=MICROSOFT, activation=d.r.choice(("Relu", "Sigmoid", "Tanh")))


@production("MatMulNBits", domain=MICROSOFT)
def matmul_bits(d, op):
    block = d.r.choice((16, 32))
    blocks, rows, columns = d.r.randint(1, 3), d.size(8), d.size(17)
    x = d.fresh((rows, block * blocks), "float32")
    b = d.constant(d.array((columns, blocks, block // 2), "uint8", 0, 255))
    inputs = [x, b, d.constant(d.n.uniform(0.01, 0.1, columns * blocks).astype(np.float32))]
    if d.chance(0.4):
        inputs.append(d.constant(d.array((columns * ((blocks + 1) // 2),), "uint8", 0, 255)))
    return d.add(op, inputs, (rows, columns), low=-300, high=300, domain=MICROSOFT, K=block * blocks, N=columns, bits=4, block_size=block)


@production("FusedConv", domain=MICROSOFT)
def fused_conv(d, op):
    x = single(d, rank=4)
    filters = d.r.choice((1, 3, 8, 17))
    made, sizes = window(d, x.shape[2:], dilates=False)
    if x.shape[0] * filters * math.prod(sizes) * x.shape[1] * math.prod(made["kernel_shape"]) > 1e6:
        raise Rejected("too large")
    inputs = [x, d.weights(filters, x.shape[1], *made["kernel_shape"], dtype="float32"), d.weights(filters, dtype="float32")]
    shape = (x.shape[0], filters, *sizes)
    if d.chance(0.4):
        inputs.append(d.fresh(shape, "float32"))
    size = 9 * x.size + 5
    return d.add(op, inputs, shape, low=-size, high=size, domain=MICROSOFT, activation=d.r.choice(("Relu", "Sigmoid", "Tanh")), **made)


@production("SkipLayerNormalization", "SkipSimplifiedLayerNormalization", domain=MICROSOFT)
def skip_norm(d, op):
    x = single(d, rank=3)
    c = x.shape[-1]
    skip = d.fresh(x.shape, "float32")
    vectors = [d.constant(d.array((c,), "float32", 0.5, 1.5))]
    if op == "SkipLayerNormalization":
        vectors += [d.constant(d.array((c,), "float32", -1, 1))] + ([d.constant(d.array((c,), "float32", -1, 1))] if d.chance(0.5) else [])
    outputs = [(x.shape, "float32", -60, 60)] + ([None, None, (x.shape, "float32", -x.size - 3, x.size + 3)] if d.chance(0.4) else [])
    return d.add_many(op, [x, skip, *vectors], outputs, MICROSOFT, epsilon=1e-3)[0]


@production("SimplifiedLayerNormalization")
def simplified_norm(d, op):
    x = single(d, least=2)
    return d.add(op, [x, d.constant(d.array(x.shape[-1:], "float32", 0.5, 1.5))], x.shape, low=-60, high=60, axis=-1, epsilon=1e-3, stash_type=1)


@production("Attention", domain=MICROSOFT)
def attention(d, op):
    n, t, heads, width = d.r.randint(1, 2), d.r.randint(1, 8), d.r.choice((1, 2)), d.r.choice((2, 4))
    c = heads * width
    x = d.fresh((n, t, c), "float32")
    return d.add(op, [x, d.weights(c, 3 * c, dtype="float32"), d.weights(3 * c, dtype="float32")], (n, t, c), low=-20, high=20, domain=MICROSOFT, num_heads=heads)


@production("MultiHeadAttention", domain=MICROSOFT)
def multi_head(d, op):
    n, t, s, heads, width = d.r.randint(1, 2), d.r.randint(1, 8), d.r.randint(1, 8), d.r.choice((1, 2)), d.r.choice((2, 4))
    c = heads * width
    return d.add(op, [d.fresh((n, t, c), "float32"), d.fresh((n, s, c), "float32"), d.fresh((n, s, c), "float32")], (n, t, c), low=-2, high=2,
                 domain=MICROSOFT, num_heads=heads)


@production("ExpandDims", domain=MICROSOFT)
def expand_dims(d, op):
    x = single(d, least=1, most=4)
    axis = d.r.randint(0, x.rank)
    return d.add(op, [x, d.constant(np.int32(axis))], (*x.shape[:axis], 1, *x.shape[axis:]), low=x.low, high=x.high, domain=MICROSOFT)


@production("Pad", domain=MICROSOFT)
def pad(d, op):
    x = single(d, least=1, most=4)
    before, after = ([d.r.randint(0, 2) for _ in x.shape] for _ in range(2))
    shape = tuple(s + b + e for s, b, e in zip(x.shape, before, after))
    return d.add(op, [x, d.ints(*before, *after)], shape, low=min(x.low, 0), high=max(x.high, 0), domain=MICROSOFT, mode=d.r.choice(("constant", "edge")))


@production("Trilu", domain=MICROSOFT)
def trilu(d, op):
    x = single(d, least=2)
    return d.add(op, [x, d.constant(np.int64(d.r.randint(-2, 2)))], x.shape, low=min(x.low, 0), high=max(x.high, 0), domain=MICROSOFT, upper=d.r.randint(0, 1))


@production("Range", domain=MICROSOFT)
def range_(d, op):
    count = d.r.randint(1, 9)
    return d.add(op, [d.constant(np.float32(v)) for v in (1, 1 + 2 * count, 2)], (count,), "float32", 0, 20, domain=MICROSOFT)


@production("GatherND", domain=MICROSOFT)
def gather_nd(d, op):
    x = single(d, rank=2)
    index = d.constant(np.stack([d.n.integers(0, s, 5) for s in x.shape], -1).astype(np.int64))
    return d.add(op, [x, index], (5,), "float32", x.low, x.high, domain=MICROSOFT)


@production("GridSample", domain=MICROSOFT)
def grid_sample(d, op):
    x = single(d, rank=4)
    grid = d.fresh((x.shape[0], 3, 4, 2), "float32", -1.2, 1.2)
    return d.add(op, [x, grid], (*x.shape[:2], 3, 4), low=-4 * x.size, high=4 * x.size, domain=MICROSOFT, mode=d.r.choice(("bilinear", "nearest", "bicubic")),
                 padding_mode=d.r.choice(("zeros", "border")), align_corners=d.r.randint(0, 1))


@production("NhwcMaxPool", domain=MICROSOFT)
def nhwc_max_pool(d, op):
    x = quantised(d, rank=4)
    made, sizes = window(d, x.shape[1:3], dilates=False)
    if "pads" in made and any(p >= k for p, k in zip(made["pads"], made["kernel_shape"] * 2)):
        raise Rejected("padding as large as the window")
    return d.add(op, [x], (x.shape[0], *sizes, x.shape[3]), x.dtype, *bounds(x.dtype), domain=MICROSOFT, **made)


@production("QLinearConv", domain=MICROSOFT)
def qlinear_conv(d, op):
    x = quantised(d, rank=4)
    made, w, shape = conv_parts(d, x)
    size = math.sqrt(math.prod(w.shape[1:]))
    inputs = [x, scale(d), zero(d, x.dtype), w, scale(d), zero(d, "uint8") if w.dtype == "uint8" else d.constant(np.int8(0)),
              scale(d, None, 0.02 * size, 0.06 * size), zero(d, x.dtype)]
    return d.add(op, inputs, shape, x.dtype, *bounds(x.dtype), domain=MICROSOFT, channels_last=0, **made)
