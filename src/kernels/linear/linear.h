// SPDX-License-Identifier: Apache-2.0
// A dense layer: rows times constant weights, with fused bias, residual and activation.
//
// Operands: in[0] x [rows, in_features] f32, in[1] weights from pack_linear, in[2] bias [out_features] or null,
// in[3] residual [rows, out_features] or null; out[0] y [rows, out_features], which may be the residual
// itself where sums are whole (conv_adds_in_place).
// Every output is a sum in ascending order of k, in the pieces of conv/conv.h, whatever the number of rows.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "kernels/linear/linear_params.h"
#include "kernels/registry.h"

namespace kite {

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_linear(const LinearParams& params, Isa max_isa) noexcept;

// Bytes of the packed weights: a multiple of 64, the same for every kernel.
[[nodiscard]] std::size_t linear_packed_bytes(const LinearParams& params, const KernelInfo& kernel) noexcept;

// w at any alignment: [in_features, out_features], or [out_features, in_features] where `transposed`.
// packed: 64-byte aligned.
void pack_linear(const LinearParams& params, const KernelInfo& kernel, const float* w, bool transposed,
                 float* packed) noexcept;

[[nodiscard]] std::size_t linear_scratch_bytes(const LinearParams& params, const KernelInfo& kernel) noexcept;

[[nodiscard]] bool linear_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int linear_max_parts(const LinearParams& params) noexcept;

}  // namespace kite
