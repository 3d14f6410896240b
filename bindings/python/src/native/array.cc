// SPDX-License-Identifier: Apache-2.0
#include "native/array.h"

#include <nanobind/stl/string.h>

#include <string_view>
#include <utility>

namespace kite::python {

namespace {

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  const Array& array = *nb::inst_ptr<Array>(self);
  const char* const format = buffer_format(array.dtype);
  if (format == nullptr) {
    PyErr_SetString(PyExc_BufferError, "the buffer protocol has no name for this type of element");
    return -1;
  }
  *view = {};
  view->obj = Py_NewRef(self);
  view->buf = array.data;
  view->itemsize = static_cast<Py_ssize_t>(dtype_size(array.dtype));
  view->len = view->itemsize;
  for (const Py_ssize_t size : array.shape) view->len *= size;
  view->readonly = 0;
  view->ndim = static_cast<int>(array.shape.size());
  if ((flags & PyBUF_FORMAT) != 0) view->format = const_cast<char*>(format);
  if ((flags & PyBUF_ND) != 0) view->shape = const_cast<Py_ssize_t*>(array.shape.data());
  if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES) view->strides = const_cast<Py_ssize_t*>(array.strides.data());
  return 0;
}

std::vector<Py_ssize_t> sizes_of(const Shape& shape) { return {shape.dims().begin(), shape.dims().end()}; }

}  // namespace

const char* buffer_format(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat32: return "f";
    case DType::kFloat64: return "d";
    case DType::kInt32: return "i";
    case DType::kInt64: return "q";
    case DType::kUInt8: return "B";
    case DType::kInt8: return "b";
    case DType::kBool: return "?";
    case DType::kFloat16: return "e";
    case DType::kInt16: return "h";
    case DType::kUInt16: return "H";
    case DType::kUInt32: return "I";
    case DType::kUInt64: return "Q";
    default: return nullptr;
  }
}

std::optional<DType> dtype_of_format(const char* format, Py_ssize_t item_size) noexcept {
  std::string_view letters(format == nullptr ? "B" : format);
  if (letters.size() == 2 && std::string_view("@=<").find(letters[0]) != std::string_view::npos)
    letters.remove_prefix(1);
  if (letters == "l") letters = item_size == 8 ? "q" : "i";
  if (letters == "L") letters = item_size == 8 ? "Q" : "I";
  for (int code = 0; code <= static_cast<int>(kLastDType); ++code) {
    const auto dtype = static_cast<DType>(code);
    const char* const own = buffer_format(dtype);
    if (own != nullptr && letters == own && item_size == static_cast<Py_ssize_t>(dtype_size(dtype))) return dtype;
  }
  return std::nullopt;
}

Array::Array(std::shared_ptr<void> memory, void* first, DType type, std::vector<Py_ssize_t> sizes)
    : owner(std::move(memory)), data(first), dtype(type), shape(std::move(sizes)), strides(shape.size()) {
  Py_ssize_t stride = static_cast<Py_ssize_t>(dtype_size(type));
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
}

Array::Array(Tensor tensor) : Array(nullptr, nullptr, tensor.dtype(), sizes_of(tensor.shape())) {
  auto held = std::make_shared<Tensor>(std::move(tensor));
  data = held->mutable_view().data;
  owner = std::move(held);
}

Array::Array(std::vector<float> values)
    : Array(nullptr, nullptr, DType::kFloat32, {static_cast<Py_ssize_t>(values.size())}) {
  auto held = std::make_shared<std::vector<float>>(std::move(values));
  data = held->data();
  owner = std::move(held);
}

void bind_array(nb::module_& module) {
  static PyType_Slot slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)}, {0, nullptr}};
  nb::class_<Array>(module, "Array", nb::type_slots(slots)).def_prop_ro("dtype", [](const Array& array) {
    return std::string(dtype_name(array.dtype));
  });
}

}  // namespace kite::python
