# SPDX-License-Identifier: Apache-2.0
"""Requests and answers of the Open Inference Protocol over HTTP: JSON, and behind it the tensors that the extension
`binary_tensor_data` takes out of it."""

from __future__ import annotations

import json
import struct

import numpy

from paperkite._requests import Tensor
from paperkite._service import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

HEADER_LENGTH = "inference-header-content-length"

_DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2", "INT32": "<i4",
    "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}


class Request:
    """`outputs`: name and parameters of each that is asked for."""

    def __init__(self, id: str | None, inputs: list[Tensor], parameters: dict[str, Any], outputs: list[tuple[str, dict[str, Any]]]) -> None:
        self.id = id
        self.inputs = inputs
        self.parameters = parameters
        self.outputs = outputs


def _refuse(text: str) -> Refusal:
    return Refusal("invalid-input", text)


def _field(holder: Any, key: str, kind: Any, where: str, default: Any = ...) -> Any:
    value = holder.get(key) if isinstance(holder, dict) else None
    if value is None and default is not ...:
        return default
    if not isinstance(value, kind):
        raise _refuse(f"{where} has no {key}, or it is of another type than the protocol says")
    return value


def _bytes_elements(content: memoryview, where: str) -> list[bytes]:
    """Each behind its length in four bytes."""
    elements, at = [], 0
    while at < len(content):
        if len(content) - at < 4:
            raise _refuse(f"{where} ends within a length")
        length = struct.unpack_from("<I", content, at)[0]
        at += 4
        if length > len(content) - at:
            raise _refuse(f"{where} states an element of {length} bytes and has {len(content) - at}")
        elements.append(bytes(content[at : at + length]))
        at += length
    return elements


def _object_array(elements: Sequence[Any]) -> numpy.ndarray[Any, Any]:
    array = numpy.empty(len(elements), object)
    array[:] = elements
    return array


def _flat(data: list[Any]) -> list[Any]:
    while data and isinstance(data[0], list):
        if not all(isinstance(each, list) for each in data):
            return data
        data = [element for each in data for element in each]
    return data


def tensor_of(stated: Any, content: memoryview | None, where: str) -> Tensor:
    """An input as it is stated in JSON; its numbers are in `content`, or in the field data."""
    name = _field(stated, "name", str, where)
    where = f"input {name}"
    datatype = _field(stated, "datatype", str, where)
    shape = _field(stated, "shape", list, where)
    if datatype != "BYTES" and datatype not in _DTYPES:
        raise _refuse(f"{where} has the datatype {datatype!r}; there are BYTES, {', '.join(_DTYPES)}")
    if not all(isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= 2**40 for size in shape) or len(shape) > 8:
        raise _refuse(f"{where} has the shape {shape!r}")
    try:
        if content is not None:
            values = (_object_array(_bytes_elements(content, where)) if datatype == "BYTES"
                      else numpy.frombuffer(content, _DTYPES[datatype]))
        else:
            data = _flat(_field(stated, "data", list, where))
            if datatype == "BYTES" and not all(isinstance(each, str) for each in data):
                raise _refuse(f"{where}: an element of BYTES is text in JSON, here base64")
            values = _object_array(data) if datatype == "BYTES" else numpy.array(data, _DTYPES[datatype])
        return Tensor(name, datatype, shape, values.reshape(shape))
    except (ValueError, TypeError, OverflowError) as error:
        raise _refuse(f"{where} does not hold {datatype} of the shape {shape}: {error}") from None


def parse(body: bytes, header_length: str | None) -> Request:
    """`header_length`: of the header field HEADER_LENGTH, where the request has one."""
    if header_length is not None and not (header_length.isdecimal() and len(header_length) < 12 and int(header_length) <= len(body)):
        raise _refuse(f"the header {HEADER_LENGTH} is {header_length!r}, the request has {len(body)} bytes")
    end = len(body) if header_length is None else int(header_length)
    try:
        stated = json.loads(body[:end])
    except (ValueError, RecursionError) as error:
        raise _refuse(f"the request is not JSON: {error}") from None
    inputs, at = [], end
    for place, each in enumerate(_field(stated, "inputs", list, "the request")):
        size = _field(_field(each, "parameters", dict, f"inputs[{place}]", {}), "binary_data_size", int, f"inputs[{place}]", None)
        content = None
        if size is not None:
            if not 0 <= size <= len(body) - at:
                raise _refuse(f"inputs[{place}] states {size} bytes, and {len(body) - at} are left")
            content = memoryview(body)[at : at + size]
            at += size
        inputs.append(tensor_of(each, content, f"inputs[{place}]"))
    if at != len(body):
        raise _refuse(f"{len(body) - at} bytes at the end belong to no input")
    outputs = [(_field(each, "name", str, "an output"), _field(each, "parameters", dict, "an output", {}))
               for each in _field(stated, "outputs", list, "the request", [])]
    return Request(_field(stated, "id", str, "the request", None), inputs, _field(stated, "parameters", dict, "the request", {}), outputs)


def _is_binary(name: str, request: Request) -> bool:
    wanted = dict(request.outputs).get(name, {}).get("binary_data")
    return bool(request.parameters.get("binary_data_output", False) if wanted is None else wanted)


def render(model_name: str, request: Request, tensors: Sequence[Tensor], parameters: Mapping[str, Any]) -> tuple[bytes, int | None]:
    """The body of the answer, and the length of its JSON where tensors follow it."""
    outputs, parts = [], []
    for name, datatype, shape, values in tensors:
        output: dict[str, Any] = {"name": name, "datatype": datatype, "shape": list(shape)}
        flat = values.reshape(-1).tolist()
        if _is_binary(name, request):
            content = (b"".join(struct.pack("<I", len(each)) + each for each in flat) if datatype == "BYTES"
                       else values.astype(_DTYPES[datatype]).tobytes())
            output["parameters"] = {"binary_data_size": len(content)}
            parts.append(content)
        else:
            output["data"] = ([each.decode("utf-8", "replace") for each in flat] if datatype == "BYTES"
                              else [None if each != each else each for each in flat])
        outputs.append(output)
    answer: dict[str, Any] = {"model_name": model_name, "outputs": outputs}
    if request.id is not None:
        answer["id"] = request.id
    if parameters:
        answer["parameters"] = dict(parameters)
    head = json.dumps(answer, allow_nan=False).encode()
    return b"".join([head, *parts]), len(head) if parts else None
