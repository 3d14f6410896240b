// SPDX-License-Identifier: Apache-2.0
// How far two 8-bit pictures of one size are apart.
#pragma once

#include <cstdint>

#include "image/image.h"

namespace kite::cli {

struct PictureDistance {
  std::int64_t bytes = 0;
  std::int64_t differing = 0;
  std::int64_t sum = 0;  // of the differences in levels, 0..255
  int largest = 0;

  [[nodiscard]] double mean() const noexcept {
    return bytes == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(bytes);
  }
  [[nodiscard]] double percent() const noexcept {
    return bytes == 0 ? 0.0 : 100.0 * static_cast<double>(differing) / static_cast<double>(bytes);
  }
};

// Both pictures have the same size. `swapped`: red and blue of `theirs` are exchanged first.
[[nodiscard]] PictureDistance distance_of(const Image& ours, const Image& theirs, bool swapped = false) noexcept;
// False for pictures of different sizes.
[[nodiscard]] bool is_equal(const Image& ours, const Image& theirs, bool swapped = false) noexcept;

}  // namespace kite::cli
