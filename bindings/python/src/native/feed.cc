// SPDX-License-Identifier: Apache-2.0
#include "native/feed.h"

#include <nanobind/stl/string.h>

#include <cstdint>
#include <utility>

#include "native/failure.h"
#include "native/value.h"

namespace kite::python {

namespace {

std::string in_quotes(std::string_view name) { return '"' + std::string(name) + '"'; }

Error mismatch(const Port& port, const TensorType& found) {
  const std::string wanted(dtype_name(port.type.dtype));
  return {ErrorCode::kInvalidInput,
          "the model wants elements of " + wanted + ", found " + std::string(dtype_name(found.dtype)) +
              found.shape.to_string(),
          "input " + in_quotes(port.name),
          has_numpy_type(port.type.dtype) ? "convert them, as with array.astype(numpy." + wanted + ")"
                                          : "pass an OrtValue of that type"};
}

// A bool of any program may be any byte that is not 0.
bool is_normal(const TensorView& view) noexcept {
  for (const std::byte each : view.bytes()) {
    if (each > std::byte{1}) return false;
  }
  return true;
}

Tensor normal_copy(const TensorView& view) {
  Tensor copy = Tensor::copy_of(view);
  for (std::int64_t i = 0; i < view.type.shape.elements(); ++i) {
    std::uint8_t& each = reinterpret_cast<std::uint8_t*>(copy.as<std::byte>())[i];
    each = each != 0 ? 1 : 0;
  }
  return copy;
}

}  // namespace

void raise(Error error, const char* doing) {
  const nb::object exception =
      nb::module_::import_("paperkite.ort._errors").attr("exception_of")(failure(std::move(error)), doing);
  PyErr_SetObject(exception.type().ptr(), exception.ptr());
  throw nb::python_error();
}

std::string printed(nb::handle object) {
  const nb::object words = nb::steal(PyObject_Str(object.ptr()));
  if (!words.is_valid()) throw nb::python_error();
  const nb::object encoded = nb::steal(PyUnicode_AsEncodedString(words.ptr(), "utf-8", "backslashreplace"));
  if (!encoded.is_valid()) throw nb::python_error();
  const nb::bytes bytes = nb::cast<nb::bytes>(encoded);
  return {bytes.c_str(), bytes.size()};
}

Feed::Feed(std::size_t inputs) : buffers_(new Py_buffer[inputs]) { views_.reserve(inputs); }

Feed::~Feed() {
  for (std::size_t i = 0; i < buffer_count_; ++i) PyBuffer_Release(&buffers_[i]);
}

void Feed::add(nb::handle value, const Port& port) {
  if (add_buffer(value, port)) return;
  const nb::object made =
      nb::module_::import_("paperkite.ort._feeds")
          .attr("tensor_of")(value, std::string(port.name), std::string(dtype_name(port.type.dtype)));
  const Value* shared = nullptr;
  converted_.push_back(made);
  if (nb::try_cast(made, shared, false)) return add_view(shared->view(), port);
  if (add_buffer(made, port)) return;
  raise({ErrorCode::kInvalidInput, "the value is no tensor", "input " + in_quotes(port.name), {}}, "feed");
}

bool Feed::add_buffer(nb::handle value, const Port& port) {
  if (PyObject_CheckBuffer(value.ptr()) == 0) return false;
  Py_buffer& buffer = buffers_[buffer_count_];
  if (PyObject_GetBuffer(value.ptr(), &buffer, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) != 0) {
    PyErr_Clear();
    return false;
  }
  const BufferType found = buffer_type(buffer);
  if (!found.is_known) {
    PyBuffer_Release(&buffer);
    return false;
  }
  ++buffer_count_;
  const auto shape = buffer_shape(buffer);
  if (!shape.ok()) raise(Error(shape.error()).in("input " + in_quotes(port.name)), "feed");
  add_view({{found.dtype, *shape}, static_cast<const std::byte*>(buffer.buf)}, port);
  return true;
}

void Feed::add_view(TensorView view, const Port& port) {
  if (view.type.dtype != port.type.dtype) raise(mismatch(port, view.type), "feed");
  static constexpr std::byte kNothing[8] = {};
  if (view.type.shape.elements() == 0) view.data = kNothing;  // null would mean that there is no tensor
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(view.data) % dtype_size(view.type.dtype) == 0;
  // Elements may be indices, which an operator checks before it uses them: another thread of the program must not
  // change them between.
  const bool may_be_index = view.type.dtype == DType::kInt64 || view.type.dtype == DType::kInt32;
  if (view.type.dtype == DType::kBool && !is_normal(view)) {
    view = copies_.emplace_back(normal_copy(view)).view();
  } else if (!is_aligned || may_be_index) {
    view = copies_.emplace_back(Tensor::copy_of(view)).view();
  }
  views_.push_back(view);
}

}  // namespace kite::python
