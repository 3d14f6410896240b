// SPDX-License-Identifier: Apache-2.0
// Operators that look at one element of each operand: the activations, and the formulas of elementwise_ops.inc; those
// of two operands broadcast them and may have an activation fused.
//
// Operands: in[0] a, in[1] b (binary operators only); out[0] y. All f32; y must not overlap a or b.
// No element depends on another one, so shares and tails cannot change a bit.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/elementwise/elementwise_params.h"
#include "kernels/family.h"

namespace kite {

// Fills size, a_stride and b_stride for two dense operands that broadcast to `y` as numpy has it (trailing dimensions
// meet; b may be empty for operators of one operand and is then a scalar). Neighbouring dimensions that both operands
// step through alike become one. False where more than kElementwiseDims remain, or where y has no elements.
[[nodiscard]] bool collapse_broadcast(std::span<const std::int64_t> y, std::span<const std::int64_t> a,
                                      std::span<const std::int64_t> b, ElementwiseParams& params) noexcept;

class ElementwiseFamily final : public FamilyOf<ElementwiseParams> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "elementwise"; }
  [[nodiscard]] std::span<const Kernel> kernels() const noexcept override;
  [[nodiscard]] int max_shares(const ElementwiseParams& params) const noexcept override;

 private:
  [[nodiscard]] bool fits_operands(const ElementwiseParams& params,
                                   const KernelOperands& operands) const noexcept override;
};

extern const ElementwiseFamily kElementwise;

}  // namespace kite
