// SPDX-License-Identifier: Apache-2.0
// Layer normalisation in double, for tests: the value, and what bounds a float kernel's error.
#pragma once

#include <vector>

#include "kernels/layer_norm/layer_norm_params.h"

namespace kite {

struct LayerNormReference {
  std::vector<double> value;
  std::vector<double> magnitude;  // |normalised * scale| + |bias|
  std::vector<double> slope;      // |scale| / sqrt(variance + epsilon): how an error of x - mean is stretched
};

// bias may be null.
[[nodiscard]] LayerNormReference layer_norm_reference(const LayerNormParams& params, const float* x, const float* scale,
                                                      const float* bias);

}  // namespace kite
