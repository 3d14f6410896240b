// SPDX-License-Identifier: Apache-2.0
// Tensors that Python and the engine share, for paperkite.ort: by the buffer protocol, by DLPack and as numpy arrays.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::python {

namespace nb = nanobind;

// Dense, row-major and aligned; in the engine's memory, or in that of an object of Python. Python code refers to it as
// long as anything does, so that it ends with the lock held.
struct Value {
  TensorType type;
  std::byte* data = nullptr;
  std::shared_ptr<void> owner;
  bool is_read_only = false;
  std::array<Py_ssize_t, kMaxRank> strides{};  // bytes; the buffer protocol lends them

  Value(const TensorType& stated, std::byte* first, std::shared_ptr<void> memory, bool read_only);
  // Takes the tensor.
  explicit Value(Tensor tensor);
  [[nodiscard]] TensorView view() const noexcept { return {type, data}; }
};

// The type of a buffer's elements. `is_known` is false where the engine has none of this kind or byte order.
struct BufferType {
  DType dtype = DType::kFloat32;
  bool is_known = false;
};
[[nodiscard]] BufferType buffer_type(const Py_buffer& view) noexcept;

// The shape of a dense buffer. kLimit where it has too many axes or elements.
[[nodiscard]] Result<Shape> buffer_shape(const Py_buffer& view);

// A numpy array over a Value, without a copy. Only for types that has_numpy_type().
[[nodiscard]] nb::object numpy_array(Value value);
[[nodiscard]] bool has_numpy_type(DType dtype) noexcept;

[[nodiscard]] bool is_aligned(const void* data, DType dtype) noexcept;

// "float32"; false where there is no such type.
[[nodiscard]] bool find_dtype(std::string_view name, DType& dtype) noexcept;

void bind_value(nb::module_& module);

}  // namespace kite::python
