// SPDX-License-Identifier: Apache-2.0
// What one dense-layer call needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "tensor/activation.h"

namespace kite {

// y[m,n] = act(bias[n] + residual[m,n] + sum_k x[m,k] * w[k,n])
struct LinearParams {
  std::int32_t rows;          // m
  std::int32_t in_features;   // k
  std::int32_t out_features;  // n
  Activation activation;
  float activation_a, activation_b;
};

}  // namespace kite
