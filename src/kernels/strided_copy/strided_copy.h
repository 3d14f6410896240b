// SPDX-License-Identifier: Apache-2.0
// Moves 4-byte elements between two strided views: transposes, and the block copies of Concat, Slice, Split, Gather of
// one index and Expand.
//
// Operands: in[0] x; out[0] y, of which only the view is written; they must not overlap. Elements keep their bits.
#pragma once

#include <cstdint>
#include <span>

#include "base/cpu.h"
#include "kernels/registry.h"
#include "kernels/strided_copy/strided_copy_params.h"

namespace kite {

struct CopyAxis {
  std::int64_t size;  // >= 1
  std::int64_t in_stride, out_stride;
};

// Fills size and strides from any number of axes, outermost of y first: axes of size 1 go, neighbours that both views
// step through alike become one. False where more than kCopyDims remain.
[[nodiscard]] bool collapse_copy(std::span<const CopyAxis> axes, StridedCopyParams& params) noexcept;

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_strided_copy(const StridedCopyParams& params, Isa max_isa) noexcept;

[[nodiscard]] bool strided_copy_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int strided_copy_max_parts(const StridedCopyParams& params) noexcept;

}  // namespace kite
