# SPDX-License-Identifier: Apache-2.0
"""The models that are asked: the zoo's small members, and the networks of tests/models, each with pictures as tensors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "zoo"), str(TESTS / "models")]

import check_models  # noqa: E402
import fill  # noqa: E402
import pictures  # noqa: E402
import references  # noqa: E402
from small_members import MEMBERS, SIZE  # noqa: E402

SEEDS = [1, 2, 3]


@dataclass(frozen=True)
class Member:
    name: str
    model: Path
    inputs: list[np.ndarray]  # of one picture each: [1, 3, height, width]
    many: Path | None  # the model that takes any number of pictures; None: there is none
    is_large: bool = False


def taking_any_number(model: onnx.ModelProto) -> onnx.ModelProto:
    """The small members state a batch of one, in their Reshapes too."""
    taking = onnx.ModelProto()
    taking.CopyFrom(model)
    constants = {constant.name: constant for constant in taking.graph.initializer}
    for value in (*taking.graph.input, *taking.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    for node in taking.graph.node:
        shape = constants.get(node.input[1]) if node.op_type == "Reshape" and node.input[0] not in constants else None
        if shape is None:
            continue
        sizes = numpy_helper.to_array(shape).copy()
        if sizes[0] == 1 and -1 not in sizes:
            sizes[0] = -1
            shape.CopyFrom(numpy_helper.from_array(sizes, shape.name))
    return taking


def small(folder: Path) -> Iterator[Member]:
    inputs = [pictures.batch([seed], SIZE) for seed in SEEDS]
    for member in MEMBERS:
        model, many = member.model(), folder / f"{member.name}-many.onnx"
        onnx.save(model, folder / f"{member.name}.onnx")
        onnx.save(taking_any_number(model), many)
        yield Member(member.name, folder / f"{member.name}.onnx", inputs, many)


def networks(work: Path, only: str) -> Iterator[Member]:
    for graph in sorted(fill.GRAPHS.glob(f"*{fill.SUFFIX}")):
        name = check_models.name_of(graph)
        if only not in name:
            continue
        reference = references.prepare(graph, work, check_models.batches(name))
        is_open, is_large = name.endswith("-dynamic"), name.startswith(check_models.LARGE)
        yield Member(name, reference.model, [pictures.batch([seed]) for seed in SEEDS], reference.model if is_open else None, is_large)
        if is_large:
            reference.model.unlink()
