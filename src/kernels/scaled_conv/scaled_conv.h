// SPDX-License-Identifier: Apache-2.0
// A 1x1 convolution of a picture whose channels are scaled first, each picture's by its own numbers: the end of a
// squeeze-and-excite block (2018). The scaled picture never is a whole: some pixels of it at a time are made in
// scratch.
//
// Operands: those of conv/conv_family.h, and in[4] the scale [batch, in_c]. All products and sums are those of an
// elementwise product and of kConv, to the bit.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/conv/conv_params.h"
#include "kernels/family.h"
#include "kernels/scaled_conv/geometry.h"

namespace kite {

constexpr int kConvScale = 4;  // of the operands

class ScaledConv final : public Prepares<FamilyOf<ConvParams>, ScaledConvWalk> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "scaled_conv"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] bool packs_weights() const noexcept override { return true; }
  // 1x1, stride 1, all pixels, one group: a matrix product.
  [[nodiscard]] bool supports(const ConvParams& params) const noexcept;
  // Where it measured faster than the two steps.
  [[nodiscard]] bool is_profitable(const ConvParams& params, const Target& target) const noexcept;
  [[nodiscard]] int max_shares(const ConvParams& params) const noexcept override;
  [[nodiscard]] std::size_t scratch_bytes(const ConvParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const ConvParams& params, const KernelOperands& operands) const noexcept override;
  [[nodiscard]] int in_place(const ConvParams& params) const noexcept override;
  [[nodiscard]] ScaledConvWalk decide(const ConvParams& params, const Target& target,
                                      int shares) const noexcept override;
};

extern const ScaledConv kScaledConv;

}  // namespace kite
