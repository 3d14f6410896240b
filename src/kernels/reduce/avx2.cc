// SPDX-License-Identifier: Apache-2.0
// Means for avx2; the body is reduce.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/reduce/reduce.inl"

namespace kite::avx2 {

void reduce_mean_f32_4x8_avx2(const KernelCall& call);
void reduce_mean_f32_4x8_avx2(const KernelCall& call) { reduce_mean(call); }

}  // namespace kite::avx2
