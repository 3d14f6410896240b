// SPDX-License-Identifier: Apache-2.0
// What one affine call needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "tensor/activation.h"

namespace kite {

// y[r, c] = act(x[r, c] * scale[c] + bias[c])
struct AffineParams {
  std::int64_t rows;
  std::int32_t channels;
  ActivationForm activation;
};

}  // namespace kite
