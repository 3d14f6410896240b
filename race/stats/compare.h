// SPDX-License-Identifier: Apache-2.0
// Compares all contestants of a race with their references: the estimates and verdicts that a report
// prints, in one call.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"
#include "race/stats/pairs.h"
#include "race/stats/permutation.h"
#include "race/stats/verdict.h"

namespace kite::race {

// The contestants of one workload (model, track, mode, number of threads, measure) against the same reference.
struct Family {
  ByRound reference;
  std::vector<ByRound> contestants;
  std::optional<double> resolution;  // of the workload's control (control.h); absent: not known
};

struct FamilyRules {
  double confidence = 0.95;  // the probability that all intervals of a family hold at the same time
  double margin = 0.02;      // see verdict_of
  SignFlipRules sign_flip = {};
};

struct PairedComparison {
  RatioEstimate estimate;        // at the family's `confidence`
  std::optional<double> p;       // sign-flip test of "no difference"; absent without a round that has both
  std::optional<double> p_holm;  // adjusted over the family
  Verdict verdict = Verdict::kUndecided;
};

struct FamilyComparison {
  double confidence = 0;                      // of each interval
  std::vector<PairedComparison> contestants;  // as in Family::contestants
};

// Estimates come from hodges_lehmann_ratio, p from sign_flip_test and holm_adjusted, verdicts from verdict_of.
// Intervals are widened in two steps:
//   1. By Bonferroni over the contestants of the family that have a round in common with the reference.
//   2. If the workload cannot resolve the margin (its resolution is larger or not known), also by Bonferroni over all
//      such families that have an interval. If a workload resolves the margin, an interval that lies beyond the whole
//      margin by chance is four standard errors off, so such workloads need not widen each other's intervals. With
//      forty workloads that do not resolve it, and without this step, one race in three would hold a false verdict.
// Wilcoxon's test has a smallest level, 2^(1 - n), so after ten rounds its order statistics are not enough for step 2.
// Instead the ends are moved outward in ln by the ratio of Student's quantiles. This assumes independent rounds with
// symmetric ln-ratios. It allows any dependence between contestants, which share the reference.
[[nodiscard]] std::vector<FamilyComparison> compare_families(std::span<const Family> families,
                                                             const FamilyRules& rules);

}  // namespace kite::race
