// SPDX-License-Identifier: Apache-2.0
// 3x3 convolution of stride 1 by Winograd's F(2x2, 3x3): two by two outputs from 16 products for each pair of channels
// instead of 36. (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016, section 4.1.)
//
//   Y = A' [(G g G') o (B' d B)] A      d: 4x4 pixels, g: 3x3 weights, summed over input channels before A is applied
//
// Operands: conv/conv_family.h; the packed weights are already transformed, 16/9 of their size. Every output is one sum
// in ascending order of channels at each of the 16 places, then 24 additions in fixed order: no bit depends on the
// share or the place in the batch.
//
// Error: at most (channels of a group + 14) 2^-24 |A|'[(|G||g||G|') o (|B|'|d||B|)]|A| for each output, in the mean
// about that of direct convolution. An Inf or NaN among the 4x4 pixels may turn all four outputs into NaN, where direct
// convolution gives Inf or NaN to those that it touches.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/conv/conv_family.h"
#include "kernels/winograd/geometry.h"

namespace kite {

class WinogradConv final : public Prepares<ConvFamily, WinogradWalk> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "winograd"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  // 3x3, stride and dilation 1, channels-last.
  [[nodiscard]] bool supports(const ConvParams& params) const noexcept override;
  // By one picture's shape alone, so that the bits of an answer depend neither on the machine nor on the batch.
  [[nodiscard]] bool is_profitable(const ConvParams& params, const Target& target) const noexcept override;
  [[nodiscard]] std::size_t packed_bytes(const ConvParams& params) const noexcept override;
  // Weights are transformed in double and rounded once.
  void pack(const ConvParams& params, const Kernel& kernel, const float* w_oihw, float* packed) const noexcept override;
  [[nodiscard]] std::size_t scratch_bytes(const ConvParams& params) const noexcept override;

 private:
  [[nodiscard]] WinogradWalk decide(const ConvParams& params, const Target& target, int shares) const noexcept override;
};

extern const WinogradConv kWinograd;

}  // namespace kite
