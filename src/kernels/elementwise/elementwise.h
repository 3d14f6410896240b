// SPDX-License-Identifier: Apache-2.0
// Operators that look at one element of each operand: activations, erf, sqrt, and broadcasting sums, differences,
// products and quotients with a fused activation.
//
// Operands: in[0] a, in[1] b (binary operators only); out[0] y. All f32; y must not overlap a or b.
// No element depends on another one, so shares and tails cannot change a bit.
#pragma once

#include <cstdint>
#include <span>

#include "base/cpu.h"
#include "kernels/elementwise/elementwise_params.h"
#include "kernels/registry.h"

namespace kite {

// Fills size, a_stride and b_stride for two dense operands that broadcast to `y` as numpy has it (trailing dimensions
// meet; b may be empty for operators of one operand and is then a scalar). Neighbouring dimensions that both operands
// step through alike become one. False where more than kElementwiseDims remain, or where y has no elements.
[[nodiscard]] bool collapse_broadcast(std::span<const std::int64_t> y, std::span<const std::int64_t> a,
                                      std::span<const std::int64_t> b, ElementwiseParams& params) noexcept;

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_elementwise(const ElementwiseParams& params, Isa max_isa) noexcept;

[[nodiscard]] bool elementwise_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int elementwise_max_parts(const ElementwiseParams& params) noexcept;

}  // namespace kite
