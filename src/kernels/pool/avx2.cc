// SPDX-License-Identifier: Apache-2.0
// Max and average pooling for avx2; the body is pool.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/pool/pool.inl"

namespace kite::avx2 {

void pool_f32_4x8_avx2(const KernelCall& call);
void pool_f32_4x8_avx2(const KernelCall& call) { pool(call); }

}  // namespace kite::avx2
