// SPDX-License-Identifier: Apache-2.0
// Products of run-time matrices for avx512; the body is matmul.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/matmul/geometry.inl"

#include "kernels/matmul/matmul.inl"

namespace kite::avx512 {

void matmul_f32_7x48_avx512(const KernelCall& call);
void matmul_f32_7x48_avx512(const KernelCall& call) { matmul(call); }

}  // namespace kite::avx512
