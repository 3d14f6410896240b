// SPDX-License-Identifier: Apache-2.0
// A scale, a bias and an activation for each channel: a batch normalisation that no convolution could take in.
//
// Operands: in[0] x [rows, channels]; in[1] scale, in[2] bias [channels]; out[0] y like x, which may lie where x lies.
// All f32. The product is rounded before the bias is added, as the separate operators do.
#pragma once

#include <span>
#include <string_view>

#include "kernels/affine/affine_params.h"
#include "kernels/family.h"

namespace kite {

class AffineFamily final : public FamilyOf<AffineParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "affine"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const AffineParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const AffineParams& params, const KernelOperands& operands) const noexcept override;
  [[nodiscard]] int in_place(const AffineParams& /*params*/) const noexcept override { return 0; }
};

extern const AffineFamily kAffine;

}  // namespace kite
