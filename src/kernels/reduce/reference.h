// SPDX-License-Identifier: Apache-2.0
// Means in double, for tests: the value, and the mean of magnitudes that bounds a float kernel's error.
#pragma once

#include <vector>

#include "kernels/reduce/reduce_params.h"

namespace kite {

struct ReduceReference {
  std::vector<double> value;      // [outer, inner]
  std::vector<double> magnitude;  // mean of |x|
};

[[nodiscard]] ReduceReference reduce_reference(const ReduceParams& params, const float* x);

}  // namespace kite
