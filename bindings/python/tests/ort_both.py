# SPDX-License-Identifier: Apache-2.0
"""Runs a piece of a program twice: with onnxruntime, and with paperkite.ort in its place. And the models for it."""

import contextlib
import sys
import warnings

import numpy as np
import onnxruntime
import paperkite
import paperkite.ort
from onnx import TensorProto, helper

# Of the largest number of an output: float32 sums in another order.
TOLERANCE = 1e-4

onnxruntime.set_default_logger_severity(4)


@contextlib.contextmanager
def in_place():
    """`import onnxruntime` is paperkite.ort meanwhile, and so are imports of its modules."""
    kept = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "onnxruntime"}
    for name in kept:
        del sys.modules[name]
    sys.modules["onnxruntime"] = paperkite.ort
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "onnxruntime"]:
            del sys.modules[name]
        sys.modules.update(kept)


def outcome(program, *arguments):
    """What it returns or raises, and whether it was warned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = program(*arguments)
        except Exception as error:
            result = error
    return result, [each.message for each in caught]


def both(program, *arguments):
    """The outcomes with onnxruntime and with paperkite.ort."""
    theirs = outcome(program, *arguments)
    with in_place():
        ours = outcome(program, *arguments)
    return theirs, ours


def assert_same(theirs, ours, path="result"):
    if isinstance(theirs, np.ndarray):
        assert isinstance(ours, np.ndarray), path
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), path
        if theirs.dtype.kind == "f" and theirs.size:
            largest = float(np.abs(theirs).max())
            tolerance = 2e-3 if theirs.dtype == np.float16 else TOLERANCE
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * largest, err_msg=path)
        else:
            np.testing.assert_array_equal(ours, theirs, err_msg=path)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs), path
        for key in theirs:
            assert_same(theirs[key], ours[key], f"{path}[{key!r}]")
    elif isinstance(theirs, (list, tuple)):
        assert isinstance(ours, type(theirs)) and len(ours) == len(theirs), path
        for i, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            assert_same(one, other, f"{path}[{i}]")
    elif isinstance(theirs, float):
        assert abs(ours - theirs) <= TOLERANCE * abs(theirs), path
    else:
        assert type(ours) is type(theirs) and ours == theirs, path


def same(program, *arguments):
    """Runs it with both, and fails where they differ."""
    (theirs, their_notices), (ours, our_notices) = both(program, *arguments)
    if isinstance(theirs, Exception):
        raise theirs
    if isinstance(ours, Exception):
        raise ours
    assert_same(theirs, ours)
    assert all(isinstance(each, paperkite.Notice) for each in our_notices)
    assert bool(our_notices) == bool(their_notices), our_notices
    return ours


def tensor(name, dims, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, dims)


def model(nodes, inputs, outputs, initializers=(), metadata=None, opset=17, **stated):
    graph = helper.make_graph(nodes, "main_graph", inputs, outputs, list(initializers), doc_string="of the graph")
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9, **stated)
    helper.set_model_props(made, metadata or {})
    return made.SerializeToString()


def constant(name, array):
    from onnx import numpy_helper

    return numpy_helper.from_array(np.ascontiguousarray(array), name)


def picture_classifier(dims, dtype=np.float32, metadata=None):
    """Two convolutions, a mean over the picture, and five classes."""
    draw = np.random.default_rng(5)

    def weights(*shape):
        return (draw.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(dtype)

    kind = TensorProto.FLOAT16 if dtype == np.float16 else TensorProto.FLOAT
    nodes = [
        helper.make_node("Conv", ["images", "w1", "b1"], ["c1"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["c2"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["g"]),
        helper.make_node("Softmax", ["g"], ["output0"], axis=1),
    ]
    return model(nodes, [tensor("images", dims, kind)], [tensor("output0", [dims[0], 5], kind)],
                 [constant("w1", weights(8, 3, 3, 3)), constant("b1", weights(8)), constant("w2", weights(16, 8, 3, 3)),
                  constant("w3", weights(16, 5)), constant("b3", weights(5))],
                 metadata, producer_name="pytorch", producer_version="2.15", doc_string="a classifier", domain="pictures", model_version=3)


def text_encoder():
    """input_ids and attention_mask of any batch and length -> the mean of the words' vectors, and scores."""
    draw = np.random.default_rng(6)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["words", "column"], ["last_hidden_state"]),
        helper.make_node("ReduceSum", ["last_hidden_state", "length"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["column", "length"], ["count"], keepdims=0),
        helper.make_node("Div", ["sum", "count"], ["pooled"]),
        helper.make_node("MatMul", ["pooled", "head"], ["logits"]),
    ]
    ids = ["batch_size", "sequence_length"]
    return model(nodes, [tensor("input_ids", ids, TensorProto.INT64), tensor("attention_mask", ids, TensorProto.INT64)],
                 [tensor("logits", ["batch_size", 3]), tensor("last_hidden_state", [*ids, 16])],
                 [constant("table", draw.standard_normal((50, 16)).astype(np.float32)),
                  constant("head", draw.standard_normal((16, 3)).astype(np.float32)),
                  constant("last", np.array([2], np.int64)), constant("length", np.array([1], np.int64))])


def affine(dims=("n", 3), dtype=TensorProto.FLOAT, default=False):
    """y = x * factor + 1, where the feed may have another factor if there is a `default`."""
    array = np.array([1, 2, 3]).astype(helper.tensor_dtype_to_np_dtype(dtype))
    inputs = [tensor("x", list(dims), dtype)] + ([tensor("factor", [3], dtype)] if default else [])
    return model([helper.make_node("Mul", ["x", "factor"], ["m"]), helper.make_node("Add", ["m", "one"], ["y"])],
                 inputs, [tensor("y", list(dims), dtype), tensor("m", list(dims), dtype)],
                 [constant("factor", array), constant("one", array[:1])])


def identity(dtype, dims=("n", 3)):
    return model([helper.make_node("Identity", ["x"], ["y"])], [tensor("x", list(dims), dtype)], [tensor("y", list(dims), dtype)])
