// SPDX-License-Identifier: Apache-2.0
#include "native/value.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "native/array.h"
#include "native/dlpack.h"
#include "native/failure.h"
#include "native/feed.h"
#include "paperkite/try.h"

namespace kite::python {

namespace {

constexpr std::size_t kTypes = static_cast<std::size_t>(kLastDType) + 1;

// What numpy's constructor of arrays is called with. Set when paperkite.ort is imported, and kept until the process
// ends.
struct Numpy {
  nb::object ndarray;
  std::array<nb::object, kTypes> dtypes;  // invalid where numpy has none
};
Numpy* g_numpy = nullptr;

void use_numpy(nb::module_ numpy) {
  auto* const made = new Numpy;
  made->ndarray = numpy.attr("ndarray");
  for (std::size_t i = 0; i < kTypes; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (buffer_format(dtype) != nullptr) made->dtypes[i] = numpy.attr("dtype")(std::string(dtype_name(dtype)));
  }
  g_numpy = made;
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  const Value& value = *nb::inst_ptr<Value>(self);
  const char* const format = buffer_format(value.type.dtype);
  if (format == nullptr) {
    PyErr_SetString(PyExc_BufferError, "the buffer protocol has no name for this type of element");
    return -1;
  }
  if (value.is_read_only && (flags & PyBUF_WRITABLE) != 0) {
    PyErr_SetString(PyExc_BufferError, "the value is over memory that may only be read");
    return -1;
  }
  *view = {};
  view->obj = Py_NewRef(self);
  view->buf = value.data;
  view->itemsize = static_cast<Py_ssize_t>(dtype_size(value.type.dtype));
  view->len = static_cast<Py_ssize_t>(value.type.size_bytes());
  view->readonly = value.is_read_only ? 1 : 0;
  view->ndim = value.type.shape.rank();
  static_assert(sizeof(Py_ssize_t) == sizeof(std::int64_t));
  if ((flags & PyBUF_FORMAT) != 0) view->format = const_cast<char*>(format);
  if ((flags & PyBUF_ND) != 0) {
    view->shape = reinterpret_cast<Py_ssize_t*>(const_cast<std::int64_t*>(value.type.shape.dims().data()));
  }
  if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES) view->strides = const_cast<Py_ssize_t*>(value.strides.data());
  return 0;
}

Error misfit(std::string what, std::string remedy = {}) {
  return {ErrorCode::kInvalidInput, std::move(what), {}, std::move(remedy)};
}

struct BufferOwner {
  Py_buffer view{};
  ~BufferOwner() { PyBuffer_Release(&view); }
};

// Over the memory of an object whose buffer is dense. `dtype`: what to take its elements for, if they are of that size.
Result<Value> value_over(nb::handle array, const std::string& dtype) {
  auto owner = std::make_shared<BufferOwner>();
  Py_buffer& view = owner->view;
  if (PyObject_GetBuffer(array.ptr(), &view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) != 0) {
    const nb::python_error raised;
    return misfit("the object does not show its memory in one piece: " + printed(raised.value()));
  }
  BufferType found = buffer_type(view);
  if (!found.is_known) {
    return misfit(std::string("elements of the type '") + (view.format == nullptr ? "B" : view.format) +
                  "' (in the letters of Python's struct) are of no type of a tensor");
  }
  if (!dtype.empty()) {
    DType stated{};
    if (!find_dtype(dtype, stated)) return misfit("there is no type \"" + dtype + '"');
    if (dtype_size(stated) != static_cast<std::size_t>(view.itemsize)) {
      return misfit("elements of " + std::to_string(view.itemsize) + " bytes cannot be of the type " + dtype);
    }
    found.dtype = stated;
  }
  KITE_TRY_ASSIGN(const Shape shape, buffer_shape(view));
  const TensorType type{found.dtype, shape};
  if (!is_aligned(view.buf, found.dtype))
    return misfit("the memory of the array is not aligned", "copy it, as with array.copy()");
  return Value(type, static_cast<std::byte*>(view.buf), std::move(owner), view.readonly != 0);
}

nb::object value_of_buffer(nb::handle array, const std::string& dtype) {
  Result<Value> made = value_over(array, dtype);
  if (!made.ok()) return failure(std::move(made).error());
  return nb::cast(std::move(made).value());
}

Result<TensorType> type_of(const std::vector<std::int64_t>& dims, const std::string& dtype) {
  DType stated{};
  if (!find_dtype(dtype, stated)) return misfit("there is no type \"" + dtype + '"');
  for (const std::int64_t dim : dims) {
    if (dim < 0) return misfit("a dimension of " + std::to_string(dim));
  }
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims));
  return TensorType{stated, shape};
}

