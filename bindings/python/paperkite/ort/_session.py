# SPDX-License-Identifier: Apache-2.0
"""InferenceSession: one model for all threads of a program. run() is the extension's."""

from __future__ import annotations

import os
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy

import paperkite._native as _native
from paperkite._errors import announce
from paperkite._options import path_bytes
from paperkite.ort._binding import IOBinding
from paperkite.ort._errors import InvalidCall, InvalidCallType, LoadCanceled, UnknownAttribute, checked
from paperkite.ort._options import SessionOptions
from paperkite.ort._providers import CPU, provider_notices
from paperkite.ort._settings import native_options, unknown_entries
from paperkite.ort._types import type_string
from paperkite.ort._value import OrtValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paperkite.ort._options import RunOptions

_native.use_numpy(numpy)

_MOST_THREADS = 1024
_NO_VERSION = 2**63 - 1  # what onnxruntime has for a file that states none
_NOT_HERE = {
    "run_async": "call run() from a thread of the program, which lets go of Python's lock",
    "run_with_ortvaluevector": "call run_with_ort_values()",
    "set_ep_dynamic_options": "leave it out: models run on the CPU",
    "get_tuning_results": "leave it out: nothing is tuned",
    "set_tuning_results": "leave it out: nothing is tuned",
    "get_provider_graph_assignment_info": "`kite inspect --steps` shows what runs",
}


class NodeArg:
    """An input or output: its name, its type as "tensor(float)", and a size, a symbol or None for each dimension."""

    __slots__ = ("_name", "_shape", "_type")

    def __init__(self, name: str, type: str, shape: list[int | str | None]) -> None:
        self._name = name
        self._type = type
        self._shape = shape

    @property
    def name(self) -> str:
        return self._name

    @property
    def type(self) -> str:
        return self._type

    @property
    def shape(self) -> list[int | str | None]:
        return list(self._shape)

    def __str__(self) -> str:
        return f"NodeArg(name={self._name!r}, type={self._type!r}, shape={self._shape!r})"

    __repr__ = __str__


class ModelMetadata:
    """What the file says of itself."""

    __slots__ = ("custom_metadata_map", "description", "domain", "graph_description", "graph_name", "producer_name", "version")

    custom_metadata_map: dict[str, str]
    description: str
    domain: str
    graph_description: str
    graph_name: str
    producer_name: str
    version: int

    def __init__(self, **stated: Any) -> None:
        for name, value in stated.items():
            setattr(self, name, value)


