// SPDX-License-Identifier: Apache-2.0
// Convolution in double, for tests: the value, and the sum of magnitudes that bounds a float kernel's error.
#pragma once

#include <vector>

#include "kernels/conv/conv_params.h"

namespace kite {

struct ConvReference {
  std::vector<double> value;      // before the activation, NHWC
  std::vector<double> magnitude;  // sum of |x * w| + |bias| + |residual|
};

// bias and residual may be null.
[[nodiscard]] ConvReference conv_reference(const ConvParams& params, const float* x, const float* w_oihw,
                                           const float* bias, const float* residual);

}  // namespace kite
