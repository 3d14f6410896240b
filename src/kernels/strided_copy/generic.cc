// SPDX-License-Identifier: Apache-2.0
// Copies between strided views for generic; the body is strided_copy.inl.
#include "kernels/simd/generic.inl"

#include "kernels/strided_copy/tile_4x4.inl"

#include "kernels/strided_copy/strided_copy.inl"

namespace kite::generic {

void strided_copy_b32_4x4_generic(const KernelCall& call);
void strided_copy_b32_4x4_generic(const KernelCall& call) { strided_copy(call); }

}  // namespace kite::generic
