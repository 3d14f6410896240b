# SPDX-License-Identifier: Apache-2.0
"""Random calls of the operators that networks are made of: attention, recurrence, transposed convolution, pooling."""

from __future__ import annotations

import numpy as np
from call import Call, floats, pick, shape_of, some_attributes


def attention(rng):
    opset = pick(rng, 23, 24, 25)
    batch, kv_heads, queries, keys, size, v_size = shape_of(rng, 6)
    heads = kv_heads * pick(rng, 1, 2, 3)
    attributes = some_attributes(rng, scale=float(rng.uniform(0.1, 1)))
    if rng.random() < 0.5:
        q, k, v = (floats(rng, batch, *s) for s in ((queries, heads * size), (keys, kv_heads * size), (keys, kv_heads * v_size)))
        attributes |= {"q_num_heads": heads, "kv_num_heads": kv_heads}
    else:
        q, k, v = (floats(rng, batch, *s) for s in ((heads, queries, size), (kv_heads, keys, size), (kv_heads, keys, v_size)))
    mask = None
    if rng.random() < 0.6:
        full = [batch, heads, queries, keys][rng.integers(3) :]
        mask = floats(rng, *full) if rng.random() < 0.5 else rng.random(full) < 0.7
    if rng.random() < 0.4:
        attributes["is_causal"] = 1
    if rng.random() < 0.3:
        attributes["softcap"] = float(rng.uniform(0.5, 3))
    if opset >= 25 and rng.random() < 0.4:
        attributes |= {"left_window_size": int(rng.integers(-1, 3)), "right_window_size": int(rng.integers(-1, 3))}
    return Call("Attention", opset, [q, k, v, mask], attributes, constants=pick(rng, (), (3,)))


def rotary_embedding(rng):
    batch, heads, length, pairs = shape_of(rng, 4)
    turned = int(2 * rng.integers(0, pairs + 1))
    half = (turned or 2 * pairs) // 2
    attributes = {"rotary_embedding_dim": turned, "interleaved": int(rng.integers(2))}
    x = floats(rng, batch, heads, length, 2 * pairs)
    if rng.random() < 0.5:
        x, attributes["num_heads"] = floats(rng, batch, length, heads * 2 * pairs), heads
    if rng.random() < 0.5:
        return Call("RotaryEmbedding", 23, [x, floats(rng, batch, length, half), floats(rng, batch, length, half)], attributes)
    positions = rng.integers(0, 9, (batch, length))
    return Call("RotaryEmbedding", 23, [x, floats(rng, 9, half), floats(rng, 9, half), positions], attributes)


def rms_normalization(rng):
    x = floats(rng, *shape_of(rng, int(rng.integers(1, 5))))
    axis = int(rng.integers(-x.ndim, x.ndim))
    return Call("RMSNormalization", 23, [x, floats(rng, *x.shape[axis:])], {"axis": axis} | some_attributes(rng, epsilon=0.01))


def linear_attention(rng):
    batch, length, kv_heads, size, v_size = shape_of(rng, 5, most=4)
    heads, rule = kv_heads * pick(rng, 1, 2), pick(rng, "linear", "gated", "delta", "gated_delta")
    decay = -0.3 * np.abs(floats(rng, batch, length, pick(rng, kv_heads, kv_heads * size))) if "gated" in rule else None
    beta = rng.random((batch, length, pick(rng, kv_heads, 1))).astype(np.float32) if "delta" in rule else None
    state = floats(rng, batch, kv_heads, size, v_size) if rng.random() < 0.5 else None
    q, k, v = (floats(rng, batch, length, n) for n in (heads * size, kv_heads * size, kv_heads * v_size))
    attributes = {"q_num_heads": heads, "kv_num_heads": kv_heads, "update_rule": rule}
    return Call("LinearAttention", 27, [q, k, v, state, decay, beta], attributes, outputs=2)


