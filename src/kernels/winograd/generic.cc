// SPDX-License-Identifier: Apache-2.0
// Winograd convolution for generic; the body is winograd.inl.
#include "kernels/simd/generic.inl"

#include "kernels/simd/activation.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/winograd/geometry.inl"

#include "kernels/winograd/winograd.inl"

namespace kite::generic {

void winograd_f32_2x2_generic(const KernelCall& call);
void winograd_f32_2x2_generic(const KernelCall& call) { winograd(call); }

}  // namespace kite::generic
