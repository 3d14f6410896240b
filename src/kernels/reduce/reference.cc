// SPDX-License-Identifier: Apache-2.0
// Three plain loops: what a mean is.
#include "kernels/reduce/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {

ReduceReference reduce_reference(const ReduceParams& p, const float* x) {
  ReduceReference out;
  for (std::int64_t o = 0; o < p.outer; ++o) {
    for (std::int64_t i = 0; i < p.inner; ++i) {
      double sum = 0, magnitude = 0;
      for (std::int64_t m = 0; m < p.count; ++m) {
        const double term = x[(o * p.count + m) * p.inner + i];
        sum += term;
        magnitude += std::fabs(term);
      }
      out.value.push_back(sum / static_cast<double>(p.count));
      out.magnitude.push_back(magnitude / static_cast<double>(p.count));
    }
  }
  return out;
}

}  // namespace kite
