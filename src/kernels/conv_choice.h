// SPDX-License-Identifier: Apache-2.0
// Which family computes a convolution: the one rule that planner and benchmark share.
#pragma once

#include "kernels/conv/conv_family.h"

namespace kite {

// Where more than one can, the one that measured faster: a function of one picture's shape and of the target.
[[nodiscard]] const ConvFamily& conv_family(const ConvParams& params, const Target& target) noexcept;

}  // namespace kite
