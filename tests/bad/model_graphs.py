# SPDX-License-Identifier: Apache-2.0
"""M18-M26: numbers that are none, versions, graphs, bombs, and operators with impossible attributes."""

import numpy as np
from onnx import helper

from row import (
    BOOL,
    FLOAT,
    INPUT,
    INT64,
    LIMIT,
    MODEL,
    OK,
    REFUSED,
    UINT8,
    UNSUPPORTED,
    block,
    hand_model,
    hand_node,
    hand_relu,
    i64,
    model,
    node,
    noise,
    number,
    relu,
    row,
    try_model,
    value_info,
    varint,
)

X2, Y = [("x", [2])], [("y", None)]
X4 = [("x", [1, 4, 8, 8])]
LOCAL, STANDARD = helper.make_opsetid("local", 1), helper.make_opsetid("", 17)

# ---- M18: special values in weights

for name, value in (("nan", np.nan), ("inf", np.inf), ("denormal", 1e-42), ("large", 3e38)):
    weights = noise(4, 4, 3, 3)
    weights[0, 0, 0, 0] = value
    row("M18", f"weight_{name}", OK, try_model(model([node("Conv", ["x", "w"], ["y"])], X4, Y, {"w": weights})))

# ---- M19: versions and what is missing

for name, expected, made, *words in [
    ("ir_0", REFUSED, relu(ir=0)),
    ("ir_99", UNSUPPORTED, relu(ir=99), "99"),
    ("opset_0", REFUSED, relu(opset=0)),
    ("opset_999", UNSUPPORTED, relu(opset=999), "999"),
    ("opset_negative", REFUSED, relu(opset=-3)),
    ("opset_1", f"{OK}|{UNSUPPORTED}", relu(opset=1)),
    ("opset_twice", OK, relu(opsets=[helper.make_opsetid("", 17)])),
    ("two_opsets", MODEL, relu(opsets=[helper.make_opsetid("", 16)])),
    ("no_opset", REFUSED, hand_node("Relu", ["x"], ["y"])),
    ("unused_domain", OK, relu(opsets=[helper.make_opsetid("com.example", 7)])),
    (
        "all_that_is_missing_at_once",
        UNSUPPORTED,
        model(
            [node("First", ["x"], ["a"], domain="com.example"), node("Second", ["a"], ["b"]), node("Second", ["b"], ["y"])],
            X2,
            Y,
            opsets=[helper.make_opsetid("com.example", 1)],
        ),
        "First",
        "Second",
        "2",
    ),
    (
        "custom_text_operator",
        UNSUPPORTED,
        model([node("BertTokenizer", ["x"], ["y"], domain="ai.onnx.contrib")], X2, Y, opsets=[helper.make_opsetid("ai.onnx.contrib", 1)]),
        "BertTokenizer",
    ),
    ("domain_not_imported", REFUSED, model([node("F", ["x"], ["y"], domain="nobody")], X2, Y), "nobody"),
    ("escapes_in_names", UNSUPPORTED, model([node('E\x1b[31m\n"op', ["x"], ["y"], name="n\x1b]0;x\x07")], X2, Y)),
    ("no_operator", REFUSED, model([node("", ["x"], ["y"])], X2, Y)),
    ("operator_of_100_KB", UNSUPPORTED, model([node("E" * 100_000, ["x"], ["y"])], X2, Y)),
    ("5000_kinds_missing", UNSUPPORTED, model([node(f"E{i}", ["x"], [f"v{i}" if i else "y"]) for i in range(5000)], X2, Y)),
]:
    row("M19", name, expected, try_model(made), *words)

# ---- M20: names and edges


def chain_of_functions(calls):
    """calls: function -> names of the functions that it calls one after the other."""
    made = []
    for name, inner in calls.items():
        chain = ["a", *[f"t{i}" for i in range(1, len(inner))], "b"]
        nodes = [node(call, [chain[i]], [chain[i + 1]], domain="" if call == "Relu" else "local") for i, call in enumerate(inner)]
        made.append(helper.make_function("local", name, ["a"], ["b"], nodes, [STANDARD, LOCAL]))
    return model([node("F0", ["x"], ["y"], domain="local")], X2, Y, functions=made, opsets=[LOCAL])


