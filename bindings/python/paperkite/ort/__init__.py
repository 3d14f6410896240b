# SPDX-License-Identifier: Apache-2.0
"""onnxruntime's Python interface over paperkite: change one import.

    >>> import paperkite.ort as onnxruntime
    >>> session = onnxruntime.InferenceSession("model.onnx")
    >>> session.run(None, {"input": array})

Where a library imports onnxruntime itself, `sys.modules["onnxruntime"] = paperkite.ort` before its import does the same.
What cannot matter is accepted; what would change an answer, or would be missing, is refused by its name."""

from __future__ import annotations

from typing import Any

from paperkite import __version__ as _paperkite_version
from paperkite.ort import capi as capi
from paperkite.ort._binding import IOBinding
from paperkite.ort._errors import FailedCall, InvalidCallType, UnknownAttribute
from paperkite.ort._options import (
    ExecutionMode,
    ExecutionOrder,
    GraphOptimizationLevel,
    OrtAllocatorType,
    OrtMemType,
    RunOptions,
    SessionOptions,
)
from paperkite.ort._providers import get_all_providers, get_available_providers
from paperkite.ort._session import InferenceSession, ModelMetadata, NodeArg
from paperkite.ort._value import OrtDevice, OrtDeviceVendorId, OrtValue

# The release of onnxruntime whose interface this is: libraries compare it. paperkite.__version__ is the engine's.
__version__ = "1.32.0"

__all__ = [
    "ExecutionMode",
    "ExecutionOrder",
    "GraphOptimizationLevel",
    "IOBinding",
    "InferenceSession",
    "ModelMetadata",
    "NodeArg",
    "OrtAllocatorType",
    "OrtDevice",
    "OrtDeviceVendorId",
    "OrtMemType",
    "OrtValue",
    "RunOptions",
    "SessionOptions",
    "disable_telemetry_events",
    "enable_telemetry_events",
    "get_all_providers",
    "get_available_providers",
    "get_build_info",
    "get_device",
    "get_version_string",
    "preload_dlls",
    "set_default_logger_severity",
    "set_default_logger_verbosity",
    "set_seed",
]

_NOT_HERE = {
    "LoraAdapter": "merge the adapter into the model",
    "ModelCompiler": "use `kite compile`",
    "SparseTensor": "tensors are dense",
    "set_global_thread_pool_sizes": "use paperkite.set_threads()",
    "register_execution_provider_library": "models run on the CPU",
}


def get_device() -> str:
    return "CPU"


def get_version_string() -> str:
    return __version__


def get_build_info() -> str:
    return f"paperkite {_paperkite_version}"


def set_default_logger_severity(severity: int) -> None:
    """Nothing is logged. 0 to 4, as in onnxruntime."""
    if isinstance(severity, bool) or not hasattr(severity, "__index__"):
        raise InvalidCallType(f"severity is of the type {type(severity).__name__}", "", "pass a number from 0 to 4")
    if not 0 <= severity.__index__() <= 4:
        raise FailedCall(f"severity is {severity}", "", "pass a number from 0 to 4")


def set_default_logger_verbosity(verbosity: int) -> None:
    """Nothing is logged."""


def set_seed(seed: int) -> None:
    """No operator here draws numbers, unless the model states a seed of its own."""


def enable_telemetry_events() -> None:
    """There are none."""


def disable_telemetry_events() -> None:
    """There are none."""


def preload_dlls(*arguments: Any, **options: Any) -> None:
    """There is nothing to load."""


def __getattr__(name: str) -> Any:
    if name in _NOT_HERE:
        raise UnknownAttribute(f"there is no {name} in paperkite.ort", "", _NOT_HERE[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
