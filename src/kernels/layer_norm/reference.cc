// SPDX-License-Identifier: Apache-2.0
// Mean, variance, quotient: what a layer normalisation is.
#include "kernels/layer_norm/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {

LayerNormReference layer_norm_reference(const LayerNormParams& p, const float* x, const float* scale,
                                        const float* bias) {
  LayerNormReference out;
  const auto count = static_cast<double>(p.channels);
  for (std::int64_t r = 0; r < p.rows; ++r, x += p.channels) {
    double mean = 0, variance = 0;
    for (std::int64_t c = 0; c < p.channels; ++c) mean += x[c] / count;
    for (std::int64_t c = 0; c < p.channels; ++c) variance += (x[c] - mean) * (x[c] - mean) / count;
    const double factor = 1 / std::sqrt(variance + static_cast<double>(p.epsilon));
    for (std::int64_t c = 0; c < p.channels; ++c) {
      const double normal = (x[c] - mean) * factor * scale[c];
      const double offset = bias == nullptr ? 0.0 : bias[c];
      out.value.push_back(normal + offset);
      out.magnitude.push_back(std::fabs(normal) + std::fabs(offset));
      out.slope.push_back(std::fabs(scale[c]) * factor);
    }
  }
  return out;
}

}  // namespace kite
