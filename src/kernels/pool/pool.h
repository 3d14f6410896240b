// SPDX-License-Identifier: Apache-2.0
// Max and average pooling in channels-last layout.
//
// Operands: in[0] x NHWC f32; out[0] y NHWC f32. Taps outside the picture are skipped. An average is one sum in the
// order r, s, divided once.
#pragma once

#include "base/cpu.h"
#include "kernels/pool/pool_params.h"
#include "kernels/registry.h"

namespace kite {

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_pool(const PoolParams& params, Isa max_isa) noexcept;

[[nodiscard]] bool pool_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int pool_max_parts(const PoolParams& params) noexcept;

}  // namespace kite
