// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution (one filter a channel, multiplier 1) in channels-last layout, with fused bias, residual,
// activation.
//
// Operands: in[0] x NHWC f32, in[1] weights from pack_depthwise, in[2] bias [channels] or null, in[3] residual NHWC
// like y, or null; out[0] y NHWC, which may be the residual itself. Every output is one sum in the order r, s. A tap
// that falls into the padding adds nothing, or 0 * w: with weights that are not finite, which of the two depends on the
// shape alone.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "kernels/depthwise/depthwise_params.h"
#include "kernels/registry.h"

namespace kite {

// Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_depthwise(const DepthwiseParams& params, Isa max_isa) noexcept;

// Bytes of the packed weights: a multiple of 64, the same for every kernel.
[[nodiscard]] std::size_t depthwise_packed_bytes(const DepthwiseParams& params, const KernelInfo& kernel) noexcept;

// w: [channels, 1, kernel_h, kernel_w] at any alignment. packed: 64-byte aligned.
void pack_depthwise(const DepthwiseParams& params, const KernelInfo& kernel, const float* w_oihw,
                    float* packed) noexcept;

// Bytes of scratch for each thread.
[[nodiscard]] std::size_t depthwise_scratch_bytes(const DepthwiseParams& params, const KernelInfo& kernel) noexcept;

[[nodiscard]] bool depthwise_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int depthwise_max_parts(const DepthwiseParams& params) noexcept;

}  // namespace kite
