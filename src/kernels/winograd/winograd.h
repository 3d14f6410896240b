// SPDX-License-Identifier: Apache-2.0
// 3x3 convolution of stride 1 by Winograd's F(2x2, 3x3): two by two outputs from 16 products for each pair of channels
// instead of 36. (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016, section 4.1.)
//
//   Y = A' [(G g G') o (B' d B)] A      d: 4x4 pixels, g: 3x3 weights, summed over input channels before A is applied
//
// Params and operands are those of conv/conv.h, but in[1] comes from pack_winograd: weights already transformed, 16/9
// of their size. Every output is one sum in ascending order of channels at each of the 16 places, then 24 additions in
// fixed order: no bit depends on the part or the place in the batch.
//
// Error: at most (channels of a group + 14) 2^-24 |A|'[(|G||g||G|') o (|B|'|d||B|)]|A| for each output, in the mean
// about that of direct convolution. An Inf or NaN among the 4x4 pixels may turn all four outputs into NaN, where direct
// convolution gives Inf or NaN to those that it touches.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "kernels/conv/conv_params.h"
#include "kernels/registry.h"

namespace kite {

// True for the shapes that this family can compute: 3x3, stride and dilation 1, channels-last.
[[nodiscard]] bool winograd_takes(const ConvParams& params) noexcept;

// True for those where it measured faster than conv (docs/performance.md has where). A function of one picture's shape
// alone, so that the bits of an answer depend neither on the machine nor on the batch.
[[nodiscard]] bool winograd_pays(const ConvParams& params) noexcept;

[[nodiscard]] const KernelInfo& select_winograd(const ConvParams& params, Isa max_isa) noexcept;

// Bytes of the packed weights: a multiple of 64 and the same for every kernel.
[[nodiscard]] std::size_t winograd_packed_bytes(const ConvParams& params, const KernelInfo& kernel) noexcept;

// w: [out_c, in_c / groups, 3, 3] at any alignment. packed: 64-byte aligned. Transformed in double, rounded once.
void pack_winograd(const ConvParams& params, const KernelInfo& kernel, const float* w_oihw, float* packed) noexcept;

// Bytes of scratch for each thread.
[[nodiscard]] std::size_t winograd_scratch_bytes(const ConvParams& params, const KernelInfo& kernel) noexcept;

[[nodiscard]] bool winograd_fits(const KernelOperands& operands) noexcept;

}  // namespace kite
