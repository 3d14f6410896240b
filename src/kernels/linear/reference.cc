// SPDX-License-Identifier: Apache-2.0
// Three plain loops: what a dense layer is.
#include "kernels/linear/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {

LinearReference linear_reference(const LinearParams& p, const float* x, const float* w, const float* bias,
                                 const float* residual) {
  LinearReference out;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    for (std::int64_t n = 0; n < p.out_features; ++n) {
      double sum = 0;
      double magnitude = 0;
      for (std::int64_t k = 0; k < p.in_features; ++k) {
        const double product = static_cast<double>(x[row * p.in_features + k]) * w[k * p.out_features + n];
        sum += product;
        magnitude += std::fabs(product);
      }
      if (bias != nullptr) {
        sum += bias[n];
        magnitude += std::fabs(bias[n]);
      }
      if (residual != nullptr) {
        sum += residual[row * p.out_features + n];
        magnitude += std::fabs(residual[row * p.out_features + n]);
      }
      out.value.push_back(sum);
      out.magnitude.push_back(magnitude);
    }
  }
  return out;
}

}  // namespace kite
