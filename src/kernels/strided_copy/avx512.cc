// SPDX-License-Identifier: Apache-2.0
// Copies between strided views for avx512; the body is strided_copy.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/strided_copy/tile_8x8.inl"

#include "kernels/strided_copy/strided_copy.inl"

namespace kite::avx512 {

void strided_copy_b32_8x8_avx512(const KernelCall& call);
void strided_copy_b32_8x8_avx512(const KernelCall& call) { strided_copy(call); }

}  // namespace kite::avx512
