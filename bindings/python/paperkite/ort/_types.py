# SPDX-License-Identifier: Apache-2.0
"""The names that onnxruntime and ONNX have for the types of elements."""

from __future__ import annotations

from typing import Any

import numpy

from paperkite.ort._errors import InvalidValue

# The engine's name, onnxruntime's, and the number of TensorProto.DataType.
_TYPES = (
    ("float32", "float", 1),
    ("uint8", "uint8", 2),
    ("int8", "int8", 3),
    ("uint16", "uint16", 4),
    ("int16", "int16", 5),
    ("int32", "int32", 6),
    ("int64", "int64", 7),
    ("bool", "bool", 9),
    ("float16", "float16", 10),
    ("float64", "double", 11),
    ("uint32", "uint32", 12),
    ("uint64", "uint64", 13),
    ("bfloat16", "bfloat16", 16),
    ("uint4", "uint4", 21),
    ("int4", "int4", 22),
    ("uint2", "uint2", 25),
    ("int2", "int2", 26),
)
_TYPE_STRINGS = {engine: f"tensor({theirs})" for engine, theirs, _ in _TYPES}
_NUMBERS = {engine: number for engine, _, number in _TYPES}
_BY_NUMBER = {number: engine for engine, _, number in _TYPES}
# A value of these has no address for each of its elements, in onnxruntime's memory and in no other program's as here.
PACKED = ("int4", "uint4", "int2", "uint2")


def type_string(dtype: str) -> str:
    """"tensor(float)" of "float32"."""
    return _TYPE_STRINGS[dtype]


def engine_name(type_text: str) -> str:
    """"float32" of "tensor(float)"."""
    for engine, text in _TYPE_STRINGS.items():
        if text == type_text:
            return engine
    raise ValueError(f"there are no values of {type_text} here")


def onnx_number(dtype: str) -> int:
    return _NUMBERS[dtype]


def dtype_of(element_type: Any) -> str:
    """The engine's name of a type of numpy, or of a number of TensorProto.DataType."""
    if isinstance(element_type, int) and not isinstance(element_type, bool):
        if element_type not in _BY_NUMBER:
            raise InvalidValue(f"there are no tensors of the ONNX type {element_type} here")
        name = _BY_NUMBER[element_type]
    else:
        try:
            name = numpy.dtype(element_type).name
        except TypeError as error:
            raise InvalidValue(f"{element_type!r} is no type of an element: {error}") from None
        if name not in _NUMBERS:
            raise InvalidValue(f"there are no tensors of {name} here")
    if name in PACKED:
        raise InvalidValue(f"values of {name} cannot be handed over", "", "use int8 or uint8 in the model, and a Cast")
    return name
