// SPDX-License-Identifier: Apache-2.0
// Shares are rows. Some rows at a time are scaled and shifted, and then activated while they are still in L1.
#include "kernels/affine/affine_params.h"
#include "kernels/kernel.h"
#include "kernels/simd/activate.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

static void affine_row(const float* x, const float* scale, const float* bias, float* y, std::int64_t channels) {
  std::int64_t c = 0;
  for (; c + Vec::kLanes <= channels; c += Vec::kLanes) {
    store(y + c, add(mul(load(x + c), load(scale + c)), load(bias + c)));
  }
  if (c < channels) {
    const int lanes = static_cast<int>(channels - c);
    store_n(y + c, add(mul(load_n(x + c, lanes), load_n(scale + c, lanes)), load_n(bias + c, lanes)), lanes);
  }
}

void affine_f32(const KernelCall& call);
void affine_f32(const KernelCall& call) {
  const AffineParams& p = *static_cast<const AffineParams*>(call.params);
  const auto* x = static_cast<const float*>(call.in[0]);
  const auto* scale = static_cast<const float*>(call.in[1]);
  const auto* bias = static_cast<const float*>(call.in[2]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t last = p.rows * (call.share + 1) / call.shares;
  const std::int64_t block = p.channels < kActivatedAtOnce ? kActivatedAtOnce / p.channels : 1;
  for (std::int64_t row = p.rows * call.share / call.shares; row < last; row += block) {
    const std::int64_t rows = block < last - row ? block : last - row;
    float* const first = y + row * p.channels;
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = r * p.channels;
      affine_row(x + row * p.channels + at, scale, bias, first + at, p.channels);
    }
    if (p.activation.kind != Activation::kNone) activate(first, first, 1, rows * p.channels, 0, p.activation);
  }
}

}  // namespace kite::KITE_TARGET
