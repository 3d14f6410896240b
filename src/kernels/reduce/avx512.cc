// SPDX-License-Identifier: Apache-2.0
// Means for avx512; the body is reduce.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/reduce/reduce.inl"

namespace kite::avx512 {

void reduce_mean_f32_4x16_avx512(const KernelCall& call);
void reduce_mean_f32_4x16_avx512(const KernelCall& call) { reduce_mean(call); }

}  // namespace kite::avx512
