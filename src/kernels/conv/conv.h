// SPDX-License-Identifier: Apache-2.0
// Convolution in channels-last layout, any group, stride, dilation and padding, with fused bias, residual and
// activation.
//
// Operands: in[0] x (NHWC f32; NCHW where input_planar), in[1] weights from pack_conv, in[2] bias [out_c] or null,
// in[3] residual NHWC like y, or null; out[0] y NHWC, which may be the residual itself where conv_adds_in_place().
// Every output is one sum, the bias, then r, s, c in this order, then the residual; of more than 400 products, a sum of
// such pieces (kPieceDepth), cut by the shape alone, whatever the tile, the part or the place in the batch. A tap that
// falls into the padding adds nothing, or 0 * w: with weights that are not finite, which of the two depends on the
// shape alone.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "kernels/conv/conv_params.h"
#include "kernels/registry.h"

namespace kite {

// The operand that may be the result itself, where its sums are whole: those of pieces wait in the result.
constexpr int kConvResidual = 3;
[[nodiscard]] bool conv_adds_in_place(const ConvParams& params) noexcept;

// The best kernel for this shape that a processor with `max_isa` can run. Never fails: every kernel takes every shape.
[[nodiscard]] const KernelInfo& select_conv(const ConvParams& params, Isa max_isa) noexcept;

// Bytes of the packed weights: a multiple of 64 and the same for every kernel (only their order differs).
[[nodiscard]] std::size_t conv_packed_bytes(const ConvParams& params, const KernelInfo& kernel) noexcept;

// w: [out_c, in_c / groups, kernel_h, kernel_w] at any alignment. packed: 64-byte aligned.
void pack_conv(const ConvParams& params, const KernelInfo& kernel, const float* w_oihw, float* packed) noexcept;

// Bytes of scratch for each thread.
[[nodiscard]] std::size_t conv_scratch_bytes(const ConvParams& params, const KernelInfo& kernel) noexcept;

[[nodiscard]] bool conv_fits(const KernelOperands& operands) noexcept;

// More threads than this would each have less than about 10 us of work.
[[nodiscard]] int conv_max_parts(const ConvParams& params) noexcept;

}  // namespace kite
