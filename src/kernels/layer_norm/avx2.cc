// SPDX-License-Identifier: Apache-2.0
// Layer normalisation for avx2; the body is layer_norm.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/layer_norm/layer_norm.inl"

namespace kite::avx2 {

void layer_norm_f32_4x8_avx2(const KernelCall& call);
void layer_norm_f32_4x8_avx2(const KernelCall& call) { layer_norm(call); }

}  // namespace kite::avx2
