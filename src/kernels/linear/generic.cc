// SPDX-License-Identifier: Apache-2.0
// Dense layers for generic: the convolution kernel on one row of pixels.
#define KITE_ISA generic
#include "kernels/linear/linear.inl"

namespace kite::generic {

void conv_f32_6x8_generic(const KernelCall& call);  // conv/generic.cc

void linear_f32_6x8_generic(const KernelCall& call);
void linear_f32_6x8_generic(const KernelCall& call) {
  const ConvParams params = linear_as_conv(*static_cast<const LinearParams*>(call.params));
  KernelCall inner = call;
  inner.params = &params;
  conv_f32_6x8_generic(inner);
}

}  // namespace kite::generic
