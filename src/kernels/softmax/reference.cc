// SPDX-License-Identifier: Apache-2.0
// Exponentials over their sum: what a softmax is.
#include "kernels/softmax/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {

std::vector<double> softmax_reference(const SoftmaxParams& p, const float* x) {
  std::vector<double> out;
  for (std::int64_t r = 0; r < p.rows; ++r, x += p.channels) {
    double largest = -INFINITY, sum = 0;
    for (std::int64_t c = 0; c < p.channels; ++c) largest = std::fmax(largest, static_cast<double>(x[c]));
    for (std::int64_t c = 0; c < p.channels; ++c) sum += std::exp(x[c] - largest);
    for (std::int64_t c = 0; c < p.channels; ++c) out.push_back(std::exp(x[c] - largest) / sum);
  }
  return out;
}

}  // namespace kite
