// SPDX-License-Identifier: Apache-2.0
// Copies between strided views for avx2; the body is strided_copy.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/strided_copy/tile_8x8.inl"

#include "kernels/strided_copy/strided_copy.inl"

namespace kite::avx2 {

void strided_copy_b32_8x8_avx2(const KernelCall& call);
void strided_copy_b32_8x8_avx2(const KernelCall& call) { strided_copy(call); }

}  // namespace kite::avx2
