# SPDX-License-Identifier: Apache-2.0
"""Productions of operators with bodies, and of sequences of tensors."""

import numpy as np
from onnx import helper

from draft import ONNX_TYPE, Rejected, Value
from productions import NOT_DRAWN, production

for operator in ("SequenceMap", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceInsert", "SequenceErase", "SequenceEmpty"):
    NOT_DRAWN["", operator] = "it is resolved while types are inferred and leaves nothing to compute; control_test.cc has its cases"


def body(d, name, nodes, inputs, outputs):
    """A graph of an attribute. inputs and outputs: (name, type, shape)."""
    infos = [[helper.make_tensor_value_info(n, ONNX_TYPE[dtype], list(shape)) for n, dtype, shape in side] for side in (inputs, outputs)]
    return helper.make_graph(nodes, name, *infos)


@production("If")
def if_(d, op):
    x = d.floating(low=-50, high=50)
    condition = d.constant(np.array(d.chance(0.5))) if d.chance(0.4) else d.input((), "bool", 0, 1)
    branches = {}
    for key in ("then_branch", "else_branch"):
        made = [d.name() for _ in range(2)]
        nodes = [helper.make_node(d.r.choice(("Relu", "Neg", "Abs")), [x.name], made[:1]), helper.make_node(d.r.choice(("Sigmoid", "Tanh", "Identity")), made[:1], made[1:])]
        branches[key] = body(d, key, nodes, [], [(made[1], x.dtype, x.shape)])
    d.read.add(x.name)
    return d.add(op, [condition], x.shape, x.dtype, -50, 50, **branches)


@production("Loop")
def loop(d, op):
    x = d.floating(low=-5, high=5)
    trips = d.r.randint(1, 4)
    i, keep, state, keep_out, product, state_out, row = (d.name() for _ in range(7))
    half = d.scalar(0.5, x.dtype)
    nodes = [helper.make_node("Identity", [keep], [keep_out]), helper.make_node("Mul", [state, half.name], [product]),
             helper.make_node("Add", [product, x.name], [state_out]), helper.make_node("Relu", [state_out], [row])]
    inner = body(d, "body", nodes, [(i, "int64", ()), (keep, "bool", ()), (state, x.dtype, x.shape)],
                 [(keep_out, "bool", ()), (state_out, x.dtype, x.shape), (row, x.dtype, x.shape)])
    d.read.update((x.name, half.name))
    condition = d.constant(np.array(True)) if d.chance(0.5) else None
    outputs = [(x.shape, x.dtype, -20, 20), ((trips, *x.shape), x.dtype, 0, 20)]
    if x.rank > 4 or x.elements * trips > 2e4:
        raise Rejected("too large")
    return d.add_many(op, [d.constant(np.int64(trips)), condition, x], outputs, body=inner)[0]


@production("Scan")
def scan(d, op):
    if d.opset < 9:
        raise Rejected("another operator of this name")
    steps, shape = d.r.randint(1, 4), d.shape(d.r.randint(1, 3), 500)
    x, first = d.fresh((steps, *shape)), d.fresh(shape)
    state, part, total, row = (d.name() for _ in range(4))
    nodes = [helper.make_node("Add", [state, part], [total]), helper.make_node("Tanh", [total], [row])]
    inner = body(d, "body", nodes, [(state, x.dtype, shape), (part, x.dtype, shape)], [(total, x.dtype, shape), (row, x.dtype, shape)])
    return d.add_many(op, [first, x], [(shape, x.dtype, -10, 10), ((steps, *shape), x.dtype, -1, 1)], body=inner, num_scan_inputs=1)[1]


def sequence(d, op, inputs, **attributes):
    """A node that makes a sequence, which only the next one reads."""
    name = d.name()
    d.nodes.append(helper.make_node(op, [v.name for v in inputs], [name], f"{op}_{len(d.nodes)}", **attributes))
    d.used.add(("", op))
    d.read.update(v.name for v in inputs)
    return name


@production("SequenceConstruct", "SequenceAt", "SplitToSequence", "ConcatFromSequence", "SequenceLength")
def sequences(d, op):
    x = d.floating(least=1, most=4)
    if not all(d.knows(name) for name in ("SequenceConstruct", "SequenceAt", "SplitToSequence", "ConcatFromSequence", "SequenceLength")):
        raise Rejected("no sequences")
    if op == "SplitToSequence" or d.chance(0.3):
        made, count, part = sequence(d, "SplitToSequence", [x], axis=0, keepdims=1), x.shape[0], (1, *x.shape[1:])
    else:
        made, count, part = sequence(d, "SequenceConstruct", [x, d.fresh(x.shape, x.dtype)]), 2, x.shape
    y = d.name()
    if op == "SequenceLength":
        d.nodes.append(helper.make_node("SequenceLength", [made], [y]))
        return add_value(d, y, "int64", (), 0, 100)
    if op == "ConcatFromSequence" or d.chance(0.3):
        d.used.add(("", "ConcatFromSequence"))
        d.nodes.append(helper.make_node("ConcatFromSequence", [made], [y], axis=0))
        return add_value(d, y, x.dtype, (part[0] * count, *part[1:]), -x.size - 2, x.size + 2)
    index = d.constant(np.int64(d.r.randrange(-count, count)))
    d.read.add(index.name)
    d.nodes.append(helper.make_node("SequenceAt", [made, index.name], [y]))
    return add_value(d, y, x.dtype, part, -x.size - 2, x.size + 2)


def add_value(d, name, dtype, shape, low, high):
    value = Value(name, dtype, tuple(shape), low, high)
    d.values.append(value)
    return value
