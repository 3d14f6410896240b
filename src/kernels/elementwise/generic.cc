// SPDX-License-Identifier: Apache-2.0
// Unary and broadcasting binary operators for generic; the body is elementwise.inl.
#include "kernels/simd/generic.inl"

#include "kernels/simd/activation.inl"

#include "kernels/elementwise/elementwise.inl"

namespace kite::generic {

void elementwise_f32_4_generic(const KernelCall& call);
void elementwise_f32_4_generic(const KernelCall& call) { elementwise(call); }

}  // namespace kite::generic
