// SPDX-License-Identifier: Apache-2.0
// Six plain loops: what pooling is.
#include "kernels/pool/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {
namespace {

struct Window {
  double largest = -INFINITY;
  double sum = 0, magnitude = 0;
  double inside = 0, padded = 0;  // taps
};

Window walk(const PoolParams& p, const float* x, std::int64_t n, std::int64_t row, std::int64_t column,
            std::int64_t c) {
  Window w;
  for (std::int64_t r = 0; r < p.kernel_h; ++r) {
    const std::int64_t in_row = row * p.stride_h - p.pad_top + r * p.dilation_h;
    for (std::int64_t s = 0; s < p.kernel_w; ++s) {
      const std::int64_t in_column = column * p.stride_w - p.pad_left + s * p.dilation_w;
      if (in_row >= std::int64_t{p.in_h} + p.pad_bottom || in_column >= std::int64_t{p.in_w} + p.pad_right) continue;
      w.padded += 1;
      if (in_row < 0 || in_row >= p.in_h || in_column < 0 || in_column >= p.in_w) continue;
      w.inside += 1;
      const double value = x[((n * p.in_h + in_row) * p.in_w + in_column) * p.channels + c];
      w.sum += value;
      w.magnitude += std::fabs(value);
      if (std::isnan(value) || value > w.largest) w.largest = std::isnan(w.largest) ? w.largest : value;
    }
  }
  return w;
}

}  // namespace

PoolReference pool_reference(const PoolParams& p, const float* x) {
  PoolReference out;
  for (std::int64_t n = 0; n < p.batch; ++n) {
    for (std::int64_t row = 0; row < p.out_h; ++row) {
      for (std::int64_t column = 0; column < p.out_w; ++column) {
        for (std::int64_t c = 0; c < p.channels; ++c) {
          const Window w = walk(p, x, n, row, column, c);
          const double count = p.kind == PoolKind::kAverageIncludePad ? w.padded : w.inside;
          const double divisor = count == 0 ? 1 : count;
          out.value.push_back(p.kind == PoolKind::kMax ? w.largest : w.sum / divisor);
          out.magnitude.push_back(p.kind == PoolKind::kMax ? 0 : w.magnitude / divisor);
        }
      }
    }
  }
  return out;
}

}  // namespace kite
