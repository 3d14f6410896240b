// SPDX-License-Identifier: Apache-2.0
// 3x3 convolution in narrow groups, as RegNet and ResNeXt have: sixteen channels or so see each other and no others.
// One vector holds a group's output channels (a block of them), so the register tile of conv/ would load a pixel for
// each multiply-add; here a pixel that was loaded serves every column of taps that it falls under, and columns of taps
// in the padding are skipped.
//
// Operands: conv/conv_family.h. Every output is one sum in the order
// row of taps, input channel, column of taps. A tap that falls into the padding adds nothing.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/conv/conv_family.h"

namespace kite {

class GroupedConv final : public ConvFamily {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "grouped"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  // 3x3, channels-last, stride 1 or 2, not dilated, at most one column of padding on either side, and no more products
  // in a sum than are added up in one piece.
  [[nodiscard]] bool supports(const ConvParams& params) const noexcept override;
  // Where it has a kernel: those with fewer registers are no faster.
  [[nodiscard]] bool is_profitable(const ConvParams& params, const Target& target) const noexcept override;
  [[nodiscard]] std::size_t packed_bytes(const ConvParams& params) const noexcept override;
  void pack(const ConvParams& params, const Kernel& kernel, const float* w_oihw, float* packed) const noexcept override;
};

extern const GroupedConv kGrouped;

}  // namespace kite
