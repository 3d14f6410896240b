# SPDX-License-Identifier: Apache-2.0
"""The type of a row of the table, and the models of rows for which no library writes one."""

import dataclasses
import json
import pathlib
from collections.abc import Callable

SIDE = 28
OTHER = 32
LABELS = ["paper kite", "monarch", "cabbage white"]


@dataclasses.dataclass
class Row:
    carrier: str
    judge: str  # the library and its version, or whose document or source says so
    # Writes the model and what stands beside it for an input of this shape (without the batch), and gives MODEL.
    write: Callable[[pathlib.Path, tuple], pathlib.Path]
    tensor: Callable | None = None  # of a Pillow picture: float32, without the batch; None: only labels are judged
    labels: list[str] | None = None  # what each class is called; None: the carrier names none
    flags: tuple = ()  # of kite, before the recipe counts
    remark: str = ""  # what the tensor's column says beyond "equal to the bit"


def write_model(path, shape, metadata=None, denotation=""):
    """Means of the three channels. The channels come first where `shape` starts with 3, else last."""
    import onnx
    from onnx import TensorProto, helper

    path.parent.mkdir(parents=True, exist_ok=True)
    axes = [2, 3] if shape[0] == 3 else [1, 2]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["x"], ["y"], axes=axes, keepdims=0)],
        "mean",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
    )
    graph.input[0].type.denotation = denotation
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


def beside(files, name="model.onnx"):
    """A writer of the model and files beside it; a value that is not text is written as JSON."""

    def write(folder, shape):
        for file, value in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes((value if isinstance(value, str) else json.dumps(value)).encode())
        return write_model(folder / name, shape)

    return write


def inside(metadata, denotation=""):
    """A writer of the model with this metadata."""
    return lambda folder, shape: write_model(folder / "model.onnx", shape, metadata, denotation)
