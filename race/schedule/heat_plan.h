// SPDX-License-Identifier: Apache-2.0
// Which heats a race has, how long their sets are, and after how many sets a heat may end.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "race/journal/record.h"
#include "race/schedule/line_up.h"

namespace kite::race {

// The most contestants of a heat, without the reference and its control. With six processes alive and blocks of 100 ms,
// a contestant's block is within 0.6 s of a block of the reference.
inline constexpr std::size_t kMostInAHeat = 4;
// Turns of each process in a set. Processes differ from each other more than blocks do, so more sets are a better use
// of the time than more turns.
inline constexpr std::int32_t kFewestCycles = 8, kMostCycles = 20;
// With fewer than six sets an interval of 95 % by signed ranks is not bounded; the more contestants share a workload,
// the more sets are needed (HeatRecord::fewest). Beyond twelve sets, half as many again make the interval narrower by
// only a fifth, so they are run only if the heat was given the time.
inline constexpr std::int32_t kFewestSets = 6, kMostSets = 12, kMostSetsInTime = 40;
// How far the control's interval may reach on either side when a heat ends.
inline constexpr double kTargetResolution = 0.02;
inline constexpr double kHeatConfidence = 0.95;

// The cost of a cell of a heat, known from its pass over the pictures.
struct HeatCost {
  double start_s = 2;  // until the process is ready, including its first inference
  double sample_s = 0.05;
  std::uint64_t peak_bytes = 0;  // 0: not known
};

struct HeatQuestion {
  std::vector<LineUp> line_ups;
  std::vector<HeatCost> costs;  // by cell id
  std::int32_t sets_asked = 0;  // at most; 0: kMostSets, or kMostSetsInTime if the time is limited
  double block_s = 0.1;
  double seconds_left = 0;            // for all heats; 0: no limit
  double heat_seconds = 0;            // for one; 0: no limit
  std::uint64_t available_bytes = 0;  // 0: not known
};

struct HeatPlan {
  std::vector<HeatRecord> heats;
  std::vector<std::string> notes;
};
// If not all contestants fit into one heat, by number or by memory, they are divided over several heats, each with the
// reference and its control.
[[nodiscard]] HeatPlan plan_heats(const HeatQuestion& question);

// The expected seconds of a set of this heat: its processes start one after another, and then take their turns, the
// first of which warms up.
[[nodiscard]] double set_seconds(const HeatRecord& heat, const HeatQuestion& question);

// Whether a heat needs another set after `sets_run` sets that took `seconds_run`. `control`: the ln ratios of the
// control in these sets. HeatRecord::fewest sets are run even if the time is over. The decision looks only at the
// control, so the luck of a contestant cannot end a heat.
[[nodiscard]] bool needs_another_set(const HeatRecord& heat, std::int32_t sets_run, std::span<const double> control,
                                     double seconds_run);

}  // namespace kite::race
