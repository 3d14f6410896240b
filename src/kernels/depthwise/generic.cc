// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution for generic; the body is depthwise.inl.
#include "kernels/simd/generic.inl"

#include "kernels/simd/activation.inl"

#include "kernels/depthwise/geometry.inl"

#include "kernels/depthwise/depthwise.inl"

namespace kite::generic {

void depthwise_f32_7x4_generic(const KernelCall& call);
void depthwise_f32_7x4_generic(const KernelCall& call) { depthwise(call); }

}  // namespace kite::generic
