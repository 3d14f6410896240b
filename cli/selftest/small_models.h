// SPDX-License-Identifier: Apache-2.0
// Models of one operator that has kernels, at sizes around the widths of vectors and blocks, and one with several.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/selftest/checks.h"
#include "paperkite/tensor.h"

namespace kite::cli {

struct SmallModel {
  std::string name;
  std::string bytes;               // ONNX
  std::string absolute_bytes;      // the same with the absolute values of its weights
  std::vector<std::int64_t> dims;  // of its input "x"
  double terms = 1;                // of the longest sum
};

// The weights are random numbers.
[[nodiscard]] std::vector<SmallModel> models_of_kernels(Checks& checks);
// Convolutions, a pool and a matrix product over a picture of `side` pixels; the batch is `batch`, and open where that
// is -1.
[[nodiscard]] SmallModel small_network(Checks& checks, std::int64_t batch, std::int64_t side);

}  // namespace kite::cli
