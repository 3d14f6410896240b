// SPDX-License-Identifier: Apache-2.0
// Dense layers for avx512: the convolution kernel on one row of pixels.
#define KITE_ISA avx512
#include "kernels/linear/linear.inl"

namespace kite::avx512 {

void conv_f32_7x48_avx512(const KernelCall& call);  // conv/avx512.cc

void linear_f32_7x48_avx512(const KernelCall& call);
void linear_f32_7x48_avx512(const KernelCall& call) {
  const ConvParams params = linear_as_conv(*static_cast<const LinearParams*>(call.params));
  KernelCall inner = call;
  inner.params = &params;
  conv_f32_7x48_avx512(inner);
}

}  // namespace kite::avx512
