// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution in double, for tests: the value, and the sum of magnitudes that bounds a float kernel's error.
#pragma once

#include <vector>

#include "kernels/depthwise/depthwise_params.h"

namespace kite {

struct DepthwiseReference {
  std::vector<double> value;      // before the activation, NHWC
  std::vector<double> magnitude;  // sum of |x * w| + |bias| + |residual|
};

// bias and residual may be null.
[[nodiscard]] DepthwiseReference depthwise_reference(const DepthwiseParams& params, const float* x, const float* w_oihw,
                                                     const float* bias, const float* residual);

}  // namespace kite
