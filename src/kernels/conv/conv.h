// SPDX-License-Identifier: Apache-2.0
// Convolution in channels-last layout, any group, stride, dilation and padding, with fused bias, residual and
// activation. A dense layer is a 1x1 convolution over a row of pixels.
//
// Operands: conv/conv_family.h. Every output is one sum, the bias, then r, s, c in this order, then the residual; of
// more than 400 products, a sum of such pieces (kPieceDepth), cut by the shape alone, whatever the tile, the share or
// the place in the batch. A tap that falls into the padding adds nothing, or 0 * w: with weights that are not finite,
// which of the two depends on the shape alone.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/conv/conv_family.h"
#include "kernels/conv/geometry.h"

namespace kite {

class DirectConv final : public Prepares<ConvFamily, ConvWalk> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "conv"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] bool supports(const ConvParams& /*params*/) const noexcept override { return true; }
  [[nodiscard]] bool is_profitable(const ConvParams& /*params*/, const Target& /*target*/) const noexcept override {
    return true;
  }
  [[nodiscard]] std::size_t packed_bytes(const ConvParams& params) const noexcept override;
  void pack(const ConvParams& params, const Kernel& kernel, const float* w_oihw, float* packed) const noexcept override;
  // The same for the weights of a dense layer that lie the other way round: w_io [in_c, out_c].
  void pack_transposed(const ConvParams& params, const Kernel& kernel, const float* w_io, float* packed) const noexcept;
  [[nodiscard]] std::size_t scratch_bytes(const ConvParams& params) const noexcept override;

 private:
  // Only where sums are whole: those of pieces wait in the result.
  [[nodiscard]] int in_place(const ConvParams& params) const noexcept override;
  [[nodiscard]] ConvWalk decide(const ConvParams& params, const Target& target, int shares) const noexcept override;
};

extern const DirectConv kConv;

}  // namespace kite
