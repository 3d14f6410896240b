// SPDX-License-Identifier: Apache-2.0
// Pairs the rounds, then computes estimates, tests and verdicts of each family.
#include "race/stats/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "race/stats/distributions.h"
#include "race/stats/holm.h"

namespace kite::race {
namespace {

using PairedFamily = std::vector<std::vector<double>>;  // ln-ratios of each contestant

std::int64_t compared(const PairedFamily& family) {
  std::int64_t n = 0;
  for (const auto& log_ratios : family) n += log_ratios.empty() ? 0 : 1;
  return n;
}

// Whether any contestant has an interval: without one there is no verdict.
bool gives_words(const PairedFamily& family, const FamilyRules& rules) {
  const double own = bonferroni_confidence(rules.confidence, compared(family));
  return std::ranges::any_of(family,
                             [own](const auto& log_ratios) { return hodges_lehmann_ratio(log_ratios, own).bounded(); });
}

// The interval at a higher confidence: widened in ln by the ratio of Student's t for this number of rounds.
RatioEstimate widened(RatioEstimate estimate, double confidence) {
  if (!estimate.bounded() || confidence <= estimate.confidence) return estimate;
  const double stretch = student_t_two_sided(confidence, estimate.n - 1) /  //
                         student_t_two_sided(estimate.confidence, estimate.n - 1);
  const auto moved = [&](double end) { return estimate.ratio * std::pow(end / estimate.ratio, stretch); };
  estimate.interval = {.low = moved(estimate.interval.low), .high = moved(estimate.interval.high)};
  estimate.confidence = estimate.achieved_confidence = confidence;
  return estimate;
}

FamilyComparison compare_family(const Family& family, const PairedFamily& paired, std::int64_t families,
                                const FamilyRules& rules) {
  const double own = bonferroni_confidence(rules.confidence, compared(paired));
  FamilyComparison result;
  result.confidence = bonferroni_confidence(own, families);
  std::vector<std::optional<double>> p;
  for (const auto& log_ratios : paired) {
    PairedComparison& comparison = result.contestants.emplace_back();
    comparison.estimate = widened(hodges_lehmann_ratio(log_ratios, own), result.confidence);
    comparison.verdict = verdict_of(comparison.estimate.interval, rules.margin, family.resolution);
    if (!log_ratios.empty()) comparison.p = sign_flip_test(log_ratios, rules.sign_flip).p;
    p.push_back(comparison.p);
  }
  const auto adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < adjusted.size(); ++i) result.contestants[i].p_holm = adjusted[i];
  return result;
}

}  // namespace

std::vector<FamilyComparison> compare_families(std::span<const Family> families, const FamilyRules& rules) {
  std::vector<PairedFamily> paired;
  const auto resolves = [&](const Family& family) { return family.resolution && *family.resolution <= rules.margin; };
  std::int64_t unresolved = 0;
  for (const Family& family : families) {
    PairedFamily& own = paired.emplace_back();
    for (const ByRound& contestant : family.contestants) {
      own.push_back(paired_log_ratios(contestant, family.reference));
    }
    unresolved += !resolves(family) && gives_words(own, rules) ? 1 : 0;
  }
  std::vector<FamilyComparison> found;
  for (std::size_t i = 0; i < families.size(); ++i) {
    found.push_back(compare_family(families[i], paired[i], resolves(families[i]) ? 1 : unresolved, rules));
  }
  return found;
}

}  // namespace kite::race
