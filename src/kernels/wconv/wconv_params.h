// SPDX-License-Identifier: Apache-2.0
// What one convolution with weights of 8 bits needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"

namespace kite {

// The family that computes the same convolution with weights in float32.
enum class WConvBase : std::int32_t { kOfConv, kOfDepthwise, kOfGrouped, kOfWinograd };

// As ConvParams, with w = (code - zero) * scale: one scale and zero for each output channel, or for each `block` input
// channels of it.
struct WConvParams {
  ConvParams conv;
  WConvBase base;
  std::int32_t block;      // of a 1x1 convolution in one group; 0: all products share a scale
  std::int32_t has_zeros;  // 1: some zero is not 0
  std::int32_t reserved;   // 0
};

}  // namespace kite
