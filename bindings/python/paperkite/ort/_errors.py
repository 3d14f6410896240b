# SPDX-License-Identifier: Apache-2.0
"""The exceptions that programs catch by the names of onnxruntime. What is raised here is always both: a paperkite.Error with
its code, and the class that onnxruntime raises in such a case."""

from __future__ import annotations

from typing import Any

import paperkite._native as _native
from paperkite._errors import (
    Error,
    InterruptedCallError,
    InvalidInputError,
    InvalidModelError,
    IoError,
    LimitError,
    UnsupportedModelError,
    UsageError,
    with_keywords,
)


class Fail(Exception):  # noqa: N818  # their names are onnxruntime's
    pass


class InvalidArgument(Exception):  # noqa: N818
    pass


class NoSuchFile(Exception):  # noqa: N818
    pass


class NoModel(Exception):  # noqa: N818
    pass


class EngineError(Exception):
    pass


class RuntimeException(Exception):  # noqa: N818
    pass


class InvalidProtobuf(Exception):  # noqa: N818
    pass


class ModelLoaded(Exception):  # noqa: N818
    pass


class NotImplemented(Exception):  # noqa: A001, N818
    pass


class InvalidGraph(Exception):  # noqa: N818
    pass


class EPFail(Exception):  # noqa: N818
    pass


class ModelLoadCanceled(Exception):  # noqa: N818
    pass


class InvalidInput(InvalidInputError, InvalidArgument):
    """A feed that does not fit the model."""


class InvalidValue(InvalidInputError, InvalidArgument, RuntimeError):
    """An object that is no tensor, or a tensor that cannot be what is asked for."""


class InvalidCall(UsageError, InvalidArgument):
    """A name that the model does not have, or an argument that cannot mean anything."""


class FailedCall(UsageError, InvalidArgument, RuntimeError):
    """The same, where onnxruntime raises a RuntimeError."""


class InvalidCallType(UsageError, InvalidArgument, TypeError):
    """An argument of a type that cannot be."""


class UnknownAttribute(UsageError, AttributeError):
    """A thing of onnxruntime that is not here."""


class UnsupportedOption(UsageError, NotImplemented):
    """A setting that would change an answer, or whose effect would be missing."""


class UnreadableModel(InvalidModelError, InvalidProtobuf):
    pass


class InvalidModel(InvalidModelError, InvalidGraph):
    pass


class UnsupportedModel(UnsupportedModelError, NotImplemented):
    pass


class MissingFile(IoError, NoSuchFile):
    pass


class FailedRead(IoError, Fail):
    pass


class FailedRun(InvalidModelError, Fail):
    pass


class OverLimit(LimitError, RuntimeException):
    pass


class Terminated(InterruptedCallError, Fail):
    pass


class LoadCanceled(InterruptedCallError, ModelLoadCanceled):
    pass


# What one code becomes; a more exact one for some things that were being done stands below.
_CLASSES: dict[str, type[Error]] = {
    "usage": InvalidCall,
    "invalid-model": InvalidModel,
    "unsupported-model": UnsupportedModel,
    "invalid-input": InvalidInput,
    "limit": OverLimit,
    "io": FailedRead,
    "interrupted": Terminated,
}
_EXACT: dict[tuple[str, str], type[Error]] = {
    ("run", "invalid-model"): FailedRun,
    ("type", "usage"): InvalidCallType,
    ("type", "invalid-input"): InvalidValue,
    ("value", "invalid-input"): InvalidValue,
    ("open missing", "io"): MissingFile,
    ("open", "unreadable"): UnreadableModel,
}


def exception_of(failure: _native.Failure, doing: str) -> Error:
    """The exception for an error of the engine. `doing`: "open", "run", "feed", "missing", "name", "type", "value"..."""
    code = failure.code
    if code == "invalid-model" and failure.what.startswith("not an ONNX model"):
        code, doing = "unreadable", "open"
    kind = _EXACT.get((doing, code)) or _CLASSES.get(code, Error)
    return kind(with_keywords(failure.what), with_keywords(failure.where), with_keywords(failure.remedy))


def checked(answer: Any, doing: str) -> Any:
    """What a function of the extension returned, or the exception for its error."""
    if isinstance(answer, _native.Failure):
        raise exception_of(answer, doing)
    return answer
