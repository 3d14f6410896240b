// SPDX-License-Identifier: Apache-2.0
// Four plain loops: what a batched matrix product is.
#include "kernels/matmul/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {

MatmulReference matmul_reference(const MatmulParams& p, const float* a, const float* b) {
  MatmulReference out;
  for (std::int64_t item = 0; item < p.batch; ++item) {
    const float* left = a + item * p.a_batch_stride;
    const float* right = b + item * p.b_batch_stride;
    for (std::int64_t row = 0; row < p.m; ++row) {
      for (std::int64_t column = 0; column < p.n; ++column) {
        double sum = 0;
        double magnitude = 0;
        for (std::int64_t k = 0; k < p.k; ++k) {
          const float factor = p.b_transposed != 0 ? right[column * p.k + k] : right[k * p.n + column];
          const double product = static_cast<double>(left[row * p.k + k]) * factor;
          sum += product;
          magnitude += std::fabs(product);
        }
        out.value.push_back(sum);
        out.magnitude.push_back(magnitude);
      }
    }
  }
  return out;
}

}  // namespace kite
