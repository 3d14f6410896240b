// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution for avx512; the body is depthwise.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/simd/activation.inl"

#include "kernels/depthwise/geometry.inl"

#include "kernels/depthwise/depthwise.inl"

namespace kite::avx512 {

void depthwise_f32_7x16_avx512(const KernelCall& call);
void depthwise_f32_7x16_avx512(const KernelCall& call) { depthwise(call); }

}  // namespace kite::avx512
