// SPDX-License-Identifier: Apache-2.0
// Max and average pooling for generic; the body is pool.inl.
#include "kernels/simd/generic.inl"

#include "kernels/pool/pool.inl"

namespace kite::generic {

void pool_f32_4x4_generic(const KernelCall& call);
void pool_f32_4x4_generic(const KernelCall& call) { pool(call); }

}  // namespace kite::generic
