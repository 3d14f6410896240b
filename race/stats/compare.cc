// SPDX-License-Identifier: Apache-2.0
// Pairing by round, then the estimates, tests and words of a family.
#include "race/stats/compare.h"

#include <algorithm>
#include <cmath>

#include "race/stats/holm.h"

namespace kite::race {
namespace {

bool usable(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

PairedRounds paired_by_round(const ByRound& contestant, const ByRound& reference) {
  PairedRounds paired;
  std::int32_t values = 0;
  for (const auto& [round, value] : reference) values += usable(value) ? 1 : 0;
  for (const auto& [round, value] : contestant) {
    if (!usable(value)) continue;
    ++values;
    const auto partner = reference.find(round);
    if (partner == reference.end() || !usable(partner->second)) continue;
    paired.log_ratios.push_back(std::log(value) - std::log(partner->second));
  }
  paired.dropped = values - 2 * static_cast<std::int32_t>(paired.log_ratios.size());
  return paired;
}

FamilyComparison compare_family(const Family& family, const FamilyRules& rules) {
  FamilyComparison result;
  std::optional<double> floor = rules.floor;
  if (family.control) {
    result.control = hodges_lehmann_ratio(paired_by_round(*family.control, family.reference).log_ratios,  //
                                          rules.confidence);
    if (result.control->n > 0) result.floor = aa_floor(*result.control);
    if (result.floor) floor = std::max(*result.floor, floor.value_or(0));
  }
  result.margin = margin_above_floor(rules.margin, floor);

  std::vector<PairedRounds> paired;
  std::vector<double> p;
  for (const ByRound& contestant : family.contestants) {
    paired.push_back(paired_by_round(contestant, family.reference));
    const std::vector<double>& logs = paired.back().log_ratios;
    if (!logs.empty()) p.push_back(sign_flip_test(logs, rules.seed, rules.exact_up_to, rules.draws).p);
  }
  result.interval_confidence = bonferroni_confidence(rules.confidence, static_cast<std::int64_t>(p.size()));

  const std::vector<double> adjusted = holm_adjusted(p);
  std::size_t tested = 0;
  for (const PairedRounds& rounds : paired) {
    PairedComparison& comparison = result.contestants.emplace_back();
    comparison.dropped = rounds.dropped;
    comparison.estimate = hodges_lehmann_ratio(rounds.log_ratios, result.interval_confidence);
    comparison.verdict = verdict_of(comparison.estimate.interval, result.margin);
    if (rounds.log_ratios.empty()) continue;
    comparison.p = p[tested];
    comparison.p_holm = adjusted[tested];
    ++tested;
  }
  return result;
}

}  // namespace kite::race
