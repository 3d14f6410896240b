// SPDX-License-Identifier: Apache-2.0
// Softmax of dense rows.
//
// Operands: in[0] x [rows, channels]; out[0] y like x. All f32. The sum keeps 2 partial vectors (vector i of the row
// goes to i % 2), added to each other and then across the lanes. NaN and +Inf make the whole row NaN, as does a row of
// -Inf.
#pragma once

#include <span>
#include <string_view>

#include "kernels/family.h"
#include "kernels/softmax/softmax_params.h"

namespace kite {

class SoftmaxFamily final : public FamilyOf<SoftmaxParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "softmax"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const SoftmaxParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const SoftmaxParams& params, const KernelOperands& operands) const noexcept override;
};

extern const SoftmaxFamily kSoftmax;

}  // namespace kite