class InferenceSession(_native.Session):
    """`path_or_bytes` is the path of a model, or the bytes of an ONNX file or of a plan. Any number of threads may call one
    session, a forked child may go on with it, and pickle carries its path (or its bytes) and its options."""

    def __init__(
        self,
        path_or_bytes: str | bytes | os.PathLike[str],
        sess_options: SessionOptions | None = None,
        providers: Sequence[str | tuple[str, dict[Any, Any]]] | None = None,
        provider_options: Sequence[dict[Any, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        self._may_fall_back = int(kwargs.pop("enable_fallback", 1)) == 1
        kwargs.pop("read_config_from_model", None)
        kwargs.pop("disabled_optimizers", None)
        notices = provider_notices(providers, provider_options, self._may_fall_back)
        notices += [f"the keyword {name!r} has no effect" for name in kwargs]
        announce(notices + self._begin(path_or_bytes, sess_options), stacklevel=2)

    def _begin(self, model: Any, options: Any, shapes: dict[str, list[int]] | None = None) -> list[str]:
        """What there is to announce."""
        if options is None:
            options = SessionOptions()
        if not isinstance(options, SessionOptions):
            raise InvalidCallType(f"sess_options is of the type {type(options).__name__}", "", "pass SessionOptions or None")
        is_path = isinstance(model, (str, os.PathLike))
        if not is_path and not isinstance(model, bytes):
            raise InvalidCallType(f"a model cannot be of the type {type(model).__name__}", "", "pass its path, or the bytes of its file")
        if options._cancels:
            raise LoadCanceled("SessionOptions.set_load_cancellation_flag() is set")
        content = path_bytes("path_or_bytes", model) if is_path else model
        if is_path and not content:
            raise InvalidCallType("path_or_bytes is empty", "", "pass the path of a model")
        threads = max(0, min(options.intra_op_num_threads, _MOST_THREADS))
        failure = self._open(content, is_path, threads=threads, shapes=shapes or {}, **native_options(options._entries))
        if failure is not None:
            checked(failure, "open missing" if is_path and not os.path.exists(content) else "open")
        # A worker of multiprocessing may run in another folder.
        self._model_path = os.fsdecode(content) if is_path else None  # optimum reads it
        self._model: str | bytes = os.path.abspath(os.fsdecode(content)) if is_path else model
        self._options = copy(options)
        self._with_defaults: dict[frozenset[str], InferenceSession] = {}
        self._read_ports()
        notices: list[str] = self._warnings()
        return notices + unknown_entries(options._entries)

    def _read_ports(self) -> None:
        sizes: dict[Any, int] = {}
        for symbol, size in self._options._dimensions.items():
            if self._fix_dimension(symbol, size):
                sizes[symbol] = size
        inputs, outputs, defaults = (
            [NodeArg(name, type_string(dtype), [sizes.get(dim, dim) for dim in dims]) for name, dtype, dims in ports]
            for ports in (self._inputs(), self._outputs(), self._defaults())
        )
        self._inputs_meta, self._outputs_meta, self._overridable = inputs, outputs, defaults

    def get_inputs(self) -> list[NodeArg]:
        return self._inputs_meta

    def get_outputs(self) -> list[NodeArg]:
        return self._outputs_meta

    def get_overridable_initializers(self) -> list[NodeArg]:
        """Initializers for which a feed may have another value."""
        return self._overridable

    def get_modelmeta(self) -> ModelMetadata:
        stated = self._about()
        stated["version"] = stated["version"] or _NO_VERSION
        return ModelMetadata(**stated)

    def get_session_options(self) -> SessionOptions:
        return self._options

    def get_providers(self) -> list[str]:
        return [CPU]

    def get_provider_options(self) -> dict[str, dict[str, str]]:
        return {CPU: {}}

    def set_providers(self, providers: Any = None, provider_options: Any = None) -> None:
        announce(provider_notices(providers, provider_options, self._may_fall_back), stacklevel=2)

    def enable_fallback(self) -> None:
        self._may_fall_back = True

    def disable_fallback(self) -> None:
        self._may_fall_back = False

    def run_with_ort_values(
        self, output_names: Sequence[str] | None, input_dict_ort_values: Mapping[str, OrtValue], run_options: RunOptions | None = None,
    ) -> list[OrtValue]:
        """The same as run() for values of every type."""
        return [OrtValue(value) for value in self._run_values(output_names, input_dict_ort_values, run_options)]

    def io_binding(self) -> IOBinding:
        return IOBinding(self)

    def run_with_iobinding(self, iobinding: IOBinding, run_options: RunOptions | None = None) -> None:
        if iobinding._session is not self:
            raise InvalidCall("the binding is another session's", "", "make one with io_binding() of this session")
        iobinding._run(run_options)

    def create_ortvalue_from_shape_and_type(
        self, shape: Sequence[int], element_type: Any, device_type: str, device_id: int = 0, vendor_id: int = -1,
    ) -> OrtValue:
        return OrtValue.ortvalue_from_shape_and_type(shape, element_type, device_type, device_id)

    def end_profiling(self) -> str:
        """The name of the profile: there is none."""
        return ""

    def _run_with_defaults(self, output_names: Any, feed: Mapping[str, Any], run_options: Any, as_values: bool) -> list[Any]:
        """With values for initializers that the model lists as inputs, too: by a session for which they are inputs."""
        defaults = {node.name for node in self._overridable}
        given = frozenset(name for name in feed if name in defaults)
        session = self._with_defaults.get(given)
        if session is None:
            session = InferenceSession.__new__(InferenceSession)
            _native.Session.__init__(session)
            shapes = {name: list(value.shape() if isinstance(value, OrtValue) else numpy.shape(value)) for name, value in feed.items()}
            session._begin(self._model, self._options, shapes)
            session = self._with_defaults.setdefault(given, session)
        return (session._run_values if as_values else session.run)(output_names, feed, run_options)

    def __getattr__(self, name: str) -> Any:
        if name in _NOT_HERE:
            raise UnknownAttribute(f"there is no InferenceSession.{name} here", "", _NOT_HERE[name])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce__(self) -> Any:
        return _reopened, (type(self), self._model, self._options)


def _reopened(kind: type[InferenceSession], model: str | bytes, options: SessionOptions) -> InferenceSession:
    """What a pickle becomes. Its notices were given where it was made."""
    session = kind.__new__(kind)
    _native.Session.__init__(session)
    session._may_fall_back = True
    session._begin(model, options)
    return session
