// SPDX-License-Identifier: Apache-2.0
// Memory of the engine that Python sees by the buffer protocol, and numpy without a copy.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "paperkite/tensor.h"

namespace kite::python {

namespace nb = nanobind;

// Dense, row-major, aligned; lives as long as a view of it does. Its owner gave it away, so that it may be written to.
struct Array {
  std::shared_ptr<void> owner;
  void* data = nullptr;
  DType dtype = DType::kFloat32;
  std::vector<Py_ssize_t> shape;
  std::vector<Py_ssize_t> strides;  // bytes

  Array(std::shared_ptr<void> memory, void* first, DType type, std::vector<Py_ssize_t> sizes);
  // Takes the tensor.
  explicit Array(Tensor tensor);
  explicit Array(std::vector<float> values);
};

// The letter that the struct module has for a type; null where it has none (bfloat16, integers of less than 8 bits).
[[nodiscard]] const char* buffer_format(DType dtype) noexcept;
// The other way; null for elements of another size, of another order of bytes, or of no type of tensors.
[[nodiscard]] std::optional<DType> dtype_of_format(const char* format, Py_ssize_t item_size) noexcept;

void bind_array(nb::module_& module);

}  // namespace kite::python
