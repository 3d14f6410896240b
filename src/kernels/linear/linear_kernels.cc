// SPDX-License-Identifier: Apache-2.0
// A dense layer, computed as the convolution that it is.
#include "kernels/kernel.h"
#include "kernels/linear/linear_as_conv.h"

namespace kite::KITE_TARGET {

void conv_f32(const KernelCall& call);  // conv/conv_kernels.cc

void linear_f32(const KernelCall& call);
void linear_f32(const KernelCall& call) {
  const ConvParams params = linear_as_conv(*static_cast<const LinearParams*>(call.params));
  KernelCall inner = call;
  inner.params = &params;
  conv_f32(inner);
}

}  // namespace kite::KITE_TARGET
