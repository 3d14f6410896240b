// SPDX-License-Identifier: Apache-2.0
// 3x3 convolution in narrow groups, as RegNet and ResNeXt have: sixteen channels or so see each other and no others.
// One vector holds a group's output channels (a block of them), so the register tile of conv/ would load a pixel for
// each multiply-add; here a pixel that was loaded serves every column of taps that it falls under, and columns of taps
// in the padding are skipped.
//
// Params and operands are those of conv/conv.h, but in[1] comes from pack_grouped. Every output is one sum in the order
// row of taps, input channel, column of taps. A tap that falls into the padding adds nothing.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "kernels/conv/conv_params.h"
#include "kernels/registry.h"

namespace kite {

// True for the shapes that this family can compute: 3x3, channels-last, stride 1 or 2, not dilated, at most one column
// of padding on either side, and no more products in a sum than are added up in one piece.
[[nodiscard]] bool grouped_takes(const ConvParams& params) noexcept;

// True for those where it measured faster than conv (docs/performance.md has where): a function of the shape and of the
// instruction set alone. With half the registers of AVX-512 it is no faster, so there is no other kernel.
[[nodiscard]] bool grouped_pays(const ConvParams& params, Isa max_isa) noexcept;

// max_isa: one for which grouped_pays.
[[nodiscard]] const KernelInfo& select_grouped(const ConvParams& params, Isa max_isa) noexcept;

// Bytes of the packed weights: a multiple of 64, the same for every kernel.
[[nodiscard]] std::size_t grouped_packed_bytes(const ConvParams& params, const KernelInfo& kernel) noexcept;

// w: [out_c, in_c / groups, 3, 3] at any alignment. packed: 64-byte aligned.
void pack_grouped(const ConvParams& params, const KernelInfo& kernel, const float* w_oihw, float* packed) noexcept;

// None.
[[nodiscard]] std::size_t grouped_scratch_bytes(const ConvParams& params, const KernelInfo& kernel) noexcept;

[[nodiscard]] bool grouped_fits(const KernelOperands& operands) noexcept;

}  // namespace kite
