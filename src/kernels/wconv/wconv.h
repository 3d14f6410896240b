// SPDX-License-Identifier: Apache-2.0
// Convolution in float32 whose weights alone have 8 bits, in memory, too: they become float32 right before they are
// used, a panel at a time, in memory that stays in the cache. A dense layer is a 1x1 convolution over a row of pixels.
//
// It is a family of convolution in float32 (`base`) that finds its weights in another form. The bits of direct,
// depthwise and grouped convolution are those of weights that were dequantised before. Winograd's transform of the
// codes is exact and is rounded once, by the scale, where that of dequantised weights rounds each of them before.
//
// Operands: those of conv/conv_family.h, with codes in the order of the packed weights (of Winograd: of direct
// convolution) in in[1]; in[4]: floats, the scales of all output channels in the order of the panels, once for each
// block, then the zeros in the same order, one byte each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/conv/conv_family.h"
#include "kernels/wconv/geometry.h"

namespace kite {

// What the codes are made of. Everything may lie at any address.
struct CodedWeights {
  const void* codes;    // [out_c, in_c / groups, kernel_h, kernel_w], or of a matrix [in_c, out_c]; a byte each
  const float* scales;  // [out_c], or with blocks [out_c, blocks], or of a matrix [blocks, out_c]
  const void* zeros;    // likewise, of the codes' type; null where all are 0
  bool is_signed;       // int8, else uint8
  bool one_scale;       // of all output channels
  bool input_first;     // the matrix
};

class WConv final : public Prepares<FamilyOf<WConvParams>, WConvWalk> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "wconv"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] bool packs_weights() const noexcept override { return true; }
  [[nodiscard]] std::size_t scratch_bytes(const WConvParams& params) const noexcept override;
  [[nodiscard]] int max_shares(const WConvParams& params) const noexcept override;
  // The base that `family` is.
  [[nodiscard]] WConvBase base_of(const ConvFamily& family) const noexcept;
  // Bytes of the codes, and of scales and zeros; multiples of 64, the same for every kernel.
  [[nodiscard]] std::size_t packed_bytes(const WConvParams& params) const noexcept;
  [[nodiscard]] std::size_t table_bytes(const WConvParams& params) const noexcept;
  void pack(const WConvParams& params, const Kernel& kernel, const CodedWeights& weights,
            std::int8_t* packed) const noexcept;
  void fill_table(const WConvParams& params, const CodedWeights& weights, float* table) const noexcept;

 private:
  [[nodiscard]] bool fits_operands(const WConvParams& params, const KernelOperands& operands) const noexcept override;
  [[nodiscard]] int in_place(const WConvParams& params) const noexcept override;
  [[nodiscard]] WConvWalk decide(const WConvParams& params, const Target& target, int shares) const noexcept override;
};

extern const WConv kWConv;

}  // namespace kite
