// SPDX-License-Identifier: Apache-2.0
// Layer normalisation for avx512; the body is layer_norm.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/layer_norm/layer_norm.inl"

namespace kite::avx512 {

void layer_norm_f32_4x16_avx512(const KernelCall& call);
void layer_norm_f32_4x16_avx512(const KernelCall& call) { layer_norm(call); }

}  // namespace kite::avx512
