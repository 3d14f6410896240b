// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files: one dense tensor each.
#pragma once

#include <string>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

// Reads version 1 to 3, little-endian, C order, of our element types. Errors name the file and what was found.
[[nodiscard]] Result<Tensor> read_npy(const std::string& path);

// Writes version 1.0 through a temporary file, so that a failure leaves nothing half-written.
[[nodiscard]] Status write_npy(const std::string& path, const TensorView& tensor);

}  // namespace kite::cli
