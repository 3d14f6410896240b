// SPDX-License-Identifier: Apache-2.0
// A dense layer in double, for tests: the value, and the sum of magnitudes that bounds a float kernel's error.
#pragma once

#include <vector>

#include "kernels/linear/linear_params.h"

namespace kite {

struct LinearReference {
  std::vector<double> value;      // before the activation
  std::vector<double> magnitude;  // sum of |x * w| + |bias| + |residual|
};

// w: [in_features, out_features]; bias and residual may be null.
[[nodiscard]] LinearReference linear_reference(const LinearParams& params, const float* x, const float* w,
                                               const float* bias, const float* residual);

}  // namespace kite
