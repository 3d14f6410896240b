// SPDX-License-Identifier: Apache-2.0
// The families of convolution, the special ones first.
#include "kernels/conv_choice.h"

#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/grouped/grouped.h"
#include "kernels/winograd/winograd.h"

namespace kite {

const ConvFamily& conv_family(const ConvParams& params, const Target& target) noexcept {
  for (const ConvFamily* special :
       {static_cast<const ConvFamily*>(&kDepthwise), static_cast<const ConvFamily*>(&kGrouped),
        static_cast<const ConvFamily*>(&kWinograd)}) {
    if (special->is_profitable(params, target)) return *special;
  }
  return kConv;
}

}  // namespace kite