def nested_if(depth):
    body = hand_node("Identity", [], ["o"])
    for _ in range(depth):
        body = hand_node("If", ["c"], ["o"], block(5, block(1, "then_branch") + block(6, body) + number(20, 5)))
    return hand_model(body + value_info(11, "c", (1,)) + value_info(12, "o"))


def bodies(op, **graphs):
    """A node with bodies of (nodes, inputs, outputs) over x; c is a condition."""
    made = {}
    for name, (nodes, inputs, outputs) in graphs.items():
        values = [[helper.make_tensor_value_info(each, FLOAT, None) for each in part] for part in (inputs, outputs)]
        made[name] = helper.make_graph(nodes, name, *values)
    return model([node(op, ["c"], ["y"], **made)], [*X2, ("c", [], BOOL)], Y)


def nested_loops(depth, count):
    """Loops within each other, each of which has a body of one Add and goes `count` times."""
    value = helper.make_tensor_value_info
    inner = [node("Add", ["v", "v"], ["w"])]
    trips = {"trips": np.int64(count)}
    for _ in range(depth):
        ports = [value("i", INT64, []), value("go", BOOL, []), value("v", FLOAT, None)]
        results = [value("on", BOOL, []), value("w", FLOAT, None)]
        body = helper.make_graph([node("Identity", ["go"], ["on"]), *inner], "body", ports, results)
        inner = [node("Loop", ["trips", "", "v"], ["w"], body=body)]
    outer = node("Loop", ["trips", "", "x"], ["y"], body=inner[0].attribute[0].g)
    return model([outer], X2, Y, trips)


