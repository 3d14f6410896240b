// SPDX-License-Identifier: Apache-2.0
// Layer normalisation for generic; the body is layer_norm.inl.
#include "kernels/simd/generic.inl"

#include "kernels/layer_norm/layer_norm.inl"

namespace kite::generic {

void layer_norm_f32_4x4_generic(const KernelCall& call);
void layer_norm_f32_4x4_generic(const KernelCall& call) { layer_norm(call); }

}  // namespace kite::generic
