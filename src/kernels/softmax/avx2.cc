// SPDX-License-Identifier: Apache-2.0
// Softmax for avx2; the body is softmax.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/simd/activation.inl"

#include "kernels/softmax/softmax.inl"

namespace kite::avx2 {

void softmax_f32_2x8_avx2(const KernelCall& call);
void softmax_f32_2x8_avx2(const KernelCall& call) { softmax(call); }

}  // namespace kite::avx2
