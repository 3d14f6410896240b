// SPDX-License-Identifier: Apache-2.0
// Products of run-time matrices for avx2; the body is matmul.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/matmul/geometry.inl"

#include "kernels/matmul/matmul.inl"

namespace kite::avx2 {

void matmul_f32_6x16_avx2(const KernelCall& call);
void matmul_f32_6x16_avx2(const KernelCall& call) { matmul(call); }

}  // namespace kite::avx2
