// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files: one dense tensor each.
#pragma once

#include <cstdint>
#include <string>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

// Reads version 1 to 3, little-endian, of our element types; arrays in Fortran order are put into C order. Errors name
// the file and what was found.
[[nodiscard]] Result<Tensor> read_npy(const std::string& path);

// A file of equal tensors one behind the other, of which one at a time is in memory.
class NpyStack {
 public:
  // kInvalidInput unless the file holds `item`'s element type and dimensions, its first one any multiple of `item`'s.
  [[nodiscard]] static Result<NpyStack> open(const std::string& path, const TensorType& item);
  NpyStack(NpyStack&& other) noexcept;
  NpyStack& operator=(NpyStack&&) = delete;
  ~NpyStack();

  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  // Into a tensor of the type that open() was given.
  [[nodiscard]] Status read(std::int64_t index, const MutableTensorView& into) const;

 private:
  NpyStack(std::string path, int file, std::size_t data_at, std::int64_t count);
  std::string path_;
  int file_ = -1;
  std::size_t data_at_ = 0;
  std::int64_t count_ = 0;
};

// Writes version 1.0 through a temporary file, so that a failure leaves nothing half-written.
[[nodiscard]] Status write_npy(const std::string& path, const TensorView& tensor);

}  // namespace kite::cli
