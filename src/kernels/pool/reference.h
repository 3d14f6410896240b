// SPDX-License-Identifier: Apache-2.0
// Pooling in double, for tests: the value, and the size of the terms that bounds a float kernel's error.
#pragma once

#include <vector>

#include "kernels/pool/pool_params.h"

namespace kite {

struct PoolReference {
  std::vector<double> value;      // NHWC
  std::vector<double> magnitude;  // of an average: sum of |x| / divisor; of a maximum: 0, it is exact
};

[[nodiscard]] PoolReference pool_reference(const PoolParams& params, const float* x);

}  // namespace kite
