// SPDX-License-Identifier: Apache-2.0
// Times the multiply-add loop of an instruction set.
#include "kernels/peak/peak.h"

#include <algorithm>
#include <chrono>

namespace kite {

#define KITE_TARGET_ROW(target)               \
  namespace target {                          \
  int spin(std::int64_t rounds, float* sink); \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

namespace {

int (*spin_of(const Target& wanted))(std::int64_t rounds, float* sink) {
#define KITE_TARGET_ROW(target) \
  if (wanted.name == targets::target.name) return target::spin;
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
  return generic::spin;
}

}  // namespace

double measure_peak_gflops(const Target& target) {
  // About 1 ms a run at 5 GHz and 10 cycles a round; the first runs also wake the wide units up.
  constexpr std::int64_t kRounds = 500'000;
  constexpr int kRuns = 20;
  const auto spin = spin_of(target);
  // Values that neither overflow nor become denormal: x -> x/2 + 1 stays near 2.
  alignas(64) float sink[16] = {0.5f, 1.0f};
  double best = 0.0;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const int macs = spin(kRounds, sink);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, 2.0 * macs * static_cast<double>(kRounds) / seconds * 1e-9);
    std::fill(std::begin(sink), std::end(sink), 0.0f);
    sink[0] = 0.5f;
    sink[1] = 1.0f;
  }
  return best;
}

}  // namespace kite