nb::object new_value(const std::vector<std::int64_t>& dims, const std::string& dtype) {
  const auto type = type_of(dims, dtype);
  if (!type.ok()) return failure(type.error());
  return nb::cast(Value(Tensor(*type)));
}

// Over memory that the caller names and keeps.
nb::object value_at(std::uintptr_t address, const std::vector<std::int64_t>& dims, const std::string& dtype) {
  const auto type = type_of(dims, dtype);
  if (!type.ok()) return failure(type.error());
  if (address == 0) return failure(misfit("the address of the memory is 0"));
  auto* const data = reinterpret_cast<std::byte*>(address);
  if (!is_aligned(data, type->dtype)) return failure(misfit("the memory is not aligned for its type"));
  return nb::cast(Value(*type, data, nullptr, false));
}

nb::object numpy_of(const Value& value) { return has_numpy_type(value.type.dtype) ? numpy_array(value) : nb::none(); }

// Elements of any shape and type, as long as they are as many bytes: what onnxruntime's update_inplace() takes.
nb::object copy_into(const Value& to, const Value& from) {
  if (to.is_read_only) return failure(misfit("the value is over memory that may only be read"));
  if (to.type.size_bytes() != from.type.size_bytes()) {
    return failure(misfit("the value has " + std::to_string(to.type.size_bytes()) + " bytes, and the new elements " +
                          std::to_string(from.type.size_bytes())));
  }
  if (to.type.size_bytes() > 0) std::memmove(to.data, from.data, static_cast<std::size_t>(to.type.size_bytes()));
  return nb::none();
}

}  // namespace

Value::Value(const TensorType& stated, std::byte* first, std::shared_ptr<void> memory, bool read_only)
    : type(stated), data(first), owner(std::move(memory)), is_read_only(read_only) {
  Py_ssize_t stride = static_cast<Py_ssize_t>(dtype_size(type.dtype));
  for (int axis = type.shape.rank(); axis-- > 0;) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= type.shape[axis];
  }
}

Value::Value(Tensor tensor) : Value(tensor.type(), tensor.mutable_view().data, nullptr, false) {
  owner = std::make_shared<Tensor>(std::move(tensor));
}

BufferType buffer_type(const Py_buffer& view) noexcept {
  const char* format = view.format == nullptr ? "B" : view.format;
  if (*format == '@' || *format == '=' || (*format == '<' && PY_LITTLE_ENDIAN) || (*format == '>' && PY_BIG_ENDIAN)) {
    ++format;
  }
  if (format[0] == '\0' || format[1] != '\0') return {};
  // The same letter has other sizes with and without a mark of the byte order.
  const auto sized = [&view](DType two, DType four, DType eight) -> BufferType {
    switch (view.itemsize) {
      case 2: return {two, true};
      case 4: return {four, true};
      case 8: return {eight, true};
      default: return {};
    }
  };
  switch (format[0]) {
    case 'e': return {DType::kFloat16, view.itemsize == 2};
    case 'f': return {DType::kFloat32, view.itemsize == 4};
    case 'd': return {DType::kFloat64, view.itemsize == 8};
    case '?': return {DType::kBool, view.itemsize == 1};
    case 'b': return {DType::kInt8, view.itemsize == 1};
    case 'B': return {DType::kUInt8, view.itemsize == 1};
    case 'h':
    case 'i':
    case 'l':
    case 'q':
    case 'n': return sized(DType::kInt16, DType::kInt32, DType::kInt64);
    case 'H':
    case 'I':
    case 'L':
    case 'Q':
    case 'N': return sized(DType::kUInt16, DType::kUInt32, DType::kUInt64);
    default: return {};
  }
}

