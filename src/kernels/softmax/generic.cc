// SPDX-License-Identifier: Apache-2.0
// Softmax for generic; the body is softmax.inl.
#include "kernels/simd/generic.inl"

#include "kernels/simd/activation.inl"

#include "kernels/softmax/softmax.inl"

namespace kite::generic {

void softmax_f32_2x4_generic(const KernelCall& call);
void softmax_f32_2x4_generic(const KernelCall& call) { softmax(call); }

}  // namespace kite::generic
