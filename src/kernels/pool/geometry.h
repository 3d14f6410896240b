// SPDX-License-Identifier: Apache-2.0
// Which taps of a pooling window lie inside the picture, and where.
#pragma once

#include <cstdint>

#include "kernels/pool/pool_params.h"

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

// The taps of one output that lie inside the picture.
template <typename T>
struct PoolWindow {
  const T* first;  // the first of them, channel 0
  std::int64_t rows, columns;
  std::int64_t row_step, column_step;  // elements from tap to tap
};

// Of the output in column q of the row whose first tap lies in row `top` of the picture, of which `tall` are inside.
template <typename T>
static inline PoolWindow<T> pool_window(const PoolParams& p, const T* picture, std::int64_t top, const PoolSpan& tall,
                                        std::int64_t q, const PoolSpan& wide) {
  const std::int64_t left = q * p.stride_w - p.pad_left;
  const std::int64_t row = static_cast<std::int64_t>(p.in_w) * p.channels;
  PoolWindow<T> taps = {};
  taps.rows = tall.last - tall.first;
  taps.columns = wide.last - wide.first;
  // A step between two taps inside the picture; with one tap it could be any number, even one that overflows.
  taps.row_step = taps.rows > 1 ? p.dilation_h * row : 0;
  taps.column_step = taps.columns > 1 ? static_cast<std::int64_t>(p.dilation_w) * p.channels : 0;
  taps.first = picture;
  if (taps.rows > 0 && taps.columns > 0) {
    taps.first += (top + tall.first * p.dilation_h) * row + (left + wide.first * p.dilation_w) * p.channels;
  } else {
    taps.rows = 0;
  }
  return taps;
}

}  // namespace kite
