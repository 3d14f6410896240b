// SPDX-License-Identifier: Apache-2.0
// Batched product of two matrices that are both computed at run time (attention).
//
// Operands: in[0] a, in[1] b; out[0] c, dense [batch, m, n]. All f32. Every output is a sum in ascending order of k, in
// the pieces of conv/conv.h.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "kernels/matmul/matmul_params.h"
#include "kernels/registry.h"

namespace kite {

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_matmul(const MatmulParams& params, Isa max_isa) noexcept;

// Bytes of scratch for each thread: panels of b.
[[nodiscard]] std::size_t matmul_scratch_bytes(const MatmulParams& params, const KernelInfo& kernel) noexcept;

[[nodiscard]] bool matmul_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int matmul_max_parts(const MatmulParams& params) noexcept;

}  // namespace kite
