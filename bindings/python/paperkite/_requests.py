# SPDX-License-Identifier: Apache-2.0
"""What servers are asked and what they answer, as JSON of the V1 protocol and as tensors of the Open Inference Protocol (V2);
docs/serving.md has the forms. What does not fit is a Refusal that names the place."""

from __future__ import annotations

import base64
import binascii
import json
import math

import numpy

from paperkite import InputTensor
from paperkite._service import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, NamedTuple

    from paperkite import Result

    class Tensor(NamedTuple):
        """Of a request or an answer. Of the datatype BYTES the values are an array of objects, bytes or str."""

        name: str
        datatype: str
        shape: Sequence[int]
        values: numpy.ndarray[Any, Any]

else:
    from collections import namedtuple

    Tensor = namedtuple("Tensor", "name datatype shape values", module="paperkite")

# The outputs of V2: datatype, and the shape of one picture's part (k: as many classes as were asked for).
OUTPUTS = {"labels": ("BYTES", "k"), "indices": ("INT64", "k"), "scores": ("FP32", "k"), "all_scores": ("FP32", "classes")}
_DEFAULT_OUTPUTS = ("labels", "indices", "scores")


def _refuse(text: str) -> Refusal:
    return Refusal("invalid-input", text)


def _of_base64(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refuse(f"{where} is not base64: {error}") from None


def _array(values: Any, dtype: str, where: str) -> numpy.ndarray[Any, Any]:
    try:
        array = numpy.array(values)
        if array.dtype.kind not in "iuf":
            raise ValueError("the elements are not numbers")
        if dtype == "uint8" and (array.dtype.kind == "f" or array.size == 0 or array.min() < 0 or array.max() > 255):
            raise ValueError("the elements are not whole numbers from 0 to 255")
    except (ValueError, OverflowError) as error:
        raise _refuse(f"{where} is no array of numbers: {error}") from None
    return array.astype(dtype)


# What may hold a picture, in this order.
_HOLDERS = ("b64", "image", "image_bytes", "bytes", "pixels", "tensor")
_MOST_HOLDERS = 8  # one in the other


def _of_instance(instance: Any, where: str) -> Any:
    for _ in range(_MOST_HOLDERS):
        key = next((key for key in _HOLDERS if key in instance), None) if isinstance(instance, dict) else None
        if key is None:
            break
        instance, where = instance[key], f"{where}.{key}"
        if key == "pixels":
            return _array(instance, "uint8", where)
    if isinstance(instance, str):
        return _of_base64(instance, where)
    if isinstance(instance, list):
        return InputTensor(_array(instance, "float32", where)[None])
    raise _refuse(f'{where} is no picture; a picture is base64, {{"b64": base64}}, {{"pixels": rows of pixels}} or '
                  '{"tensor": numbers}')


def pictures_of_json(body: Any) -> tuple[list[Any], int | None]:
    """The pictures of a V1 request, and how many classes are wanted."""
    if not isinstance(body, dict) or not isinstance(body.get("instances"), list):
        raise _refuse('the request has no list "instances"')
    pictures = [_of_instance(instance, f"instances[{place}]") for place, instance in enumerate(body["instances"])]
    return pictures, whole(body.get("k"), "k")


def whole(value: Any, name: str) -> int | None:
    """A number of classes; None where it is not stated."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 2**31 - 1:
        raise _refuse(f"{name} is {value!r}, not a number from 1 on")
    return value


def seconds_of(headers: Mapping[str, str], parameters: Mapping[str, Any]) -> float | None:
    """The time that a client waits: the request parameter `timeout` in microseconds, or what Envoy states in milliseconds."""
    stated = []
    for value, unit in ((parameters.get("timeout"), 1e-6), (headers.get("x-envoy-expected-rq-timeout-ms"), 1e-3)):
        if value is None or value == 0 or value == "0":  # Envoy's and Triton's word for no limit
            continue
        try:
            seconds = float(value) * unit
        except (TypeError, ValueError):
            seconds = math.nan
        if not seconds >= 0:
            raise _refuse(f"a timeout of {value!r}")
        stated.append(seconds)
    return min(stated, default=None)


def prediction(result: Result) -> dict[str, Any]:
    """One picture's part of a V1 answer."""
    top = [{"index": each.index, "label": each.label or None, "score": _number(each.score)} for each in result.top]
    best = top[0] if top else {"index": None, "label": None, "score": None}
    answer: dict[str, Any] = {**best, "top": top}
    if result.warnings:
        answer["notices"] = result.warnings
    return answer


def _number(score: float) -> float | None:
    return score if math.isfinite(score) else None


def pictures_of_tensors(tensors: Sequence[Tensor]) -> list[Any]:
    """The pictures of a V2 request, which has one input: BYTES are files; UINT8 is one file (one axis, or the only row of
    two), pixels of one picture (height x width, height x width x 3), or of several (four axes); of other types each row along
    the first axis is the tensor of a picture."""
    if len(tensors) != 1:
        raise _refuse(f"the request has {len(tensors)} inputs; give one, which holds the pictures")
    name, datatype, _, values = tensors[0]
    if datatype == "BYTES":
        return [_of_base64(value, f"input {name}[{place}]") if isinstance(value, str) else bytes(value)
                for place, value in enumerate(values.reshape(-1).tolist())]
    if datatype == "UINT8":
        if values.ndim == 1 or (values.ndim == 2 and values.shape[0] == 1):
            return [values.tobytes()]
        return list(values) if values.ndim == 4 else [values]
    if values.ndim < 2:
        raise _refuse(f"input {name} is {datatype} of the shape {list(values.shape)}; its first axis counts pictures")
    return [InputTensor(values[place : place + 1]) for place in range(values.shape[0])]


class Wanted:
    """The outputs of a V2 request: name, and how many classes are asked for in the form of Triton's extension
    `classification`; 0 for plain numbers."""

    def __init__(self, outputs: Iterable[tuple[str, Mapping[str, Any]]], parameters: Mapping[str, Any]) -> None:
        self.outputs: list[tuple[str, int]] = []
        for name, options in outputs:
            if name not in OUTPUTS:
                raise _refuse(f"there is no output {name!r}; there are {', '.join(OUTPUTS)}")
            count = whole(options.get("classification") or None, f"classification of {name}")
            self.outputs.append((name, count or 0))
        if not self.outputs:
            self.outputs = [(name, 0) for name in _DEFAULT_OUTPUTS]
        self.k = whole(parameters.get("k"), "k")

    def most(self, default: int) -> int:
        """As many classes as an answer must have."""
        return max([self.k or default, *(count for _, count in self.outputs)])

    def tensors(self, results: Sequence[Result], default: int) -> list[Tensor]:
        k = self.k or default
        made = []
        for name, count in self.outputs:
            datatype, width = OUTPUTS[name]
            rows: Sequence[Sequence[Any]]
            if count:
                datatype, rows = "BYTES", [_classification(result, count) for result in results]
            elif width == "classes":
                rows = [result.scores.tolist() for result in results]
            else:
                rows = [_column(result, name)[:k] for result in results]
            made.append(_tensor(name, datatype, rows))
        return made


def _column(result: Result, name: str) -> list[Any]:
    if name == "labels":
        return [each.label.encode("utf-8", "surrogateescape") for each in result.top]
    return [each.index if name == "indices" else each.score for each in result.top]


def _classification(result: Result, count: int) -> list[bytes]:
    """ "score:index:label", as Triton writes it."""
    return [f"{numpy.float32(each.score)}:{each.index}{':' * bool(each.label)}{each.label}".encode("utf-8", "surrogateescape")
            for each in result.top[:count]]


def _tensor(name: str, datatype: str, rows: Sequence[Sequence[Any]]) -> Tensor:
    """Rows that are shorter than the longest one (a threshold leaves classes out) end in "", -1 or NaN."""
    dtype, absent = {"BYTES": ("object", b""), "INT64": ("int64", -1), "FP32": ("float32", math.nan)}[datatype]
    width = max((len(row) for row in rows), default=0)
    values = numpy.full((len(rows), width), absent, dtype)
    for place, row in enumerate(rows):
        values[place, : len(row)] = row
    return Tensor(name, datatype, list(values.shape), values)


def notices_of(results: Sequence[Result]) -> str | None:
    """For the answer's parameter `notices`: JSON, a list for each picture; None where there is nothing to say."""
    notices = [result.warnings for result in results]
    return json.dumps(notices) if any(notices) else None


def check_results(results: Sequence[Result]) -> None:
    """One picture without an answer refuses its request."""
    for place, result in enumerate(results):
        if result.error is not None:
            raise Refusal.of(result.error, f"picture {place}: " if len(results) > 1 else "")