Result<Shape> buffer_shape(const Py_buffer& view) {
  if (view.ndim == 0) return Shape{};
  if (view.shape == nullptr) return Shape{view.len / view.itemsize};  // one axis, which it need not state
  static_assert(sizeof(Py_ssize_t) == sizeof(std::int64_t));
  return Shape::make({reinterpret_cast<const std::int64_t*>(view.shape), static_cast<std::size_t>(view.ndim)});
}

bool is_aligned(const void* data, DType dtype) noexcept {
  return reinterpret_cast<std::uintptr_t>(data) % dtype_size(dtype) == 0;
}

bool has_numpy_type(DType dtype) noexcept {
  return g_numpy != nullptr && g_numpy->dtypes[static_cast<std::size_t>(dtype)];
}

nb::object numpy_array(Value value) {
  const Shape shape = value.type.shape;
  const nb::object& dtype = g_numpy->dtypes[static_cast<std::size_t>(value.type.dtype)];
  nb::object sizes = nb::steal(PyTuple_New(shape.rank()));
  if (!sizes.is_valid()) throw nb::python_error();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (PyTuple_SetItem(sizes.ptr(), axis, PyLong_FromLongLong(shape[axis])) != 0) throw nb::python_error();
  }
  return g_numpy->ndarray(std::move(sizes), dtype, nb::cast(std::move(value)));
}

bool find_dtype(std::string_view name, DType& dtype) noexcept {
  for (std::size_t i = 0; i < kTypes; ++i) {
    dtype = static_cast<DType>(i);
    if (dtype_name(dtype) == name) return true;
  }
  return false;
}

void bind_value(nb::module_& module) {
  using namespace nb::literals;
  static PyType_Slot slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)}, {0, nullptr}};
  nb::class_<Value>(module, "Value", nb::type_slots(slots))
      .def("dtype", [](const Value& value) { return std::string(dtype_name(value.type.dtype)); })
      .def(
          "shape",
          [](const Value& value) {
            const auto dims = value.type.shape.dims();
            return std::vector<std::int64_t>(dims.begin(), dims.end());
          },
          nb::sig("def shape(self) -> list[int]"))
      .def("size_bytes", [](const Value& value) { return value.type.size_bytes(); })
      .def("data_ptr", [](const Value& value) { return reinterpret_cast<std::uintptr_t>(value.data); })
      .def("numpy", &numpy_of, nb::sig("def numpy(self) -> typing.Any"))
      .def("copy_from", &copy_into, "value"_a, nb::sig("def copy_from(self, value: Value) -> Failure | None"))
      .def(
          "to_dlpack", [](nb::handle self) { return dlpack_of(self, nb::kwargs()); },
          nb::sig("def to_dlpack(self) -> typing.Any"))
      .def("__dlpack__", &dlpack_of, nb::sig("def __dlpack__(self, **options: typing.Any) -> typing.Any"))
      .def(
          "__dlpack_device__", [](const Value&) { return nb::make_tuple(kDlpackCpu, 0); },
          nb::sig("def __dlpack_device__(self) -> tuple[int, int]"));
  module.def("use_numpy", &use_numpy, "numpy"_a, nb::sig("def use_numpy(numpy: object) -> None"));
  module.def("new_value", &new_value, "shape"_a, "dtype"_a,
             nb::sig("def new_value(shape: typing.Sequence[int], dtype: str) -> Value | Failure"));
  module.def("value_at", &value_at, "address"_a, "shape"_a, "dtype"_a,
             nb::sig("def value_at(address: int, shape: typing.Sequence[int], dtype: str) -> Value | Failure"));
  module.def("value_of_buffer", &value_of_buffer, "array"_a, "dtype"_a,
             nb::sig("def value_of_buffer(array: object, dtype: str) -> Value | Failure"));
  module.def("value_of_dlpack", &value_of_dlpack, "tensor"_a,
             nb::sig("def value_of_dlpack(tensor: object) -> Value | Failure"));
}

}  // namespace kite::python
