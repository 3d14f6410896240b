// SPDX-License-Identifier: Apache-2.0
// Decides the number of rounds from a few pilot rounds, before the rounds begin.
//
// It is the smallest R >= 10 for which the interval of the ratio to the reference is expected to reach at most 2 % to
// either side, by the pilot's standard deviation of the ln ratio (stats/variance.h). The number is fixed: the race does
// not look at its results to stop when they look good. Steady inference is not measured in rounds: see heat_plan.h.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

struct PilotCell {
  std::int32_t cell = 0;
  std::string label;           // for people
  std::string group;           // cells that are compared with each other
  bool reference = false;      // of its group
  bool expendable = false;     // a variant: it may be left out if fewer rounds do not save enough time
  std::int32_t per_round = 1;  // processes

  struct Process {
    std::int32_t round = 0;
    std::int64_t begin_ns = 0;
    double wall_s = 0;
  };
  std::vector<Process> processes;  // ok ones
};

struct PilotQuestion {
  std::vector<PilotCell> cells;
  double seconds_left = std::numeric_limits<double>::infinity();
  double overhead_s = 0;          // around each process
  double other_seconds = 0;       // to keep for the memory processes
  std::int32_t rounds_asked = 0;  // 0: decide
};

inline constexpr std::int32_t kMinRounds = 10;
// Beyond this number more rounds are not worth their time: twice the rounds give 0.7 of the width.
inline constexpr std::int32_t kMaxRounds = 40;
inline constexpr double kTargetHalfWidth = 0.02;

// A cell that is not in DecisionRecord::counts does not race.
[[nodiscard]] DecisionRecord decide(const PilotQuestion& question);

// Seconds of one process of the cell, from its pilot processes; 0: it has none.
[[nodiscard]] double predicted_seconds(const PilotCell& cell);

}  // namespace kite::race
