// SPDX-License-Identifier: Apache-2.0
// Attention by blocks of queries: scores, softmax and the sum of values, while the scores are in L1 and L2.
//
// Operands: in[0] q, in[1] k, in[2] v, in[3] and in[4] what is added to the scores, left out where params has fewer;
// out[0] y. All f32. The operands are views of larger tensors, such as one product that makes q, k and v. The bits are
// those of matmul, elementwise, softmax and matmul one after the other.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/attention/attention_params.h"
#include "kernels/family.h"

namespace kite {

class AttentionFamily final : public FamilyOf<AttentionParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "attention"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const AttentionParams& params) const noexcept override;
  [[nodiscard]] std::size_t scratch_bytes(const AttentionParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const AttentionParams& params,
                                   const KernelOperands& operands) const noexcept override;
};

extern const AttentionFamily kAttention;

}  // namespace kite
