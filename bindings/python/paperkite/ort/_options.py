# SPDX-License-Identifier: Apache-2.0
"""SessionOptions and RunOptions. What cannot matter is accepted and kept, so that it can be read again; what would change an
answer, or whose effect would be missing, is refused by its name."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any, Generic, TypeVar, overload

from paperkite.ort._errors import FailedCall, InvalidCall, InvalidCallType, UnsupportedOption
from paperkite.ort._settings import check_entry

T = TypeVar("T")


class _Choice(IntEnum):
    __str__ = Enum.__str__


class GraphOptimizationLevel(_Choice):
    """Accepted and without effect: the answers do not depend on it, and the engine always optimises."""

    ORT_DISABLE_ALL = 0
    ORT_ENABLE_BASIC = 1
    ORT_ENABLE_EXTENDED = 2
    ORT_ENABLE_LAYOUT = 3
    ORT_ENABLE_ALL = 99


class ExecutionMode(_Choice):
    ORT_SEQUENTIAL = 0
    ORT_PARALLEL = 1


class ExecutionOrder(_Choice):
    DEFAULT = 0
    PRIORITY_BASED = 1
    MEMORY_EFFICIENT = 2


class OrtAllocatorType(_Choice):
    INVALID = -1
    ORT_DEVICE_ALLOCATOR = 0
    ORT_ARENA_ALLOCATOR = 1


class OrtMemType(_Choice):
    CPU_INPUT = -2
    CPU_OUTPUT = -1
    CPU = -1
    DEFAULT = 0


class _Option(Generic[T]):
    """An attribute of one type. `refused`: what is missing where it has another value than its default."""

    def __init__(self, kind: type[T], default: T, refused: str = "") -> None:
        self.kind = kind
        self.default = default
        self.refused = refused

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, options: None, owner: type) -> _Option[T]: ...
    @overload
    def __get__(self, options: _Options, owner: type) -> T: ...
    def __get__(self, options: _Options | None, owner: type) -> _Option[T] | T:
        if options is None:
            return self
        value: T = options._values.get(self.name, self.default)
        return value

    def __set__(self, options: _Options, value: T) -> None:
        if self.kind is int and not isinstance(value, bool) and hasattr(value, "__index__"):
            value = value.__index__()
        elif not isinstance(value, self.kind):
            raise InvalidCallType(f"{self.name} is of the type {type(value).__name__}", "", f"pass one of the type {self.kind.__name__}")
        if self.refused and value != self.default:
            raise UnsupportedOption(f"{self.name} is {value!r}", "", self.refused)
        options._values[self.name] = value


class _Options:
    __slots__ = ("_entries", "_values")

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._entries: dict[str, str] = {}

    def _add_entry(self, key: Any, value: Any) -> None:
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidCallType("an entry is not a str with a str", "", "pass both as str")
        self._entries[key] = value

    def _entry(self, key: str) -> str:
        if key not in self._entries:
            raise FailedCall(f"there is no entry {key!r}")
        return self._entries[key]


class SessionOptions(_Options):
    """How a session is made."""

    __slots__ = ("_cancels", "_dimensions")

    # At most so many threads for one call; 0 or less: what paperkite.threads() says.
    intra_op_num_threads = _Option(int, 0)
    # Without effect.
    inter_op_num_threads = _Option(int, 0)
    graph_optimization_level = _Option(GraphOptimizationLevel, GraphOptimizationLevel.ORT_ENABLE_ALL)
    execution_mode = _Option(ExecutionMode, ExecutionMode.ORT_SEQUENTIAL)
    execution_order = _Option(ExecutionOrder, ExecutionOrder.DEFAULT)
    enable_cpu_mem_arena = _Option(bool, True)
    enable_mem_pattern = _Option(bool, True)
    enable_mem_reuse = _Option(bool, True)
    use_deterministic_compute = _Option(bool, False)  # always
    use_per_session_threads = _Option(bool, True)  # all sessions share theirs
    log_severity_level = _Option(int, -1)
    log_verbosity_level = _Option(int, 0)
    logid = _Option(str, "")
    profile_file_prefix = _Option(str, "onnxruntime_profile_")
    # Refused.
    enable_profiling = _Option(bool, False, "use `kite profile`: sessions write no profile")
    optimized_model_filepath = _Option(str, "", "use `kite compile`: sessions write no ONNX file")

    def __init__(self) -> None:
        super().__init__()
        self._dimensions: dict[str, int] = {}
        self._cancels = False

    def add_free_dimension_override_by_name(self, dim_name: str, dim_value: int) -> None:
        """The dimensions that the model calls by this name have this size; feeds of other sizes are refused."""
        if not isinstance(dim_name, str) or isinstance(dim_value, bool) or not hasattr(dim_value, "__index__"):
            raise InvalidCallType("a dimension is not a str with a whole number", "", "pass its name and its size")
        if dim_value.__index__() < 0:
            raise InvalidCall(f"the dimension {dim_name!r} is {dim_value}", "", "pass its size")
        self._dimensions[dim_name] = dim_value.__index__()

    def add_free_dimension_override_by_denotation(self, dim_denotation: str, dim_value: int) -> None:
        raise UnsupportedOption("denotations of dimensions are not read", "", "use add_free_dimension_override_by_name()")

    def add_session_config_entry(self, key: str, value: str) -> None:
        self._add_entry(key, value)
        try:
            check_entry(key, value)
        except Exception:
            del self._entries[key]
            raise

    def get_session_config_entry(self, key: str) -> str:
        return self._entry(key)

    def set_load_cancellation_flag(self, cancel: bool) -> None:
        """True: no session is made with these options."""
        self._cancels = bool(cancel)

    def has_providers(self) -> bool:
        return False

    def add_provider(self, provider_name: str, provider_options: Any = None) -> None:
        if provider_name != "CPUExecutionProvider":
            raise UnsupportedOption(f"there is no provider {provider_name!r}", "", "leave it out: models run on the CPU")

    def add_provider_for_devices(self, *arguments: Any) -> None:
        raise UnsupportedOption("there are no devices to choose from", "", "leave it out: models run on the CPU")

    def add_initializer(self, name: str, ortvalue: Any) -> None:
        raise UnsupportedOption(f"the initializer {name!r} is given by the program", "", "write it into the model")

    def add_external_initializers(self, names: Any, ortvalues: Any) -> None:
        raise UnsupportedOption(f"the initializers {names!r} are given by the program", "",
                                "open the model from its path, beside which their file lies")

    def add_external_initializers_from_files_in_memory(self, *arguments: Any) -> None:
        raise UnsupportedOption("initializers are given by the program", "", "open the model from its path, beside which their file lies")

    def register_custom_ops_library(self, path: Any) -> None:
        raise UnsupportedOption(f"the library {path!r} holds operators of its own", "", "write them as functions of the model")

    def __deepcopy__(self, memo: Any) -> SessionOptions:
        return self.__copy__()

    def __copy__(self) -> SessionOptions:
        copied = SessionOptions()
        copied._values = dict(self._values)
        copied._entries = dict(self._entries)
        copied._dimensions = dict(self._dimensions)
        copied._cancels = self._cancels
        return copied


class RunOptions(_Options):
    """How one call runs."""

    __slots__ = ()

    # Looked at before and after the call, also when another thread sets it meanwhile: no result is returned then.
    terminate = _Option(bool, False)
    # Without effect.
    log_severity_level = _Option(int, -1)
    log_verbosity_level = _Option(int, 0)
    logid = _Option(str, "")
    only_execute_path_to_fetches = _Option(bool, False)

    def add_run_config_entry(self, key: str, value: str) -> None:
        from paperkite._errors import announce
        from paperkite.ort._settings import unknown_run_entries

        self._add_entry(key, value)
        announce(unknown_run_entries({key: value}), stacklevel=2)

    def get_run_config_entry(self, key: str) -> str:
        return self._entry(key)

    def add_active_adapter(self, adapter: Any) -> None:
        raise UnsupportedOption("adapters are not applied", "", "merge the adapter into the model")
