// SPDX-License-Identifier: Apache-2.0
// Which heats a race has, how long their sets are, and when one has told enough.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "race/journal/record.h"
#include "race/schedule/line_up.h"

namespace kite::race {

// Beside the reference and its control. With six alive and blocks of 100 ms, a contestant's block lies within 0.6 s of
// one of the reference's.
inline constexpr std::size_t kMostInAHeat = 4;
// Turns of each in a set. Processes differ from each other more than blocks do, so time is better spent on more sets.
inline constexpr std::int32_t kFewestCycles = 8, kMostCycles = 20;
// With fewer than six an interval of 95 % by signed ranks has no end (the more contestants share a place, the more sets
// it takes: HeatRecord::fewest); beyond twelve, half as many again narrow it by a fifth, which is worth it only where
// the heat was given the time.
inline constexpr std::int32_t kFewestSets = 6, kMostSets = 12, kMostSetsInTime = 40;
// To which the control's interval reaches on either side.
inline constexpr double kTargetResolution = 0.02;
inline constexpr double kHeatConfidence = 0.95;

// What is known of a cell that takes part, from its pass over the pictures.
struct HeatCost {
  double start_s = 2;  // until it is ready, its first inference included
  double sample_s = 0.05;
  std::uint64_t peak_bytes = 0;  // 0: not known
};

struct HeatQuestion {
  std::vector<LineUp> line_ups;
  std::vector<HeatCost> costs;  // by cell id
  std::int32_t sets_asked = 0;  // at most; 0: kMostSets, or kMostSetsInTime where there is a limit of time
  double block_s = 0.1;
  double seconds_left = 0;            // for all heats; 0: no limit
  double heat_seconds = 0;            // for one; 0: no limit
  std::uint64_t available_bytes = 0;  // 0: not known
};

struct HeatPlan {
  std::vector<HeatRecord> heats;
  std::vector<std::string> notes;
};
// More contestants than fit at once, in number or in memory, are divided over several heats, each with the reference
// and its control.
[[nodiscard]] HeatPlan plan_heats(const HeatQuestion& question);

// What a set of this heat is expected to take: its processes start one after another, then the turns, one of them to
// warm up.
[[nodiscard]] double set_seconds(const HeatRecord& heat, const HeatQuestion& question);

// Whether a heat that has run so many sets, with these ln ratios of the control, needs another: the fewest are run
// whatever the time. It looks at nothing but the control, so no contestant's luck ends it.
[[nodiscard]] bool needs_another_set(const HeatRecord& heat, std::int32_t sets_run, std::span<const double> control,
                                     double seconds_run);

}  // namespace kite::race
