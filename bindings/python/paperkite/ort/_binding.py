# SPDX-License-Identifier: Apache-2.0
"""IOBinding: inputs and outputs of a session that are named once and used by several runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import paperkite._native as _native
from paperkite.ort._errors import InvalidValue, checked
from paperkite.ort._types import dtype_of, type_string
from paperkite.ort._value import OrtValue, check_cpu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paperkite.ort._session import InferenceSession


class IOBinding:
    """On the CPU alone. A bound input is read, and a bound output written, by every run_with_iobinding()."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self._inputs: dict[str, Any] = {}
        self._outputs: dict[str, _native.Value | None] = {}
        self._results: list[OrtValue] = []

    def bind_cpu_input(self, name: str, arr_on_cpu: Any) -> None:
        """`arr_on_cpu`: an array of numpy. Runs read its memory, as it is then, where that is dense."""
        self._bind(name, OrtValue.ortvalue_from_numpy(arr_on_cpu))

    def bind_input(self, name: str, device_type: str, device_id: int, element_type: Any, shape: Sequence[int], buffer_ptr: int) -> None:
        """Memory that the caller keeps for as long as it is bound."""
        check_cpu(device_type, device_id)
        value = checked(_native.value_at(int(buffer_ptr), [int(size) for size in shape], dtype_of(element_type)), "value")
        self._bind(name, OrtValue(value))

    def bind_ortvalue_input(self, name: str, ortvalue: OrtValue) -> None:
        self._bind(name, ortvalue)

    def _bind(self, name: str, value: OrtValue) -> None:
        inputs = self._session.get_inputs() + self._session.get_overridable_initializers()
        if name not in [node.name for node in inputs]:
            raise InvalidValue(f'the model has no input "{name}"', "", f"its inputs are {[node.name for node in inputs]}")
        self._inputs[name] = value

    def bind_output(
        self, name: str, device_type: str = "cpu", device_id: int = 0, element_type: Any = None, shape: Sequence[int] | None = None,
        buffer_ptr: int | None = None,
    ) -> None:
        """Without `buffer_ptr`, each run makes memory for the output, which get_outputs() then has."""
        check_cpu(device_type, device_id)
        value = None
        if buffer_ptr is not None:
            if element_type is None or shape is None:
                raise InvalidValue("memory of the caller is bound without its type or shape", f'output "{name}"',
                                   "pass element_type and shape")
            value = checked(_native.value_at(int(buffer_ptr), [int(size) for size in shape], dtype_of(element_type)), "value")
        self._outputs[name] = value

    def bind_ortvalue_output(self, name: str, ortvalue: OrtValue) -> None:
        self._outputs[name] = ortvalue._ortvalue

    def synchronize_inputs(self) -> None:
        """Nothing: the memory of a CPU is always up to date."""

    def synchronize_outputs(self) -> None:
        """Nothing, as well."""

    def get_outputs(self) -> list[OrtValue]:
        """Of the last run, in the order in which they were bound."""
        return list(self._results)

    def copy_outputs_to_cpu(self) -> list[Any]:
        """The same as arrays of numpy."""
        return [value.numpy() for value in self._results]

    def clear_binding_inputs(self) -> None:
        self._inputs.clear()

    def clear_binding_outputs(self) -> None:
        self._outputs.clear()
        self._results = []

    def _run(self, run_options: Any) -> None:
        if not self._outputs:
            raise InvalidValue("no output is bound", "", "call bind_output() with the name of one")
        known = [node.name for node in self._session.get_outputs()]
        for name in self._outputs:
            if name not in known:
                raise InvalidValue(f'the model has no output "{name}"', "", f"its outputs are {known}")
        outputs = dict(self._outputs)
        results = []
        for (name, place), value in zip(outputs.items(), self._session._run_values(list(outputs), self._inputs, run_options), strict=True):
            if place is None:
                results.append(OrtValue(value))
                continue
            if place.shape() != value.shape() or place.dtype() != value.dtype():
                raise InvalidValue(f"bound is a {type_string(place.dtype())} of {place.shape()}, the model gives a "
                                   f"{type_string(value.dtype())} of {value.shape()}", f'output "{name}"')
            checked(place.copy_from(value), "value")
            results.append(OrtValue(place))
        self._results = results
