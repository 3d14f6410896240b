// SPDX-License-Identifier: Apache-2.0
// Which taps of a pooling window lie inside the picture.
#pragma once

#include <cstdint>

namespace kite {

// One axis of a window: the taps [first, last) inside [0, in), and how many lie before in + pad_end.
struct PoolSpan {
  std::int64_t first, last, padded;
};

static inline std::int64_t taps_before(std::int64_t room, std::int64_t dilation, std::int64_t kernel) {
  if (room <= 0) return 0;
  const std::int64_t taps = (room - 1) / dilation + 1;
  return taps < kernel ? taps : kernel;
}

static inline PoolSpan pool_span(std::int64_t start, std::int64_t in, std::int64_t pad_end, std::int64_t dilation,
                                 std::int64_t kernel) {
  PoolSpan span = {};
  span.first = start < 0 ? (-start + dilation - 1) / dilation : 0;
  span.last = taps_before(in - start, dilation, kernel);
  span.padded = taps_before(in + pad_end - start, dilation, kernel);
  if (span.first > span.last) span.first = span.last;
  return span;
}

}  // namespace kite
