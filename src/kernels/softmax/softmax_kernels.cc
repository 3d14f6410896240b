// SPDX-License-Identifier: Apache-2.0
// Softmax of rows.
#include "kernels/kernel.h"
#include "kernels/simd/target.inl"
#include "kernels/softmax/row.inl"
#include "kernels/softmax/softmax_params.h"

namespace kite::KITE_TARGET {

// Shares are rows.
void softmax_f32(const KernelCall& call);
void softmax_f32(const KernelCall& call) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(call.params);
  const std::int64_t last = p.rows * (call.share + 1) / call.shares;
  for (std::int64_t row = p.rows * call.share / call.shares; row < last; ++row) {
    const float* x = static_cast<const float*>(call.in[0]) + row * p.channels;
    float* y = static_cast<float*>(call.out[0]) + row * p.channels;
    softmax_row(x, y, p.channels);
  }
}

}  // namespace kite::KITE_TARGET
