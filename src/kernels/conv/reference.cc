// SPDX-License-Identifier: Apache-2.0
// Seven plain loops: what a convolution is.
#include "kernels/conv/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {

ConvReference conv_reference(const ConvParams& p, const float* x, const float* w_oihw, const float* bias,
                             const float* residual) {
  const std::int64_t depth = p.in_c / p.groups;
  const std::int64_t group_out = p.out_c / p.groups;
  ConvReference out;
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < p.batch; ++n) {
    for (std::int64_t row = 0; row < p.out_h; ++row) {
      for (std::int64_t column = 0; column < p.out_w; ++column) {
        for (std::int64_t k = 0; k < p.out_c; ++k, ++at) {
          double sum = 0;
          double magnitude = 0;
          for (std::int64_t r = 0; r < p.kernel_h; ++r) {
            const std::int64_t in_row = row * p.stride_h - p.pad_top + r * p.dilation_h;
            if (in_row < 0 || in_row >= p.in_h) continue;
            for (std::int64_t s = 0; s < p.kernel_w; ++s) {
              const std::int64_t in_column = column * p.stride_w - p.pad_left + s * p.dilation_w;
              if (in_column < 0 || in_column >= p.in_w) continue;
              for (std::int64_t c = 0; c < depth; ++c) {
                const std::int64_t channel = k / group_out * depth + c;
                const std::int64_t from = p.input_planar != 0
                                              ? ((n * p.in_c + channel) * p.in_h + in_row) * p.in_w + in_column
                                              : ((n * p.in_h + in_row) * p.in_w + in_column) * p.in_c + channel;
                const double product =
                    static_cast<double>(x[from]) * w_oihw[((k * depth + c) * p.kernel_h + r) * p.kernel_w + s];
                sum += product;
                magnitude += std::fabs(product);
              }
            }
          }
          if (bias != nullptr) {
            sum += bias[k];
            magnitude += std::fabs(bias[k]);
          }
          if (residual != nullptr) {
            sum += residual[at];
            magnitude += std::fabs(residual[at]);
          }
          out.value.push_back(sum);
          out.magnitude.push_back(magnitude);
        }
      }
    }
  }
  return out;
}

}  // namespace kite
