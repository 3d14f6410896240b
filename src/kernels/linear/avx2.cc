// SPDX-License-Identifier: Apache-2.0
// Dense layers for avx2: the convolution kernel on one row of pixels.
#define KITE_ISA avx2
#include "kernels/linear/linear.inl"

namespace kite::avx2 {

void conv_f32_6x16_avx2(const KernelCall& call);  // conv/avx2.cc

void linear_f32_6x16_avx2(const KernelCall& call);
void linear_f32_6x16_avx2(const KernelCall& call) {
  const ConvParams params = linear_as_conv(*static_cast<const LinearParams*>(call.params));
  KernelCall inner = call;
  inner.params = &params;
  conv_f32_6x16_avx2(inner);
}

}  // namespace kite::avx2
