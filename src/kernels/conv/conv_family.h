// SPDX-License-Identifier: Apache-2.0
// What the families of convolution have in common: the same params and operands, weights in an order of their own.
//
// Operands: in[0] x (NHWC f32; NCHW where input_planar), in[1] packed weights, in[2] bias [out_c] or null, in[3]
// residual NHWC like y, or null; out[0] y NHWC, which may be the residual itself unless a family says otherwise.
#pragma once

#include <cstddef>

#include "kernels/conv/conv_params.h"
#include "kernels/family.h"

namespace kite {

constexpr int kConvWeights = 1, kConvResidual = 3;  // of the operands

// Every extent is positive and small enough that conv_geometry() cannot overflow.
[[nodiscard]] bool conv_params_are_sane(const ConvParams& params) noexcept;

class ConvFamily : public FamilyOf<ConvParams> {
 public:
  // The shapes that it can compute.
  [[nodiscard]] virtual bool supports(const ConvParams& params) const noexcept = 0;
  // Those where it measured faster than direct convolution (docs/performance.md has where), where `target` runs; of
  // direct convolution itself, all.
  [[nodiscard]] virtual bool is_profitable(const ConvParams& params, const Target& target) const noexcept = 0;
  // Bytes of the packed weights: a multiple of 64 and the same for every kernel (only their order differs).
  [[nodiscard]] virtual std::size_t packed_bytes(const ConvParams& params) const noexcept = 0;
  // w_oihw: [out_c, in_c / groups, kernel_h, kernel_w] at any alignment. packed: 64-byte aligned.
  virtual void pack(const ConvParams& params, const Kernel& kernel, const float* w_oihw,
                    float* packed) const noexcept = 0;

  [[nodiscard]] bool packs_weights() const noexcept final { return true; }
  [[nodiscard]] int max_shares(const ConvParams& params) const noexcept override;

 protected:
  ~ConvFamily() = default;

 private:
  [[nodiscard]] bool fits_operands(const ConvParams& params, const KernelOperands& operands) const noexcept final;
  [[nodiscard]] int in_place(const ConvParams& /*params*/) const noexcept override { return kConvResidual; }
};

}  // namespace kite
