// SPDX-License-Identifier: Apache-2.0
// Independent chains of multiply-adds: more than latency times throughput (4 x 2 on today's cores), so that none waits.
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

constexpr int kChains = kTuning.peak_chains;

// Runs `rounds` multiply-adds on each chain; returns the multiply-adds that one round makes.
int spin(std::int64_t rounds, float* sink);
int spin(std::int64_t rounds, float* sink) {
  Vec sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = splat(static_cast<float>(i));
  const Vec a = splat(sink[0]);
  const Vec b = splat(sink[1]);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < kChains; ++i) sums[i] = mul_add(sums[i], a, b);
  }
  for (int i = 0; i < kChains; ++i) store(sink, add(load(sink), sums[i]));
  return kChains * Vec::kLanes;
}

}  // namespace kite::KITE_TARGET
