// SPDX-License-Identifier: Apache-2.0
// Convolution of 8-bit numbers in channels-last layout, summed in integers without an error. A dense layer is a 1x1
// convolution over a row of pixels.
//
// Operands: in[0] x (NHWC, or NCHW where conv.input_planar), in[1] packed weights, in[2] the table of the output
// channels (QTable), in[3] the zero point of x, one byte, or null for 0, in[4] the scale of x, one float, or null for
// 1; out[0] y NHWC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/qconv/geometry.h"

namespace kite {

constexpr int kQConvWeights = 1;

// What the weights and the table are made of. Everything may lie at any address; null where it is left out.
struct QWeights {
  const void* w;          // [out_c, in_c / groups, kernel_h, kernel_w], or of a matrix [in_c, out_c]
  const void* zeros;      // of the weights' type
  const void* bias;       // int32
  const float* factors;   // [out_c]
  const float* addends;   // [out_c]
  bool is_signed;         // int8 weights, else uint8
  bool zero_per_channel;  // else one for all
  bool input_first;       // the matrix
};

class QConv final : public Prepares<FamilyOf<QConvParams>, QConvWalk> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "qconv"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const QConvParams& params) const noexcept override;
  [[nodiscard]] std::size_t scratch_bytes(const QConvParams& params) const noexcept override;
  [[nodiscard]] bool packs_weights() const noexcept override { return true; }

  // Whether fits() accepts the params with operands of the right sizes.
  [[nodiscard]] bool supports(const QConvParams& params) const noexcept;
  [[nodiscard]] std::size_t packed_bytes(const QConvParams& params) const noexcept;
  [[nodiscard]] std::size_t table_bytes(const QConvParams& params) const noexcept;
  // packed, table: 64-byte aligned.
  void pack(const QConvParams& params, const Kernel& kernel, const QWeights& weights,
            std::int8_t* packed) const noexcept;
  void fill_table(const QConvParams& params, const QWeights& weights, std::int32_t* table) const noexcept;

 private:
  [[nodiscard]] bool fits_operands(const QConvParams& params, const KernelOperands& operands) const noexcept override;
  [[nodiscard]] QConvWalk decide(const QConvParams& params, const Target& target, int shares) const noexcept override;
};

extern const QConv kQConv;

}  // namespace kite
