// SPDX-License-Identifier: Apache-2.0
// Convolution in narrow groups for avx512; the body is grouped.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/simd/activation.inl"

#include "kernels/simd/tile_call.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/grouped/tile.inl"

#include "kernels/grouped/grouped.inl"

namespace kite::avx512 {

void grouped_f32_3x3_avx512(const KernelCall& call);
void grouped_f32_3x3_avx512(const KernelCall& call) { grouped(call); }

}  // namespace kite::avx512
