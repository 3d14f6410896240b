// SPDX-License-Identifier: Apache-2.0
// Convolution for avx512; the body is conv.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/simd/activation.inl"
#include "kernels/simd/tile.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/conv/tiles.inl"

#include "kernels/conv/conv.inl"

namespace kite::avx512 {

void conv_f32_7x48_avx512(const KernelCall& call);
void conv_f32_7x48_avx512(const KernelCall& call) { conv(call); }

void multiply_rows(const RowsCall& call) { run_rows(call); }

}  // namespace kite::avx512
