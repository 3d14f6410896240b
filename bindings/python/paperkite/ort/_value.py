# SPDX-License-Identifier: Apache-2.0
"""OrtValue and OrtDevice: tensors with a device, of which there is one."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy

import paperkite._native as _native
from paperkite.ort._errors import InvalidCallType, InvalidValue, checked
from paperkite.ort._feeds import native_of
from paperkite.ort._types import dtype_of, onnx_number, type_string

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEVICE_TYPES = {"cpu": 0, "cuda": 1, "gpu": 1, "webgpu": 1, "dml": 1, "npu": 2, "cann": 2, "fpga": 3}


class OrtDeviceVendorId(IntEnum):
    NONE = 0x0000
    AMD = 0x1002
    NVIDIA = 0x10DE
    ARM = 0x13B5
    MICROSOFT = 0x1414
    HUAWEI = 0x19E5
    QUALCOMM = 0x5143
    INTEL = 0x8086


class OrtDevice:
    """The name of a device. Values and bindings are on "cpu" alone."""

    __slots__ = ("_id", "_name", "_vendor")

    def __init__(self, name: str = "cpu", device_id: int = 0, vendor_id: int = -1) -> None:
        if not isinstance(name, str) or name.lower() not in _DEVICE_TYPES:
            raise InvalidValue(f"there is no device type {name!r}", "", 'pass "cpu"')
        self._name = name.lower()
        self._id = device_id
        self._vendor = vendor_id

    @staticmethod
    def make(ort_device_name: str, device_id: int, vendor_id: int = -1) -> OrtDevice:
        return OrtDevice(ort_device_name, device_id, vendor_id)

    @staticmethod
    def cpu() -> int:
        return 0

    @staticmethod
    def default_memory() -> int:
        return 0

    def device_id(self) -> int:
        return self._id

    def device_type(self) -> int:
        return _DEVICE_TYPES[self._name]

    def device_vendor_id(self) -> int:
        return max(self._vendor, 0)

    def device_mem_type(self) -> int:
        return 0


def check_cpu(device_type: Any, device_id: Any = 0) -> None:
    """Raises where memory of another device is meant."""
    name = OrtDevice(device_type, device_id)._name
    if name != "cpu":
        raise InvalidValue(f'there is no memory of the device "{name}" here', "", 'pass "cpu"')


class OrtValue:
    """A tensor, over the memory of the array or object that it was made of, or over its own."""

    __slots__ = ("_ortvalue",)

    def __init__(self, ortvalue: _native.Value, numpy_obj: Any = None) -> None:
        if not isinstance(ortvalue, _native.Value):
            raise InvalidCallType(f"an object of the type {type(ortvalue).__name__} is no value", "", "call a method ortvalue_from_...()")
        self._ortvalue = ortvalue  # refers to the array, too

    @classmethod
    def ortvalue_from_numpy(cls, numpy_obj: Any, /, device_type: str = "cpu", device_id: int = 0, vendor_id: int = -1) -> OrtValue:
        """Over the array's memory where that is dense; else over a copy."""
        check_cpu(device_type, device_id)
        if not isinstance(numpy_obj, numpy.ndarray):
            raise InvalidValue(f"an object of the type {type(numpy_obj).__name__} is no array of numpy")
        if numpy_obj.dtype.hasobject or numpy_obj.dtype.kind in "US":
            raise InvalidValue("there are values of numbers alone", "", "convert strings and objects to numbers")
        array = native_of(numpy_obj)
        return cls(array if isinstance(array, _native.Value) else checked(_native.value_of_buffer(array, ""), "value"))

    @classmethod
    def ortvalue_from_numpy_with_onnx_type(cls, data: Any, /, onnx_element_type: int) -> OrtValue:
        """The array's elements taken for another type of the same size, as uint16 for bfloat16."""
        if not isinstance(data, numpy.ndarray):
            raise InvalidValue(f"an object of the type {type(data).__name__} is no array of numpy")
        return cls(checked(_native.value_of_buffer(native_of(data), dtype_of(onnx_element_type)), "value"))

    @classmethod
    def ortvalue_from_shape_and_type(
        cls, shape: Sequence[int], element_type: Any, device_type: str = "cpu", device_id: int = 0, vendor_id: int = -1,
    ) -> OrtValue:
        """Of zeros."""
        check_cpu(device_type, device_id)
        return cls(checked(_native.new_value([int(size) for size in shape], dtype_of(element_type)), "value"))

    @classmethod
    def from_dlpack(cls, data: Any, /) -> OrtValue:
        """Over the memory of a tensor of another library, or of a capsule that holds one."""
        if not hasattr(data, "__dlpack__") and type(data).__name__ != "PyCapsule":
            raise InvalidCallType(f"an object of the type {type(data).__name__} gives no tensor by DLPack")
        return cls(checked(_native.value_of_dlpack(data), "type"))

    def __dlpack__(self, **options: Any) -> Any:
        return self._ortvalue.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def to_dlpack(self) -> Any:
        return self._ortvalue.to_dlpack()

    def numpy(self) -> Any:
        """Over the value's memory, without a copy."""
        array = self._ortvalue.numpy()
        if array is None:
            raise InvalidValue(f"numpy has no type for elements of {self._ortvalue.dtype()}", "", "hand them on with __dlpack__()")
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if copy:
            return numpy.array(array, dtype=dtype, copy=True)
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"{array.dtype} becomes {numpy.dtype(dtype)} by a copy alone")
            return array.astype(dtype)
        return array

    def update_inplace(self, data: Any) -> None:
        """Copies elements of as many bytes into the value's memory."""
        source = data if isinstance(data, OrtValue) else None
        if source is None:
            if not isinstance(data, numpy.ndarray):
                raise InvalidCallType(f"an object of the type {type(data).__name__} is neither an array of numpy nor an OrtValue")
            source = OrtValue.ortvalue_from_numpy(data)
        checked(self._ortvalue.copy_from(source._ortvalue), "value")

    def shape(self) -> list[int]:
        return self._ortvalue.shape()

    def data_type(self) -> str:
        """As "tensor(float)"."""
        return type_string(self._ortvalue.dtype())

    def element_type(self) -> int:
        """The number of TensorProto.DataType."""
        return onnx_number(self._ortvalue.dtype())

    def tensor_size_in_bytes(self) -> int:
        return self._ortvalue.size_bytes()

    def data_ptr(self) -> int:
        return self._ortvalue.data_ptr()

    def device_name(self) -> str:
        return "cpu"

    def has_value(self) -> bool:
        return True

    def is_tensor(self) -> bool:
        return True

    def is_sparse_tensor(self) -> bool:
        return False

    def is_tensor_sequence(self) -> bool:
        return False

    def _get_c_value(self) -> _native.Value:
        return self._ortvalue
