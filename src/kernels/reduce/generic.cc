// SPDX-License-Identifier: Apache-2.0
// Means for generic; the body is reduce.inl.
#include "kernels/simd/generic.inl"

#include "kernels/reduce/reduce.inl"

namespace kite::generic {

void reduce_mean_f32_4x4_generic(const KernelCall& call);
void reduce_mean_f32_4x4_generic(const KernelCall& call) { reduce_mean(call); }

}  // namespace kite::generic
