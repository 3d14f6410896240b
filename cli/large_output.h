// SPDX-License-Identifier: Apache-2.0
// Outputs of many megabytes: they show their progress, and Ctrl-C ends them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "cli/output/output.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

// Many bytes, with a bar of progress that is named `what`. kInterrupted when a signal was remembered; a write that
// fails is kept by `output`.
[[nodiscard]] Status write_in_pieces(Output& output, std::span<const std::byte> bytes, const std::string& what);

// A tensor as .npy, through OutputFile.
[[nodiscard]] Status write_tensor_file(const std::string& path, const TensorView& tensor);

}  // namespace kite::cli
