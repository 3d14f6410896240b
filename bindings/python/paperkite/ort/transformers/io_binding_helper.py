# SPDX-License-Identifier: Apache-2.0
"""The types of a session's inputs and outputs in numpy's, PyTorch's and ONNX's words: optimum asks for them here."""

from __future__ import annotations

import importlib
from typing import Any

import numpy

from paperkite.ort._types import engine_name, onnx_number


class TypeHelper:
    @staticmethod
    def _type_of(nodes: Any, name: str) -> str:
        for node in nodes:
            if node.name == name:
                found: str = node.type
                return found
        raise ValueError(f"the session has no {name!r}")

    @staticmethod
    def get_input_type(ort_session: Any, name: str) -> str:
        return TypeHelper._type_of(ort_session.get_inputs(), name)

    @staticmethod
    def get_output_type(ort_session: Any, name: str) -> str:
        return TypeHelper._type_of(ort_session.get_outputs(), name)

    @staticmethod
    def ort_type_to_numpy_type(ort_type: str) -> Any:
        name = engine_name(ort_type)
        try:
            return numpy.dtype(name).type
        except TypeError:
            raise ValueError(f"numpy has no type for {ort_type}") from None

    @staticmethod
    def ort_type_to_torch_type(ort_type: str) -> Any:
        torch = importlib.import_module("torch")
        name = engine_name(ort_type)
        if not hasattr(torch, name):
            raise ValueError(f"PyTorch has no type for {ort_type}")
        return getattr(torch, name)

    @staticmethod
    def ort_type_to_onnx_type(ort_type: str) -> int:
        return onnx_number(engine_name(ort_type))

    @staticmethod
    def get_io_onnx_type_map(ort_session: Any) -> dict[str, int]:
        nodes = [*ort_session.get_inputs(), *ort_session.get_outputs()]
        return {node.name: TypeHelper.ort_type_to_onnx_type(node.type) for node in nodes}

    @staticmethod
    def get_io_numpy_type_map(ort_session: Any) -> dict[str, Any]:
        nodes = [*ort_session.get_inputs(), *ort_session.get_outputs()]
        return {node.name: TypeHelper.ort_type_to_numpy_type(node.type) for node in nodes}
