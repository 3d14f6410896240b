# SPDX-License-Identifier: Apache-2.0
"""Productions of operators of sequences and tokens: recurrent layers, attention, rotations."""

import numpy as np

from draft import numpy_type
from productions import NOT_DRAWN, production

for key in (("", "CausalConvWithState"), ("", "LinearAttention"), ("", "SwiGLU"), ("ai.onnx.preview", "FlexAttention")):
    NOT_DRAWN[key] = "of opset 27 or a draft, which ONNX Runtime does not have; the standard's own cases judge it"


@production("LSTM", "GRU", "RNN")
def recurrent(d, op):
    t, n, i, h = d.r.randint(1, 5), d.r.randint(1, 3), d.size(8), d.size(8)
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
    direction = d.r.choice(("forward", "reverse", "bidirectional"))
    dirs = 2 if direction == "bidirectional" else 1
    x = d.fresh((t, n, i))
    inputs = [x, d.weights(dirs, gates * h, i), d.weights(dirs, gates * h, h)]
    inputs.append(d.weights(dirs, 2 * gates * h) if d.chance(0.6) else None)
    inputs.append(d.constant(d.n.integers(1, t + 1, n).astype(np.int32)) if d.chance(0.3) else None)
    inputs.append(d.fresh((dirs, n, h), None, -1, 1) if d.chance(0.4) else None)
    if op == "LSTM" and d.chance(0.3):
        inputs.append(d.fresh((dirs, n, h), None, -1, 1))
    while inputs[-1] is None:
        inputs.pop()
    made = {"hidden_size": h, "direction": direction}
    if op == "GRU":
        made["linear_before_reset"] = d.r.randint(0, 1)
    outputs = [((t, dirs, n, h), None, -1, 1), ((dirs, n, h), None, -1, 1)]
    if op == "LSTM" and d.chance(0.4):
        outputs.append(((dirs, n, h), None, -9, 9))
    return d.add_many(op, inputs, outputs, **made)[0]


@production("Attention")
def attention(d, op):
    n, heads, t, s, width, depth = d.r.randint(1, 2), d.r.choice((1, 2, 4)), d.r.randint(1, 9), d.r.randint(1, 9), d.r.choice((2, 4, 8)), d.r.choice((3, 8))
    groups = d.r.choice([g for g in (heads, 1) if heads % g == 0])
    is_flat = d.chance(0.4)
    made = {"is_causal": d.r.choice((0, 0, 1))}
    if is_flat:
        inputs = [d.fresh((n, t, heads * width)), d.fresh((n, s, groups * width)), d.fresh((n, s, groups * depth))]
        made |= {"q_num_heads": heads, "kv_num_heads": groups}
        shape = (n, t, heads * depth)
    else:
        inputs = [d.fresh((n, heads, t, width)), d.fresh((n, groups, s, width)), d.fresh((n, groups, s, depth))]
        shape = (n, heads, t, depth)
    if not made["is_causal"] and d.chance(0.4):
        inputs.append(d.fresh(d.r.choice(((t, s), (1, 1, t, s), (n, heads, t, s)))))
    if d.chance(0.3):
        made["scale"] = 0.3
    if d.chance(0.2):
        made["softcap"] = 2.0
    return d.add(op, inputs, shape, low=-2, high=2, **made)


@production("RotaryEmbedding")
def rotary(d, op):
    n, heads, t, width, most = d.r.randint(1, 2), d.r.choice((1, 2, 3)), d.r.randint(1, 6), d.r.choice((2, 4, 8)), 8
    x = d.fresh((n, heads, t, width))
    angles = d.n.uniform(-3, 3, (most, width // 2))
    caches = [d.constant(f(angles).astype(numpy_type(d.float))) for f in (np.cos, np.sin)]
    places = d.fresh((n, t), "int64", 0, most - 1)
    return d.add(op, [x, *caches, places], x.shape, low=-4, high=4, interleaved=d.r.randint(0, 1))


@production("TensorScatter")
def tensor_scatter(d, op):
    n, heads, most, new, width = d.r.randint(1, 3), d.r.randint(1, 2), 6, d.r.randint(1, 3), d.size(5)
    mode = d.r.choice(("linear", "circular"))
    past, update = d.fresh((n, heads, most, width)), d.fresh((n, heads, new, width))
    places = d.fresh((n,), "int64", 0, most - new if mode == "linear" else most - 1)
    return d.add(op, [past, update, places], past.shape, low=-2, high=2, mode=mode, axis=-2)
