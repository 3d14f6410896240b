// SPDX-License-Identifier: Apache-2.0
// Softmax for avx512; the body is softmax.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/simd/activation.inl"

#include "kernels/softmax/softmax.inl"

namespace kite::avx512 {

void softmax_f32_2x16_avx512(const KernelCall& call);
void softmax_f32_2x16_avx512(const KernelCall& call) { softmax(call); }

}  // namespace kite::avx512
