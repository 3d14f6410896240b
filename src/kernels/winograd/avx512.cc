// SPDX-License-Identifier: Apache-2.0
// Winograd convolution for avx512; the body is winograd.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/simd/activation.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/winograd/geometry.inl"

#include "kernels/winograd/winograd.inl"

namespace kite::avx512 {

void winograd_f32_2x2_avx512(const KernelCall& call);
void winograd_f32_2x2_avx512(const KernelCall& call) { winograd(call); }

}  // namespace kite::avx512
