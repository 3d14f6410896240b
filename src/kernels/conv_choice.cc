// SPDX-License-Identifier: Apache-2.0
// The families of convolution, the special ones first.
#include "kernels/conv_choice.h"

#include <algorithm>

#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/grouped/grouped.h"
#include "kernels/winograd/winograd.h"

namespace kite {

namespace {

// kConv, which takes every shape, is the last.
constexpr const ConvFamily* kConvFamilies[] = {&kDepthwise, &kGrouped, &kWinograd, &kConv};

}  // namespace

const ConvFamily& conv_family(const ConvParams& params, const Target& target) noexcept {
  return **std::ranges::find_if(kConvFamilies,
                                [&](const ConvFamily* family) { return family->is_profitable(params, target); });
}

}  // namespace kite