def recurrent(op, gates, functions):
    """Without ThresholdedRelu, whose default threshold is another in ONNX Runtime, and Softplus, which overflows there."""
    plain = ["Sigmoid", "Tanh", "Relu", "Softsign"]

    def draw(rng):
        steps, batch, inputs, hidden = shape_of(rng, 4)
        direction = pick(rng, "forward", "reverse", "bidirectional")
        n = 2 if direction == "bidirectional" else 1
        attributes = {"direction": direction, "hidden_size": hidden}
        if rng.random() < 0.5:
            attributes["activations"] = [pick(rng, *plain, "HardSigmoid", "Elu") for _ in range(n * functions)]
        if op == "GRU":
            attributes |= some_attributes(rng, linear_before_reset=1)

        def maybe(array):
            return array if rng.random() < 0.5 else None

        lengths = rng.integers(1, steps + 1, batch).astype(np.int32)
        inputs = [floats(rng, steps, batch, inputs), floats(rng, n, gates * hidden, inputs), floats(rng, n, gates * hidden, hidden)]
        inputs += [maybe(floats(rng, n, 2 * gates * hidden)), maybe(lengths), maybe(floats(rng, n, batch, hidden))]
        if op == "LSTM":
            inputs += [maybe(floats(rng, n, batch, hidden)), maybe(floats(rng, n, 3 * hidden))]
        constants = pick(rng, (), (1, 2))
        return Call(op, pick(rng, 7, 14, 22), inputs, attributes, outputs=3 if op == "LSTM" else 2, constants=constants)

    return draw


