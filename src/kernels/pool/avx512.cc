// SPDX-License-Identifier: Apache-2.0
// Max and average pooling for avx512; the body is pool.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/pool/pool.inl"

namespace kite::avx512 {

void pool_f32_4x16_avx512(const KernelCall& call);
void pool_f32_4x16_avx512(const KernelCall& call) { pool(call); }

}  // namespace kite::avx512
