// SPDX-License-Identifier: Apache-2.0
// A batched matrix product in double, for tests: the value, and the sum of magnitudes that bounds a float kernel's
// error.
#pragma once

#include <vector>

#include "kernels/matmul/matmul_params.h"

namespace kite {

struct MatmulReference {
  std::vector<double> value;
  std::vector<double> magnitude;  // sum of |a * b|
};

[[nodiscard]] MatmulReference matmul_reference(const MatmulParams& params, const float* a, const float* b);

}  // namespace kite
