// SPDX-License-Identifier: Apache-2.0
// Convolution for generic; the body is conv.inl.
#include "kernels/simd/generic.inl"

#include "kernels/simd/activation.inl"
#include "kernels/simd/tile.inl"

#include "kernels/conv/geometry.inl"

#include "kernels/conv/tiles.inl"

#include "kernels/conv/conv.inl"

namespace kite::generic {

void conv_f32_6x8_generic(const KernelCall& call);
void conv_f32_6x8_generic(const KernelCall& call) { conv(call); }

void multiply_rows(const RowsCall& call) { run_rows(call); }

}  // namespace kite::generic
