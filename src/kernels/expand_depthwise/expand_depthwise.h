// SPDX-License-Identifier: Apache-2.0
// A 1x1 convolution and the depthwise convolution that alone reads its result, as one step: the first half of an
// inverted residual block (MobileNetV2, 2018, section 3.3). What lies between them is the largest tensor of such a
// network. Here it never is a whole: a band of its rows, a few channels at a time, is made in scratch and read from
// there while it is in L2.
//
// Operands: in[0] x (NHWC f32), in[1] weights and in[2] bias (or null) of the 1x1 convolution, in[3] and in[4] those of
// the depthwise convolution, weights packed as kConv and kDepthwise pack them; out[0] y (NHWC f32). All sums are those
// of the two families, to the bit.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/expand_depthwise/geometry.h"
#include "kernels/family.h"

namespace kite {

constexpr int kDepthwiseWeights = 3;  // of the operands

class ExpandDepthwise final : public Prepares<FamilyOf<ExpandDepthwiseParams>, ExpandDepthwiseWalk> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "expand_depthwise"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] bool packs_weights() const noexcept override { return true; }
  // A depthwise convolution that is computed in tiles, over all that a matrix product of pixels makes.
  [[nodiscard]] bool supports(const ExpandDepthwiseParams& params) const noexcept;
  // Where it measured faster than the two steps, which then have to bring the tensor between them from beyond L2.
  [[nodiscard]] bool is_profitable(const ExpandDepthwiseParams& params, const Target& target) const noexcept;
  [[nodiscard]] int max_shares(const ExpandDepthwiseParams& params) const noexcept override;
  [[nodiscard]] std::size_t scratch_bytes(const ExpandDepthwiseParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const ExpandDepthwiseParams& params,
                                   const KernelOperands& operands) const noexcept override;
  [[nodiscard]] ExpandDepthwiseWalk decide(const ExpandDepthwiseParams& params, const Target& target,
                                           int shares) const noexcept override;
};

extern const ExpandDepthwise kExpandDepthwise;

}  // namespace kite
