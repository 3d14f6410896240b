// SPDX-License-Identifier: Apache-2.0
// Layer normalisation of dense rows, and normalisation of channels and of groups of channels, whose planes are a row.
//
// Operands: in[0] x [rows, channels], in[1] scale [affine_rows, channels / run], in[2] bias like scale, or null; out[0]
// y like x. All f32.
//
// Two passes over a row that is then in L1. Sums keep 4 partial vectors (vector i of the row goes to i % 4), added as
// ((0+1) + (2+3)), then across the lanes; those of 8192 numbers each are added up in double. The second pass sums
// d = x - mean and d * d: the mean has been rounded, and sum(d) / channels is what it lacks; it corrects both the
// variance and y (Chan, Golub, LeVeque, "Algorithms for Computing the Sample Variance", 1983, section 3).
#pragma once

#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/layer_norm/layer_norm_params.h"

namespace kite {

class LayerNormFamily final : public FamilyOf<LayerNormParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "layer_norm"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const LayerNormParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const LayerNormParams& params,
                                   const KernelOperands& operands) const noexcept override;
};

extern const LayerNormFamily kLayerNorm;

}  // namespace kite
