// SPDX-License-Identifier: Apache-2.0
// Batched product of two matrices that are both computed at run time (attention).
//
// Operands: in[0] a, in[1] b; out[0] c, dense [batch, m, n]. All f32. Every output is a sum in ascending order of k, in
// the pieces of conv/conv.h.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/matmul/matmul_params.h"

namespace kite {

class MatmulFamily final : public FamilyOf<MatmulParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "matmul"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const MatmulParams& params) const noexcept override;
  [[nodiscard]] std::size_t scratch_bytes(const MatmulParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const MatmulParams& params, const KernelOperands& operands) const noexcept override;
};

extern const MatmulFamily kMatmul;

}  // namespace kite
