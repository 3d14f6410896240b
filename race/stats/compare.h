// SPDX-License-Identifier: Apache-2.0
// All contestants of a race against their references: the numbers and words that a report prints, in one call.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"
#include "race/stats/pairs.h"
#include "race/stats/permutation.h"
#include "race/stats/verdict.h"

namespace kite::race {

// The contestants of one place (model, track, mode, number of threads, measure) against the same reference.
struct Family {
  ByRound reference;
  std::vector<ByRound> contestants;
  std::optional<double> resolution;  // of the place's control (control.h); absent: nobody knows what can be seen there
};

struct FamilyRules {
  double confidence = 0.95;  // that all intervals of a family hold at once
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

// Estimates by hodges_lehmann_ratio, p by sign_flip_test and holm_adjusted, words by verdict_of. How wide an interval
// is:
//   1. Bonferroni over the contestants of the family that have a round in common with the reference.
//   2. Where the place cannot resolve the margin (its resolution is larger or not known), Bonferroni over all such
//      families that have an interval as well. In a place that resolves the margin, an interval that chance carries
//      across the whole margin lies four standard errors off, so places of that kind cost each other nothing. Among
//      forty places that do not, one race in three would hold a false word.
// Wilcoxon's test has a least level, 2^(1 - n), so step 2 cannot be taken with its order statistics after ten rounds:
// the ends are moved outward in ln by the ratio of Student's quantiles instead. Assumes independent rounds with
// symmetric ln-ratios, and any dependence between contestants (they share the reference).
[[nodiscard]] std::vector<FamilyComparison> compare_families(std::span<const Family> families,
                                                             const FamilyRules& rules);

}  // namespace kite::race
