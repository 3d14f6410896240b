// SPDX-License-Identifier: Apache-2.0
// Unary and broadcasting binary operators for avx512; the body is elementwise.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/simd/activation.inl"

#include "kernels/elementwise/elementwise.inl"

namespace kite::avx512 {

void elementwise_f32_16_avx512(const KernelCall& call);
void elementwise_f32_16_avx512(const KernelCall& call) { elementwise(call); }

}  // namespace kite::avx512
