// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution (one filter a channel, multiplier 1) in channels-last layout, with fused bias, residual,
// activation.
//
// Operands: conv/conv_family.h. Every output is one sum in the order r, s. A tap that falls into the padding adds
// nothing, or 0 * w: with weights that are not finite, which of the two depends on the shape and the channel
// alone.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/conv/conv_family.h"
#include "kernels/depthwise/geometry.h"

namespace kite {

class DepthwiseConv final : public Prepares<ConvFamily, DepthwiseWalk> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "depthwise"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  // As many groups as channels on both sides.
  [[nodiscard]] bool supports(const ConvParams& params) const noexcept override;
  [[nodiscard]] bool is_profitable(const ConvParams& params, const Target& target) const noexcept override;
  [[nodiscard]] std::size_t packed_bytes(const ConvParams& params) const noexcept override;
  void pack(const ConvParams& params, const Kernel& kernel, const float* w_oihw, float* packed) const noexcept override;
  [[nodiscard]] int max_shares(const ConvParams& params) const noexcept override;

 private:
  [[nodiscard]] DepthwiseWalk decide(const ConvParams& params, const Target& target,
                                     int shares) const noexcept override;
};

extern const DepthwiseConv kDepthwise;

}  // namespace kite
