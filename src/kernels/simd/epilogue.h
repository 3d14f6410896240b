// SPDX-License-Identifier: Apache-2.0
// What becomes of a sum before it is an output: y = act(sum + bias + residual). Plain struct: files compiled for one
// target include this.
#pragma once

#include "tensor/activation.h"

namespace kite {

struct Epilogue {
  const float* bias;      // of all output channels; null without a bias
  const float* residual;  // laid out as y; null without a residual
  ActivationForm activation;
};

}  // namespace kite
