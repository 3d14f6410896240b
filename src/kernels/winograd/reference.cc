// SPDX-License-Identifier: Apache-2.0
// The three transforms written out as matrices of magnitudes.
#include "kernels/winograd/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {

namespace {

constexpr double kB[4][4] = {{1, 0, 1, 0}, {0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 0, 1}};  // |B|'
constexpr double kG[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {0, 0, 1}};  // |G|
constexpr double kA[2][4] = {{1, 1, 1, 0}, {0, 1, 1, 1}};                              // |A|'

}  // namespace

std::vector<double> winograd_magnitude(const ConvParams& p, const float* x, const float* w_oihw, const float* bias,
                                       const float* residual) {
  const std::int64_t depth = p.in_c / p.groups;
  const std::int64_t group_out = p.out_c / p.groups;
  std::vector<double> out(static_cast<std::size_t>(p.batch) * p.out_h * p.out_w * p.out_c);
  for (std::int64_t n = 0; n < p.batch; ++n) {
    for (std::int64_t top = 0; top < p.out_h; top += 2) {
      for (std::int64_t left = 0; left < p.out_w; left += 2) {
        for (std::int64_t k = 0; k < p.out_c; ++k) {
          double places[4][4] = {};
          for (std::int64_t c = 0; c < depth; ++c) {
            double d[4][4] = {}, g[3][3];
            for (std::int64_t i = 0; i < 4; ++i) {
              for (std::int64_t j = 0; j < 4; ++j) {
                const std::int64_t row = top - p.pad_top + i, column = left - p.pad_left + j;
                if (row < 0 || row >= p.in_h || column < 0 || column >= p.in_w) continue;
                d[i][j] = std::fabs(x[((n * p.in_h + row) * p.in_w + column) * p.in_c + k / group_out * depth + c]);
              }
            }
            for (std::int64_t i = 0; i < 9; ++i) g[i / 3][i % 3] = std::fabs(w_oihw[(k * depth + c) * 9 + i]);
            for (std::int64_t i = 0; i < 16; ++i) {
              double pixels = 0, weights = 0;
              for (std::int64_t a = 0; a < 16; ++a) pixels += kB[i / 4][a / 4] * d[a / 4][a % 4] * kB[i % 4][a % 4];
              for (std::int64_t a = 0; a < 9; ++a) weights += kG[i / 4][a / 3] * g[a / 3][a % 3] * kG[i % 4][a % 3];
              places[i / 4][i % 4] += pixels * weights;
            }
          }
          for (std::int64_t i = 0; i < 4; ++i) {
            const std::int64_t row = top + i / 2, column = left + i % 2;
            if (row >= p.out_h || column >= p.out_w) continue;
            const std::int64_t at = ((n * p.out_h + row) * p.out_w + column) * p.out_c + k;
            double sum =
                (bias == nullptr ? 0 : std::fabs(bias[k])) + (residual == nullptr ? 0 : std::fabs(residual[at]));
            for (std::int64_t a = 0; a < 16; ++a) sum += kA[i / 2][a / 4] * places[a / 4][a % 4] * kA[i % 2][a % 4];
            out[static_cast<std::size_t>(at)] = sum;
          }
        }
      }
    }
  }
  return out;
}

}  // namespace kite
