// SPDX-License-Identifier: Apache-2.0
// Unary and broadcasting binary operators for avx2; the body is elementwise.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/simd/activation.inl"

#include "kernels/elementwise/elementwise.inl"

namespace kite::avx2 {

void elementwise_f32_8_avx2(const KernelCall& call);
void elementwise_f32_8_avx2(const KernelCall& call) { elementwise(call); }

}  // namespace kite::avx2
