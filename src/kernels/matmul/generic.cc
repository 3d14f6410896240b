// SPDX-License-Identifier: Apache-2.0
// Products of run-time matrices for generic; the body is matmul.inl.
#include "kernels/simd/generic.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/matmul/geometry.inl"

#include "kernels/matmul/matmul.inl"

namespace kite::generic {

void matmul_f32_6x8_generic(const KernelCall& call);
void matmul_f32_6x8_generic(const KernelCall& call) { matmul(call); }

}  // namespace kite::generic
