// SPDX-License-Identifier: Apache-2.0
// Softmax in double, for tests.
#pragma once

#include <vector>

#include "kernels/softmax/softmax_params.h"

namespace kite {

[[nodiscard]] std::vector<double> softmax_reference(const SoftmaxParams& params, const float* x);

}  // namespace kite
