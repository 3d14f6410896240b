// SPDX-License-Identifier: Apache-2.0
// Elementwise operators in double, for tests.
#pragma once

#include <vector>

#include "kernels/elementwise/elementwise_params.h"

namespace kite {

// The values before the activation.
// b may be null for operators of one operand.
[[nodiscard]] std::vector<double> elementwise_reference(const ElementwiseParams& params, const float* a,
                                                        const float* b);

}  // namespace kite