def conv_transpose(rng):
    rank, group = pick(rng, 1, 2, 2, 3), pick(rng, 1, 2)
    size, kernel, strides, dilations = shape_of(rng, rank), shape_of(rng, rank, 1, 3), shape_of(rng, rank, 1, 3), shape_of(rng, rank, 1, 2)
    more = [int(rng.integers(0, s)) for s in strides]
    reach = [s * (n - 1) + m + (k - 1) * d + 1 for s, n, m, k, d in zip(strides, size, more, kernel, dilations)]
    attributes = {"strides": strides, "dilations": dilations, "group": group, "output_padding": more}
    if rng.random() < 0.4:
        attributes["pads"] = [int(rng.integers(0, max(1, (r + 1) // 2))) for r in reach] * 2
    elif rng.random() < 0.4:
        attributes["output_shape"] = [max(1, r - int(rng.integers(0, 3))) for r in reach]
    x = floats(rng, 2, 2 * group, *size)
    bias = floats(rng, 3 * group) if rng.random() < 0.5 else None
    return Call("ConvTranspose", pick(rng, 7, 11, 22), [x, floats(rng, 2 * group, 3, *kernel), bias], attributes)


def conv(rng):
    """Over one and three axes; of three, one often has a kernel of 1."""
    rank, group = pick(rng, 1, 3), pick(rng, 1, 2)
    kernel = shape_of(rng, rank, 1, 3)
    if rank == 3 and rng.random() < 0.7:
        kernel[rng.integers(3)] = 1
    attributes = {"group": group, "strides": [1 if k == 1 else pick(rng, 1, 2) for k in kernel]}
    attributes["pads"] = [0 if k == 1 else 1 for k in kernel] * 2
    x = floats(rng, 2, 2 * group, *shape_of(rng, rank, 3, 6))
    return Call("Conv", pick(rng, 7, 11, 22), [x, floats(rng, 3 * group, 2, *kernel)], attributes, constants=pick(rng, (), (1,)))


def deform_conv(rng):
    group, offsets, kernel, strides = pick(rng, 1, 2), pick(rng, 1, 2), shape_of(rng, 2, 1, 3), shape_of(rng, 2, 1, 2)
    pads = [int(p) for p in rng.integers(0, 2, 4)]
    out = [(n + pads[i] + pads[i + 2] - kernel[i]) // strides[i] + 1 for i, n in enumerate((7, 6))]
    taps = offsets * kernel[0] * kernel[1]
    inputs = [floats(rng, 2, 4, 7, 6), floats(rng, 2 * group, 4 // group, *kernel), 2 * floats(rng, 2, 2 * taps, *out)]
    inputs += [None, floats(rng, 2, taps, *out)] if rng.random() < 0.5 else []
    attributes = {"group": group, "offset_group": offsets, "strides": strides, "pads": pads}
    return Call("DeformConv", pick(rng, 19, 22), inputs, attributes)


def col2im(rng):
    """Over two axes: ONNX Runtime ignores dilations over any other number."""
    image, block, strides, dilations = shape_of(rng, 2, 4, 7), shape_of(rng, 2, 1, 2), shape_of(rng, 2, 1, 2), shape_of(rng, 2, 1, 2)
    windows = np.prod([(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(image, block, dilations, strides)])
    x = floats(rng, 2, 3 * block[0] * block[1], int(windows))
    return Call("Col2Im", 18, [x, np.array(image), np.array(block)], {"strides": strides, "dilations": dilations}, constants=(1, 2))


def lp_pool(rng):
    opset, rank = pick(rng, 11, 18, 22), int(rng.integers(1, 4))
    kernel = shape_of(rng, rank, 1, 3)
    attributes = {"kernel_shape": kernel} | some_attributes(rng, p=pick(rng, 1, 2, 3), strides=shape_of(rng, rank, 1, 2))
    attributes |= some_attributes(rng, pads=[int(rng.integers(0, k)) for k in kernel] * 2)
    if opset >= 18:
        attributes |= some_attributes(rng, dilations=shape_of(rng, rank, 1, 2), ceil_mode=1)
    return Call("LpPool", opset, [floats(rng, 2, 3, *shape_of(rng, rank, 5, 8))], attributes)


def global_lp_pool(rng):
    return Call("GlobalLpPool", 7, [floats(rng, 2, 3, *shape_of(rng, 2))], some_attributes(rng, p=pick(rng, 1, 3)))


def batch_normalization(rng):
    opset = pick(rng, 9, 14, 15)
    attributes, outputs = some_attributes(rng, epsilon=0.01, momentum=0.5), 1
    if rng.random() < 0.6:
        attributes |= {"training_mode": 1} if opset >= 14 else {}
        outputs = 3 if opset >= 14 else 5
    inputs = [floats(rng, *shape_of(rng, 1, 2, 3), 3, *shape_of(rng, 2)), *(floats(rng, 3) for _ in range(3))]
    return Call("BatchNormalization", opset, [*inputs, np.abs(floats(rng, 3))], attributes, outputs=outputs)


def einsum(rng):
    equation, *shapes = pick(
        rng,
        ("bhid,bhjd->bhij", (2, 3, 4, 5), (2, 3, 6, 5)),
        ("bhij,bhjd->bhid", (2, 3, 4, 5), (2, 3, 5, 6)),
        ("...ij,...jk->...ik", (2, 3, 4), (2, 4, 5)),
        ("oc,bchw->bohw", (6, 3), (2, 3, 4, 5)),
        ("bxhyd,md->bhxym", (2, 3, 2, 4, 5), (6, 5)),
        ("bi,bj->bij", (2, 3), (2, 4)),
        ("ij,ij->", (3, 4), (3, 4)),
        ("...ii->...", (2, 3, 3)),
        ("bij,bjk,bkl->bil", (2, 3, 4), (2, 4, 5), (2, 5, 3)),
    )
    constants = pick(rng, (), (0,), (1,)) if len(shapes) == 2 else ()
    return Call("Einsum", 12, [floats(rng, *s) for s in shapes], {"equation": equation}, constants=constants)


GENERATORS = {
    "Attention": attention,
    "BatchNormalization": batch_normalization,
    "Col2Im": col2im,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "DeformConv": deform_conv,
    "Einsum": einsum,
    "GRU": recurrent("GRU", 3, 2),
    "GlobalLpPool": global_lp_pool,
    "LSTM": recurrent("LSTM", 4, 3),
    "LinearAttention": linear_attention,
    "LpPool": lp_pool,
    "RMSNormalization": rms_normalization,
    "RNN": recurrent("RNN", 1, 1),
    "RotaryEmbedding": rotary_embedding,
}
