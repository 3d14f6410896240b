# SPDX-License-Identifier: Apache-2.0
"""The frame of the table: what a row is, and the small models and pictures from which rows are made."""

import dataclasses
import pathlib
import sys
from collections.abc import Callable

import numpy as np
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("cli", "pictures", "python")]

# Results of a row. A name of an error code is an error with this code; several are separated by "|".
OK = "ok"
MODEL, UNSUPPORTED, LIMIT, IO, USAGE = "invalid-model", "unsupported-model", "limit", "io", "usage"
IMAGE, UNSUPPORTED_IMAGE, INPUT = "invalid-image", "unsupported-image", "invalid-input"
REFUSED = f"{MODEL}|{UNSUPPORTED}"
ANY = f"{OK}|{MODEL}|{UNSUPPORTED}|{LIMIT}"  # damage at random: whether it matters depends on where it is
FLOAT, INT64, UINT8, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.UINT8, TensorProto.BOOL


@dataclasses.dataclass
class Call:
    """What every way can do: open a model and compute. A picture makes it a classifier; otherwise the inputs are zeros."""

    model: pathlib.Path
    picture: pathlib.Path | None = None
    options: dict = dataclasses.field(default_factory=dict)  # as of the command line, without the dashes
    dims: dict | None = None  # of inputs, where they are not the model's: name -> (numpy type, shape)


@dataclasses.dataclass
class Start:
    """What only the command line does. `check` gets the result and returns what is wrong with it, or nothing."""

    arguments: list
    stdin: bytes | None = None
    env: dict = dataclasses.field(default_factory=dict)
    limits: tuple = ()
    exit_code: int | None = None
    check: Callable | None = None
    memory: int = 0  # MiB of address space, where the usual limit is not meant
    program: str | None = None  # a shell script in which "$@" is the command


@dataclasses.dataclass
class Asked:
    """What only one of the bindings is asked: the name of a question of library_probe.cc or python_probe.py."""

    way: str
    words: list


@dataclasses.dataclass
class Row:
    item: str  # the group: M05
    name: str
    expected: str
    make: Callable  # gets the row's own folder, returns a Call, a Start or an Asked
    words: tuple = ()  # which the message has
    heavy: bool = False  # not in the suite, but in `tools/test_all bad`


ROWS: list[Row] = []


def row(item, name, expected, make, *words, heavy=False):
    ROWS.append(Row(item, name, expected, make, words, heavy))


# ---- Models

node = helper.make_node


def i64(*values):
    return np.array(values, np.int64)


def noise(*shape):
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


def model(nodes, inputs, outputs, weights=None, opset=17, ir=8, opsets=(), functions=(), metadata=None):
    """inputs and outputs: (name, shape or None[, type]); weights: name -> array or TensorProto."""
    value = lambda v: helper.make_tensor_value_info(v[0], v[2] if len(v) > 2 else FLOAT, v[1])  # noqa: E731
    tensors = [t if isinstance(t, TensorProto) else numpy_helper.from_array(np.ascontiguousarray(t), name) for name, t in (weights or {}).items()]
    graph = helper.make_graph(nodes, "g", [value(v) for v in inputs], [value(v) for v in outputs], tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *opsets], functions=list(functions), ir_version=ir)
    for key, text in (metadata or {}).items():
        made.metadata_props.add(key=key, value=text)
    return made


def content_of(made):
    """bytes of a model that may be a message, bytes, or a function that makes either."""
    made = made() if callable(made) else made
    return made.SerializeToString() if hasattr(made, "SerializeToString") else bytes(made)


def try_model(made, name="m.onnx", **options):
    """A maker of a row: writes the model, and computes with it."""

    def make(folder):
        path = folder / name
        path.write_bytes(content_of(made))
        return Call(path, **options)

    return make


def relu(dims=(1, 3, 4, 4), **options):
    return model([node("Relu", ["x"], ["y"])], [("x", list(dims))], [("y", None)], **options)


def three_nodes():
    nodes = [node("Conv", ["x", "w"], ["a"], "c", pads=[1, 1, 1, 1]), node("Relu", ["a"], ["b"]), node("GlobalAveragePool", ["b"], ["y"])]
    return model(nodes, [("x", [1, 3, 6, 6])], [("y", None)], {"w": noise(4, 3, 3, 3)})


def classifier(dims=(1, 3, 8, 8), classes=3, tail=(), kind=FLOAT, outputs=(("y", None),), metadata=None, bias=0.0):
    """The mean of each channel -> scores."""
    weights = {"w": noise(dims[1] if isinstance(dims[1], int) and dims[1] > 0 else 3, classes), "b": np.full(classes, bias, np.float32)}
    nodes = [node("Cast", ["x"], ["xf"], to=FLOAT)] if kind != FLOAT else []
    nodes += [
        node("GlobalAveragePool", ["xf" if kind != FLOAT else "x"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "w", "b"], ["y" if not tail else "q"]),
        *tail,
    ]
    return model(nodes, [("x", list(dims), kind)], list(outputs), weights, metadata=metadata)


# ---- Protocol buffers by hand


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def number(field, n):
    return varint(field << 3) + varint(n)


def block(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def value_info(field, name, shape=None):
    dims = block(2, b"".join(block(1, number(1, d)) for d in shape)) if shape is not None else b""
    return block(field, block(1, name) + block(2, block(1, number(1, 1) + dims)))


def hand_node(op, inputs, outputs, more=b""):
    return block(1, b"".join(block(1, i) for i in inputs) + b"".join(block(2, o) for o in outputs) + block(4, op) + more)


def hand_model(graph, more=b""):
    """A model of the fields of a graph."""
    return number(1, 8) + block(7, graph + block(2, "g")) + block(8, number(2, 17)) + more


def hand_relu(graph=b"", more=b"", node_more=b"", name="y"):
    return hand_model(hand_node("Relu", ["x"], [name], node_more) + value_info(11, "x", (2,)) + value_info(12, name) + graph, more)


# ---- Pictures


def plain_picture(folder):
    """A picture that is good, for rows about models."""
    from PIL import Image

    path = folder / "good.png"
    Image.new("RGB", (12, 10), (200, 30, 30)).save(path)
    return path


def try_classifier(made, files=None, **options):
    """A maker of a row: the model with files beside it (name -> content), and a good picture."""

    def make(folder):
        for name, content in (files or {}).items():
            content = content() if callable(content) else content
            (folder / name).write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        path = folder / "m.onnx"
        path.write_bytes(content_of(made))
        chosen = {key: str(folder / value) if value in (files or {}) else value for key, value in options.items()}
        return Call(path, plain_picture(folder), chosen)

    return make


def try_picture(content, name="picture.jpg"):
    """A maker of a row: the picture, and a model that is good."""

    def make(folder):
        path = folder / name
        path.write_bytes(content() if callable(content) else content)
        (folder / "m.onnx").write_bytes(content_of(classifier()))
        return Call(folder / "m.onnx", path, {"recipe": "imagenet", "size": "8x8"})

    return make
