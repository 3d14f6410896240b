// SPDX-License-Identifier: Apache-2.0
// For tests: counts the verdicts of races with known true ratios.
#pragma once

#include <cstddef>
#include <span>

#include "race/stats/compare.h"
#include "race/stats/control.h"

namespace kite::race {

// A verdict "equivalent" for a ratio just beyond the margin is a smaller error than a user wants to see, so it does not
// count as false. A ratio at twice the margin is clearly different.
inline bool is_false(Verdict verdict, double truth, double margin) {
  const double far = 1 + 2 * margin;
  switch (verdict) {
    case Verdict::kFaster: return truth >= 1;
    case Verdict::kSlower: return truth <= 1;
    case Verdict::kEquivalent: return truth > far || truth < 1 / far;
    case Verdict::kUndecided: break;
  }
  return false;
}

// Counts for the first contestant in the first workload, except those of whole races: races with a false verdict in any
// workload, and races with a biased workload.
struct Tally {
  int faster = 0, slower = 0, equivalent = 0, undecided = 0, covered = 0;
  int races_with_a_false_word = 0, races_with_a_biased_workload = 0, first_workload_biased = 0;

  [[nodiscard]] int decided() const { return faster + slower + equivalent; }

  // One race, in which the true ratios of the contestants are `truths` in every workload.
  void add(std::span<const FamilyComparison> families, std::span<const ControlFound> controls,
           std::span<const double> truths, double margin) {
    const PairedComparison& first = families[0].contestants[0];
    faster += first.verdict == Verdict::kFaster ? 1 : 0;
    slower += first.verdict == Verdict::kSlower ? 1 : 0;
    equivalent += first.verdict == Verdict::kEquivalent ? 1 : 0;
    undecided += first.verdict == Verdict::kUndecided ? 1 : 0;
    covered += first.estimate.interval.low <= truths[0] && truths[0] <= first.estimate.interval.high ? 1 : 0;
    bool wrong = false, biased = false;
    for (const FamilyComparison& family : families) {
      for (std::size_t i = 0; i < family.contestants.size(); ++i) {
        wrong = wrong || is_false(family.contestants[i].verdict, truths[i], margin);
      }
    }
    for (const ControlFound& control : controls) biased = biased || control.biased;
    races_with_a_false_word += wrong ? 1 : 0;
    races_with_a_biased_workload += biased ? 1 : 0;
    first_workload_biased += controls[0].biased ? 1 : 0;
  }
};

}  // namespace kite::race
