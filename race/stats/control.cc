// SPDX-License-Identifier: Apache-2.0
// Resolution and bias of each workload.
#include "race/stats/control.h"

#include <array>
#include <cmath>

#include "race/stats/holm.h"

namespace kite::race {
namespace {

constexpr double kHalfConfidence = 0.9;

int side_of(const Interval& interval) noexcept { return interval.low > 1 ? 1 : interval.high < 1 ? -1 : 0; }

// 1 if both halves lie above 1, -1 if both lie below, else 0. Rounds go to the halves alternately, so that a drift is
// in both.
int side_of_both_halves(std::span<const double> log_ratios) {
  std::array<std::vector<double>, 2> halves;
  for (std::size_t i = 0; i < log_ratios.size(); ++i) halves[i % 2].push_back(log_ratios[i]);
  const int first = side_of(hodges_lehmann_ratio(halves[0], kHalfConfidence).interval);
  return first == side_of(hodges_lehmann_ratio(halves[1], kHalfConfidence).interval) ? first : 0;
}

}  // namespace

std::optional<double> resolution_of(const RatioEstimate& control) noexcept {
  if (!control.bounded()) return std::nullopt;
  return std::sqrt(control.interval.high / control.interval.low) - 1;
}

std::vector<ControlFound> judge_controls(std::span<const ControlPair> workloads, const ControlRules& rules) {
  std::vector<ControlFound> found(workloads.size());
  std::vector<std::vector<double>> log_ratios;
  std::vector<std::optional<double>> p;
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const auto& logs = log_ratios.emplace_back(paired_log_ratios(workloads[i].control, workloads[i].reference));
    ControlFound& workload = found[i];
    workload.estimate = hodges_lehmann_ratio(logs, rules.confidence);
    workload.resolution = resolution_of(workload.estimate);
    p.push_back(logs.empty() ? std::nullopt : std::optional(sign_flip_test(logs, rules.sign_flip).p));
  }
  const std::vector<std::optional<double>> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    ControlFound& workload = found[i];
    workload.p_holm = adjusted[i];
    const int side = side_of(workload.estimate.interval);
    const bool differs = side != 0 && workload.p_holm && *workload.p_holm <= 1 - rules.confidence;
    workload.biased = differs && side_of_both_halves(log_ratios[i]) == side;
  }
  return found;
}

}  // namespace kite::race
