// SPDX-License-Identifier: Apache-2.0
// All contestants of one family against its reference: the numbers and words a report prints, in one call.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"
#include "race/stats/permutation.h"
#include "race/stats/verdict.h"

namespace kite::race {

// Round -> the value of that round's process (the median of its steady samples, its wall time, its peak memory). A
// value that is not a positive number counts as a round without one.
using ByRound = std::map<std::int32_t, double>;

struct PairedRounds {
  std::vector<double> log_ratios;  // ln(contestant / reference), in the order of rounds
  std::int32_t dropped = 0;        // rounds that only one of the two has
};
[[nodiscard]] PairedRounds paired_by_round(const ByRound& contestant, const ByRound& reference);

// A family: one (model, mode, measure, threads, track). Rounds pair what ran close together, so that slow drift of the
// machine cancels.
struct Family {
  ByRound reference;
  std::optional<ByRound> control;  // the reference under its other label
  std::vector<ByRound> contestants;
};

struct FamilyRules {
  double confidence = 0.95;  // that all intervals of the family hold at once
  double margin = 0.02;      // see verdict_of
  // A/A floor that the caller knows; the larger of it and the family's own control counts.
  std::optional<double> floor = std::nullopt;
  // Of sign_flip_test.
  std::uint64_t seed = 0;
  std::size_t exact_up_to = kSignFlipExact;
  std::int32_t draws = kSignFlipDraws;
};

struct PairedComparison {
  RatioEstimate estimate;        // at the family's `interval_confidence`
  std::int32_t dropped = 0;      // rounds without a partner
  std::optional<double> p;       // sign-flip test of "no difference"; absent without a round
  std::optional<double> p_holm;  // adjusted over the family
  Verdict verdict = Verdict::kUndecided;
};

struct FamilyComparison {
  std::optional<RatioEstimate> control;       // at the plain confidence; absent without a control
  std::optional<double> floor;                // of that control, absent as it is
  double margin = 0;                          // that the verdicts used
  double interval_confidence = 0;             // Bonferroni over the contestants that have a paired round
  std::vector<PairedComparison> contestants;  // as in Family::contestants
};

// Estimates by hodges_lehmann_ratio, p by sign_flip_test and holm_adjusted, words by verdict_of. Assumes what those do:
// independent rounds with symmetric ln-ratios, and any dependence between contestants (they share the reference).
[[nodiscard]] FamilyComparison compare_family(const Family& family, const FamilyRules& rules);

}  // namespace kite::race
