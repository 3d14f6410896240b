// SPDX-License-Identifier: Apache-2.0
// Contestants write logits and tensors as .npy files; this reads them item by item and trusts none of their numbers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

// One array [N, ...] of float32 or float64, little-endian, C order. An item is one index of the first axis.
class NpyFile {
 public:
  // kIo, or kInvalidInput when it is no such file or is shorter than its shape.
  [[nodiscard]] static Result<NpyFile> open(const std::string& path);

  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
  [[nodiscard]] std::int64_t items() const { return shape_.front(); }
  [[nodiscard]] std::int64_t item_elements() const { return item_elements_; }
  // Items first .. first + n - 1 one behind the other, which must lie inside; float64 is rounded to float32.
  [[nodiscard]] Result<std::vector<float>> read(std::int64_t first, std::int64_t n);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  std::vector<std::int64_t> shape_;
  std::int64_t item_elements_ = 1;
  std::int64_t data_at_ = 0;
  std::int64_t element_bytes_ = 4;
};

}  // namespace kite::race
