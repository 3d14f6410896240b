// SPDX-License-Identifier: Apache-2.0
// Softmax of dense rows.
//
// Operands: in[0] x [rows, channels]; out[0] y like x. All f32. The sum keeps 2 partial vectors (vector i of the row
// goes to i % 2), added to each other and then across the lanes. NaN and +Inf make the whole row NaN, as does a row of
// -Inf.
#pragma once

#include "base/cpu.h"
#include "kernels/registry.h"
#include "kernels/softmax/softmax_params.h"

namespace kite {

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_softmax(const SoftmaxParams& params, Isa max_isa) noexcept;

[[nodiscard]] bool softmax_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int softmax_max_parts(const SoftmaxParams& params) noexcept;

}  // namespace kite
