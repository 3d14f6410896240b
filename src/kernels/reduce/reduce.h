// SPDX-License-Identifier: Apache-2.0
// Means over one axis: global average pooling (the pixels of [N, P, C]) and means over the last axis.
//
// Operands: in[0] x [outer, count, inner]; out[0] y [outer, inner]. All f32.
// Every mean is one sum in a fixed order, divided once:
//  - inner > 1: the terms in blocks of 256; in a block, term m goes to partial sum m % 4, ((0+1) + (2+3)) at the end;
//    the blocks are added in order. A term passes at most 64 + 2 + count/256 additions.
//  - inner = 1: the same, where a "term" is a vector of neighbours and 256 vectors are a block; then across the lanes.
#pragma once

#include "base/cpu.h"
#include "kernels/reduce/reduce_params.h"
#include "kernels/registry.h"

namespace kite {

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_reduce(const ReduceParams& params, Isa max_isa) noexcept;

[[nodiscard]] bool reduce_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int reduce_max_parts(const ReduceParams& params) noexcept;

}  // namespace kite
