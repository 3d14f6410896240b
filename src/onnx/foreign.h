// SPDX-License-Identifier: Apache-2.0
// Recognises the files that people mistake for ONNX models.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace kite::onnx {

struct ForeignFile {
  std::string what;  // "a Git LFS pointer (the model itself is elsewhere)"
  std::string remedy;
};

// Nullopt when nothing is recognised. Looks at the first bytes only.
[[nodiscard]] std::optional<ForeignFile> describe_foreign(std::span<const std::byte> bytes);

}  // namespace kite::onnx
