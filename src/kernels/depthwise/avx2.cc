// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution for avx2; the body is depthwise.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/simd/activation.inl"

#include "kernels/depthwise/geometry.inl"

#include "kernels/depthwise/depthwise.inl"

namespace kite::avx2 {

void depthwise_f32_7x8_avx2(const KernelCall& call);
void depthwise_f32_7x8_avx2(const KernelCall& call) { depthwise(call); }

}  // namespace kite::avx2