ONE = ([node("Relu", ["x"], ["p"])], [], ["p"])
TWO = ([node("Relu", ["x"], ["p"]), node("Neg", ["x"], ["q"])], [], ["p", "q"])
for item, name, expected, made in [
    ("M22", "branches_of_one_output", OK, bodies("If", then_branch=ONE, else_branch=ONE)),
    ("M22", "branch_of_two_outputs", MODEL, bodies("If", then_branch=ONE, else_branch=TWO)),
    ("M22", "branch_of_no_output", MODEL, bodies("If", then_branch=([], [], []), else_branch=ONE)),
    ("M22", "function_calls_100_deep", UNSUPPORTED, chain_of_functions({**{f"F{i}": [f"F{i + 1}"] * 2 for i in range(100)}, "F100": ["Relu"]})),
    ("M20", "cycle", MODEL, model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])], X2, Y)),
    ("M20", "reads_itself", MODEL, model([node("Add", ["x", "y"], ["y"])], X2, Y)),
    ("M20", "output_never_made", MODEL, model([node("Relu", ["x"], ["a"])], X2, Y)),
    ("M20", "output_twice", MODEL, model([node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"])], X2, Y)),
    ("M20", "graph_output_twice", f"{OK}|{MODEL}", model([node("Relu", ["x"], ["y"])], X2, Y * 2)),
    ("M20", "input_twice", MODEL, model([node("Relu", ["x"], ["y"])], X2 * 2, Y)),
    ("M20", "input_written", MODEL, model([node("Relu", ["x"], ["x"])], X2, X2)),
    ("M20", "weight_written", MODEL, model([node("Relu", ["x"], ["w"]), node("Add", ["w", "x"], ["y"])], X2, Y, {"w": noise(2)})),
    ("M20", "input_unknown", MODEL, model([node("Relu", ["nowhere"], ["y"])], X2, Y)),
    ("M20", "node_names_twice", OK, model([node("Relu", ["x"], ["a"], "n"), node("Relu", ["a"], ["y"], "n")], X2, Y)),
    ("M20", "input_is_output", OK, model([node("Relu", ["x"], ["y"])], X2, [*Y, ("x", [2])])),
    ("M20", "weight_is_output", OK, model([node("Relu", ["x"], ["y"])], X2, [*Y, ("w", [3])], {"w": noise(3)})),
    ("M20", "no_inputs_of_a_node", MODEL, model([node("Relu", [], ["y"])], X2, Y)),
    ("M20", "1000_inputs_of_a_node", MODEL, model([node("Relu", ["x"] * 1000, ["y"])], X2, Y)),
    ("M20", "no_outputs_of_a_node", OK, model([node("Relu", ["x"], []), node("Relu", ["x"], ["y"])], X2, Y)),
    ("M20", "name_is_no_utf8", OK, hand_relu(name=b"\xff\xfe\x80")),
    *[
        ("M20", f"output_name_{i}", OK, model([node("Relu", ["x"], [name])], X2, [(name, [2])]))
        for i, name in enumerate(("y=1", "y z", "\u00e9", "a\nb", "\x1b[31mred", "../../y", "y" * 3000, "%s%n", "-y", "--output"))
    ],
    ("M21", "no_nodes", OK, model([], X2, X2)),
    ("M21", "no_outputs", MODEL, model([node("Relu", ["x"], ["y"])], X2, [])),
    ("M21", "no_inputs", OK, model([node("Relu", ["w"], ["y"])], [], Y, {"w": noise(2)})),
    ("M21", "empty_graph", REFUSED, hand_model(b"")),
    ("M22", "if_33_deep", f"{REFUSED}|{LIMIT}", nested_if(33)),
    ("M22", "if_3000_deep", UNSUPPORTED, nested_if(3000)),
    ("M22", "function_calls_itself", MODEL, chain_of_functions({"F0": ["F0"]})),
    ("M22", "functions_in_a_circle", MODEL, chain_of_functions({"F0": ["F1"], "F1": ["F2"], "F2": ["F0"]})),
    ("M22", "2_to_the_30_nodes", UNSUPPORTED, chain_of_functions({**{f"F{i}": [f"F{i + 1}"] * 2 for i in range(30)}, "F30": ["Relu"]})),
    (
        "M22",
        "function_twice",
        f"{OK}|{MODEL}",
        model(
            [node("F", ["x"], ["y"], domain="local")],
            X2,
            Y,
            opsets=[LOCAL],
            functions=[helper.make_function("local", "F", ["a"], ["b"], [node("Relu", ["a"], ["b"])], [STANDARD])] * 2,
        ),
    ),
    (
        "M22",
        "function_of_more_inputs",
        MODEL,
        model(
            [node("F", ["x", "x", "x"], ["y"], domain="local")],
            X2,
            Y,
            opsets=[LOCAL],
            functions=[helper.make_function("local", "F", ["a"], ["b"], [node("Relu", ["a"], ["b"])], [STANDARD])],
        ),
    ),
]:
    row(item, name, expected, try_model(made))


row("M22", "loops_5_deep_of_10", f"{OK}|{LIMIT}", try_model(nested_loops(5, 10)), heavy=True)


def long_chain(op, count):
    def make():
        names = ["x", *[f"v{i}" for i in range(1, count)], "y"]
        return hand_model(b"".join(hand_node(op, [names[i]], [names[i + 1]]) for i in range(count)) + value_info(11, "x", (2,)) + value_info(12, "y"))

    return make


row("M21", "chain_of_5000", OK, try_model(long_chain("Relu", 5000)))
row("M21", "chain_of_1000000", f"{OK}|{LIMIT}", try_model(long_chain("Identity", 1_000_000)), heavy=True)

# ---- M23: a few bytes that ask for terabytes


def bomb(op, inputs, weights, **attributes):
    return model([node(op, inputs, ["b"], **attributes), node("ReduceMean", ["b"], ["y"], keepdims=0)], [("x", [1])], Y, weights)


def doubling(count, op="Concat", **attributes):
    names = ["x", *[f"v{i}" for i in range(1, count)], "y"]
    nodes = [node(op, [names[i]] * 2, [names[i + 1]], **attributes) for i in range(count)]
    return model(nodes, X2, Y)


for name, made in {
    "shape_2e42": bomb("ConstantOfShape", ["s"], {"s": i64(2**20, 2**22)}),
    "shape_2e36": bomb("ConstantOfShape", ["s"], {"s": i64(2**16, 2**20)}),
    "shape_negative": bomb("ConstantOfShape", ["s"], {"s": i64(-1)}),
    "shape_of_9_dimensions": bomb("ConstantOfShape", ["s"], {"s": i64(*[2] * 9)}),
    "expand_2e40": bomb("Expand", ["x", "s"], {"s": i64(2**20, 2**20)}),
    "expand_overflow": bomb("Expand", ["x", "s"], {"s": i64(2**40, 2**40)}),
    "tile_2e40": bomb("Tile", ["x", "s"], {"s": i64(2**40)}),
    "tile_negative": bomb("Tile", ["x", "s"], {"s": i64(-2)}),
    "range_2e62": bomb("Range", ["a", "l", "d"], {"a": np.int64(0), "l": np.int64(2**62), "d": np.int64(1)}),
    "range_step_0": bomb("Range", ["a", "l", "d"], {"a": np.int64(0), "l": np.int64(5), "d": np.int64(0)}),
    "range_nan": bomb("Range", ["a", "l", "d"], {"a": np.float32(0), "l": np.float32(np.nan), "d": np.float32(1)}),
    "pad_2e40": bomb("Pad", ["x", "p"], {"p": i64(2**40, 2**40)}),
    "pad_overflow": bomb("Pad", ["x", "p"], {"p": i64(2**62, 2**62)}),
    "resize_2e40": model([node("Resize", ["x", "", "", "s"], ["y"])], [("x", [1, 1, 2, 2])], Y, {"s": i64(1, 1, 2**20, 2**20)}),
    "resize_scale_inf": model([node("Resize", ["x", "", "s"], ["y"])], [("x", [1, 1, 2, 2])], Y, {"s": np.float32([1, 1, np.inf, 1])}),
    "resize_scale_nan": model([node("Resize", ["x", "", "s"], ["y"])], [("x", [1, 1, 2, 2])], Y, {"s": np.float32([1, 1, np.nan, 1])}),
    "one_hot_2e40": model([node("OneHot", ["i", "d", "v"], ["y"])], X2, Y, {"i": i64(1), "d": i64(2**40), "v": np.float32([0, 1])}),
    "eye_2e40": model([node("EyeLike", ["c"], ["y"]), node("ConstantOfShape", ["s"], ["c"])], X2, Y, {"s": i64(2**20, 2**20)}),
    "conv_pads_2e30": model([node("Conv", ["x", "w"], ["y"], pads=[2**30] * 4)], [("x", [1, 1, 1, 1])], Y, {"w": noise(1, 1, 1, 1)}),
    "doubling_40": doubling(40, axis=0),
    "input_e40": model([node("Relu", ["x"], ["y"])], [("x", [2**20, 2**20])], Y),
    "input_wraps": model([node("Relu", ["x"], ["y"])], [("x", [2**31, 2**31, 4])], Y),
    "input_zero_and_huge": model([node("Relu", ["x"], ["y"])], [("x", [0, 2**62, 8])], Y),
    "outer_product": model([node("MatMul", ["x", "t"], ["y"]), node("Transpose", ["x"], ["t"])], [("x", [2**20, 1])], Y),
}.items():
    row("M23", name, f"{REFUSED}|{LIMIT}", try_model(made))


def folded_products():
    names = ["w", *[f"v{i}" for i in range(1, 401)]]
    nodes = [node("MatMul", [names[i], "w"], [names[i + 1]]) for i in range(400)]
    return model([*nodes, node("Add", ["x", "v400"], ["y"])], [("x", [512, 512])], Y, {"w": np.full((512, 512), 1 / 512, np.float32)})


row("M23", "folding_400_products", f"{OK}|{LIMIT}", try_model(folded_products), heavy=True)
row(
    "M23",
    "concat_of_20000",
    f"{OK}|{LIMIT}",
    try_model(lambda: model([node("Concat", ["x"] * 20_000, ["y"], axis=0)], [("x", [400])], Y)),
    heavy=True,
)

# ---- M24: convolutions and pools

W = {"w": noise(4, 4, 3, 3)}
for name, attributes in {
    "group_0": {"group": 0},
    "group_negative": {"group": -1},
    "group_3_of_4": {"group": 3},
    "group_2_of_other_weights": {"group": 2},
    "group_2e62": {"group": 2**62},
    "stride_0": {"strides": [0, 1]},
    "stride_negative": {"strides": [-1, 1]},
    "strides_of_3": {"strides": [1, 1, 1]},
    "stride_2e62": {"strides": [2**62, 1]},
    "dilation_0": {"dilations": [0, 1]},
    "dilation_2e62": {"dilations": [2**62, 2**62]},
    "pads_negative": {"pads": [-9, 0, 0, 0]},
    "pads_of_2": {"pads": [1, 1]},
    "pads_2e62": {"pads": [2**62] * 4},
    "kernel_other": {"kernel_shape": [5, 5]},
    "kernel_2e31": {"kernel_shape": [2**31, 2**31]},
    "auto_pad_unknown": {"auto_pad": "MAGIC"},
    "strides_a_number": {"strides": 1},
    "group_a_fraction": {"group": 1.5},
    "pads_text": {"pads": "1111"},
}.items():
    expected = f"{OK}|{REFUSED}" if name == "stride_2e62" else f"{REFUSED}|{LIMIT}"
    row(
        "M24",
        f"conv_{name}",
        expected,
        try_model(model([node("Conv", ["x", "w"], ["y"], "layer/conv", **attributes)], X4, Y, W)),
        *([] if name == "stride_2e62" else ["layer/conv"]),
    )
    if name.split("_")[0] in ("stride", "strides", "dilation", "pads", "kernel") and name != "kernel_other":
        attributes = {"kernel_shape": [3, 3], **attributes}
        expected = f"{OK}|{REFUSED}" if name in ("stride_2e62", "pads_negative") else f"{REFUSED}|{LIMIT}"
        row("M24", f"pool_{name}", expected, try_model(model([node("MaxPool", ["x"], ["y"], "pool", **attributes)], X4, Y)))
for name, made in {
    "weights_of_rank_3": model([node("Conv", ["x", "w"], ["y"])], X4, Y, {"w": noise(4, 4, 3)}),
    "input_of_rank_2": model([node("Conv", ["x", "w"], ["y"])], [("x", [4, 4])], Y, W),
    "channels": model([node("Conv", ["x", "w"], ["y"])], [("x", [1, 5, 8, 8])], Y, W),
    "bias_too_short": model([node("Conv", ["x", "w", "b"], ["y"])], X4, Y, {**W, "b": noise(3)}),
    "kernel_larger_than_input": model([node("Conv", ["x", "w"], ["y"])], [("x", [1, 4, 2, 2])], Y, W),
    "input_of_strings": model([node("Conv", ["x", "w"], ["y"])], [("x", [1, 4, 8, 8], 8)], Y, W),
    "types_differ": model([node("Conv", ["x", "w"], ["y"])], X4, Y, {"w": np.int64(W["w"])}),
    "transposed_output_padding": model([node("ConvTranspose", ["x", "w"], ["y"], output_padding=[9, 9])], X4, Y, W),
    "transposed_output_shape": model([node("ConvTranspose", ["x", "w"], ["y"], output_shape=[2**40, 2**40])], X4, Y, W),
    "attribute_of_no_type": hand_model(
        hand_node("Relu", ["x"], ["y"], block(5, block(1, "a")))
        + hand_node("Flatten", ["y"], ["z"], block(5, block(1, "axis") + number(3, 1) + number(20, 77)))
        + value_info(11, "x", (2,))
        + value_info(12, "z")
    ),
}.items():
    row("M24", name, f"{REFUSED}|{LIMIT}" if name != "transposed_output_padding" else f"{OK}|{REFUSED}", try_model(made))

# ---- M25, M26: indices, axes, shapes, arithmetic


def constant(op, shape, *values, out=1, **attributes):
    weights = {f"w{i}": value for i, value in enumerate(values)}
    return model([node(op, ["x", *weights], ["y"], "n", **attributes)], [("x", shape, out)], [("y", None, out)], weights)


for name, expected, made in [
    ("reshape_two_unknown", MODEL, constant("Reshape", [6], i64(-1, -1))),
    ("reshape_unknown_and_0", MODEL, constant("Reshape", [6], i64(-1, 0, 0))),
    ("reshape_product", MODEL, constant("Reshape", [6], i64(4, 2))),
    ("reshape_minus_2", MODEL, constant("Reshape", [6], i64(-2, 3))),
    ("reshape_overflow", f"{MODEL}|{LIMIT}", constant("Reshape", [6], i64(2**62, 4))),
    ("reshape_by_floats", MODEL, constant("Reshape", [6], np.float32([6]))),
    ("gather_too_high", MODEL, constant("Gather", [3], i64(3))),
    ("gather_too_low", MODEL, constant("Gather", [3], i64(-4))),
    ("gather_axis", MODEL, constant("Gather", [3], i64(0), axis=5)),
    ("gather_elements", f"{MODEL}|{INPUT}", constant("GatherElements", [3], i64(7))),
    ("gather_nd", f"{MODEL}|{INPUT}", constant("GatherND", [3], np.int64([[9]]))),
    ("scatter_nd", f"{MODEL}|{INPUT}", constant("ScatterND", [3], np.int64([[9]]), np.float32([1]))),
    ("scatter_elements", f"{MODEL}|{INPUT}", constant("ScatterElements", [3], i64(-9), np.float32([1]))),
    ("slice_step_0", MODEL, constant("Slice", [6], i64(0), i64(6), i64(0), i64(0))),
    ("slice_lengths", MODEL, constant("Slice", [6], i64(0, 1), i64(6))),
    ("slice_axis_twice", MODEL, constant("Slice", [6, 6], i64(0, 1), i64(6, 6), i64(0, 0))),
    ("slice_axis", MODEL, constant("Slice", [6], i64(0), i64(6), i64(4))),
    ("slice_extremes", OK, constant("Slice", [6], i64(-(2**63)), i64(2**63 - 1), i64(0), i64(2))),
    ("slice_step_least", OK, constant("Slice", [6], i64(5), i64(-(2**63)), i64(0), i64(-(2**63)))),
    ("transpose_twice", MODEL, constant("Transpose", [2, 3], perm=[0, 0])),
    ("transpose_too_long", MODEL, constant("Transpose", [2, 3], perm=[0, 1, 2])),
    ("concat_axis", MODEL, model([node("Concat", ["x", "x"], ["y"], axis=7)], X2, Y)),
    ("concat_without_axis", MODEL, model([node("Concat", ["x", "x"], ["y"])], X2, Y)),
    ("concat_shapes", MODEL, model([node("Concat", ["x", "w"], ["y"], axis=0)], [("x", [2, 3])], Y, {"w": noise(2, 4)})),
    ("softmax_axis", MODEL, constant("Softmax", [3], axis=-9)),
    ("flatten_axis", MODEL, constant("Flatten", [3], axis=9)),
    ("squeeze_of_3", MODEL, constant("Squeeze", [2, 3], i64(1))),
    ("unsqueeze_twice", MODEL, constant("Unsqueeze", [2], i64(0, 0))),
    ("unsqueeze_far", MODEL, constant("Unsqueeze", [2], i64(9))),
    ("split_sizes", MODEL, model([node("Split", ["x", "s"], ["y", "z"])], [("x", [4])], [*Y, ("z", None)], {"s": i64(3, 3)})),
    ("split_negative", MODEL, model([node("Split", ["x", "s"], ["y", "z"])], [("x", [4])], [*Y, ("z", None)], {"s": i64(-1, 5)})),
    ("expand_to_less", MODEL, constant("Expand", [4], i64(2))),
    ("matmul_sizes", MODEL, constant("MatMul", [2, 3], noise(4, 2))),
    ("matmul_scalar", MODEL, constant("MatMul", [2], np.float32(1))),
    ("gemm_rank", MODEL, constant("Gemm", [2, 3, 4], noise(4, 2))),
    ("reduce_axis", MODEL, constant("ReduceMean", [2, 3], axes=[5])),
    ("reduce_twice", f"{OK}|{MODEL}", constant("ReduceMean", [2, 3], axes=[0, 0])),
    ("pad_lengths", MODEL, constant("Pad", [2, 3], i64(1, 1))),
    ("pad_mode", MODEL, constant("Pad", [3], i64(1, 1), mode="magic")),
    ("pad_cuts_too_much", MODEL, constant("Pad", [3], i64(-5, 0))),
    ("topk_more_than_there_are", MODEL, model([node("TopK", ["x", "k"], ["y", "i"])], [("x", [3])], Y, {"k": i64(9)})),
    ("topk_negative", MODEL, model([node("TopK", ["x", "k"], ["y", "i"])], [("x", [3])], Y, {"k": i64(-1)})),
    ("space_to_depth", MODEL, constant("SpaceToDepth", [1, 1, 3, 3], blocksize=2)),
    ("depth_to_space_0", MODEL, constant("DepthToSpace", [1, 4, 2, 2], blocksize=0)),
    ("einsum", MODEL, model([node("Einsum", ["x", "x"], ["y"], equation="ij,jk->")], X2, Y)),
    ("einsum_long", REFUSED, model([node("Einsum", ["x"], ["y"], equation="i" * 100_000)], X2, Y)),
]:
    row("M25", name, expected, try_model(made))
for op, flags in {
    "ReduceMax": {"keepdims": 99},
    "ReduceSum": {"noop_with_empty_axes": -1},
    "ArgMax": {"keepdims": 2, "select_last_index": 2},
    "BatchNormalization": {"training_mode": 7},
    "MaxPool": {"kernel_shape": [2, 2], "ceil_mode": 2**62},
    "Gemm": {"transB": 2},
}.items():
    kind = INT64 if op == "ArgMax" else FLOAT
    made = model([node(op, ["x", *"aaaa"][: {"BatchNormalization": 5, "Gemm": 2}.get(op, 1)], ["y"], **flags)], X4, [("y", None, kind)], {"a": noise(4)})
    row("M26", f"flag_that_is_no_flag_{op}", UNSUPPORTED, try_model(made), "0 or 1")
for name, expected, made in [
    ("norm_of_another_size", MODEL, model([node("BatchNormalization", ["x", *"wwww"], ["y"])], X4, Y, {"w": noise(5)})),
    ("norm_of_negative_variance", OK, model([node("BatchNormalization", ["x", *"aaav"], ["y"])], X4, Y, {"a": noise(4), "v": -np.abs(noise(4))})),
    ("clip_min_over_max", OK, constant("Clip", [6], np.float32(3), np.float32(1))),
    ("dropout_training", f"{OK}|{REFUSED}", constant("Dropout", [6], np.float32(0.5), np.bool_(True))),
    ("lrn_even", f"{OK}|{REFUSED}", model([node("LRN", ["x"], ["y"], size=4)], X4, Y)),
    ("lrn_0", MODEL, model([node("LRN", ["x"], ["y"], size=0)], X4, Y)),
    ("divide_by_0", INPUT, constant("Div", [3], i64(1, 0, 2), out=INT64)),
    ("remainder_by_0", INPUT, constant("Mod", [3], i64(1, 0, 2), out=INT64)),
    ("average_of_0x0", f"{OK}|{REFUSED}", model([node("GlobalAveragePool", ["x"], ["y"])], [("x", [1, 2, 0, 0])], Y)),
    ("maximum_of_0x0", f"{OK}|{REFUSED}", model([node("GlobalMaxPool", ["x"], ["y"])], [("x", [1, 2, 0, 0])], Y)),
    ("cast_to_99", REFUSED, model([node("Cast", ["x"], ["y"], to=99)], X2, Y)),
    ("types_differ", MODEL, constant("Add", [3], i64(1, 2, 3))),
    ("wraps_uint8", OK, constant("Sub", [3], np.uint8([1, 2, 3]), out=UINT8)),
    ("where_shapes", MODEL, model([node("Where", ["c", "x", "x"], ["y"])], [("x", [3])], Y, {"c": np.array([True] * 4)})),
    ("broadcast", MODEL, constant("Mul", [3], noise(4))),
    (
        "shift_by_99",
        OK,
        model([node("BitShift", ["x", "s"], ["y"], direction="LEFT")], [("x", [3], UINT8)], [("y", None, UINT8)], {"s": np.uint8([99, 8, 0])}),
    ),
    ("scale_of_0", f"{OK}|{MODEL}", model([node("QuantizeLinear", ["x", "s"], ["y"])], X2, [("y", None, UINT8)], {"s": np.float32(0)})),
    ("arg_max_of_nothing", f"{OK}|{MODEL}", model([node("ArgMax", ["x"], ["y"])], [("x", [0])], [("y", None, INT64)])),
    ("equal_of_nan", OK, model([node("Equal", ["x", "w"], ["y"])], X2, [("y", None, BOOL)], {"w": np.float32([np.nan, 0])})),
]:
    row("M26", name, expected, try_model(made))
row("M26", "attribute_too_long", REFUSED, try_model(hand_relu(node_more=block(5, block(1, "alpha") + block(4, b"x" * 1_000_000) + number(20, 3)))))
row("M20", "dims_of_an_unknown_kind", OK, try_model(hand_relu(graph=block(13, block(1, "q") + block(2, block(9, varint(8) + b"\1"))))))
