# SPDX-License-Identifier: Apache-2.0
"""What a session makes of a value that is not a dense array of numbers. The extension calls this; it reads dense arrays
itself."""

from __future__ import annotations

from typing import Any

import numpy

import paperkite._native as _native
from paperkite.ort._errors import InvalidInput, InvalidValue, checked
from paperkite.ort._types import PACKED


def native_of(array: Any, where: str = "") -> Any:
    """An array of numpy in the machine's byte order and in one piece; a Value where the buffer protocol has no name for its
    elements (bfloat16 of the package ml_dtypes)."""
    name = array.dtype.name
    if array.dtype.hasobject or array.dtype.kind in "USV" and name != "bfloat16":
        words = "strings" if array.dtype.kind in "US" else "objects" if array.dtype.hasobject else f"elements of {array.dtype}"
        raise InvalidInput(f"the array holds {words}, which no model here takes", where, "convert them to numbers")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.c_contiguous or not array.flags.aligned:
        array = array.copy(order="C")
    if name == "bfloat16":
        return checked(_native.value_of_buffer(array.view(numpy.uint16), name), "value")
    return array


def _of_list(values: list[Any], where: str, dtype: str) -> Any:
    """As onnxruntime does, a list takes the type of the input, where nothing is lost."""
    try:
        array = numpy.asarray(values)
    except ValueError as error:
        raise InvalidValue(f"the list is no tensor: {error}", where, "pass numbers in rows of one length, or an array") from None
    if array.dtype.kind not in "biuf" or dtype == "bfloat16":
        return array
    wanted = numpy.dtype(dtype)
    if not numpy.can_cast(array.dtype, wanted, "same_kind") and array.size > 0:
        raise InvalidInput(f"the list holds {array.dtype.name}, the model wants {dtype}", where, "round the numbers as they should be")
    converted = array.astype(wanted)
    if wanted.kind in "iu" and not numpy.array_equal(converted, array):
        raise InvalidInput(f"the list holds numbers that {dtype} does not have", where)
    return converted


def tensor_of(value: Any, name: str, dtype: str) -> Any:
    """An object whose buffer the extension reads, or a Value."""
    from paperkite.ort._value import OrtValue

    where = f'input "{name}"'
    if dtype in PACKED:
        raise InvalidInput(f"the model wants {dtype}, which cannot be handed over", where, "use int8 or uint8 in the model, and a Cast")
    if isinstance(value, OrtValue):
        return value._ortvalue
    if isinstance(value, _native.Value):
        return value
    if isinstance(value, list):
        value = _of_list(value, where, dtype)
    if isinstance(value, numpy.ndarray):
        return native_of(value, where)
    if hasattr(value, "__dlpack__") and hasattr(value, "__dlpack_device__"):
        tensor = _native.value_of_dlpack(value)
        if not isinstance(tensor, _native.Failure) or tuple(value.__dlpack_device__())[0] != 1:
            return checked(tensor, "type")
        try:
            return native_of(numpy.from_dlpack(value), where)  # it is not in one piece
        except (BufferError, TypeError, RuntimeError):
            return checked(tensor, "type")
    if value is not None and not isinstance(value, (str, bytes, int, float, complex, tuple, dict, set)):
        try:
            return native_of(numpy.asarray(value), where)
        except InvalidInput:
            raise
        except Exception as error:
            raise InvalidValue(f"an object of the type {type(value).__name__} is no tensor: {error}", where) from None
    raise InvalidValue(f"an object of the type {type(value).__name__} is no tensor", where, "pass an array of numpy")
