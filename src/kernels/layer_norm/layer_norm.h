// SPDX-License-Identifier: Apache-2.0
// Layer normalisation of dense rows.
//
// Operands: in[0] x [rows, channels], in[1] scale [channels], in[2] bias [channels] or null; out[0] y like x. All f32.
// Two passes over a row that is then in L1. Sums keep 4 partial vectors (vector i of the row goes to i % 4), added as
// ((0+1) + (2+3)), then across the lanes. The second pass sums d = x - mean and d * d: the mean has been rounded, and
// sum(d) / channels is what it lacks; it corrects both the variance and y (Chan, Golub, LeVeque, "Algorithms for
// Computing the Sample Variance", 1983, section 3).
#pragma once

#include "base/cpu.h"
#include "kernels/layer_norm/layer_norm_params.h"
#include "kernels/registry.h"

namespace kite {

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_layer_norm(const LayerNormParams& params, Isa max_isa) noexcept;

[[nodiscard]] bool layer_norm_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int layer_norm_max_parts(const LayerNormParams& params) noexcept;

}  // namespace kite
