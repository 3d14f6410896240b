// SPDX-License-Identifier: Apache-2.0
// Byte by byte.
#include "cli/verify/picture_distance.h"

#include <algorithm>
#include <cstdlib>

namespace kite::cli {

PictureDistance distance_of(const Image& ours, const Image& theirs, bool swapped) noexcept {
  PictureDistance distance;
  const auto a = ours.pixels();
  const auto b = theirs.pixels();
  distance.bytes = static_cast<std::int64_t>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t channel = i % 3;
    const std::size_t from = swapped ? i - channel + (2 - channel) : i;
    const int levels = std::abs(int{a[i]} - int{b[from]});
    distance.differing += levels != 0 ? 1 : 0;
    distance.sum += levels;
    distance.largest = std::max(distance.largest, levels);
  }
  return distance;
}

bool is_equal(const Image& ours, const Image& theirs, bool swapped) noexcept {
  if (ours.size() != theirs.size()) return false;
  if (!swapped) return std::ranges::equal(ours.pixels(), theirs.pixels());
  return distance_of(ours, theirs, true).differing == 0;
}

}  // namespace kite::cli
