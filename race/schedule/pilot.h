// SPDX-License-Identifier: Apache-2.0
// From a few pilot rounds to the two numbers of a race, fixed before it begins: samples a process, and rounds.
//
// Samples: k = sqrt(c_process / c_sample * s2_within / s2_between) makes the variance of a cell's mean smallest for a
// given time (two-stage sampling; Kalibera & Jones 2013). All contestants of a model, mode and number of threads take
// the same k, the geometric mean of their own, for the same k pictures must be compared; the optimum is flat. Rounds:
// the fewest R >= 10 whose interval of the ratio to the reference is expected to reach no further than 2 % to either
// side, by the pilot's standard deviation of the ln ratio (stats/variance.h). Nobody looks at the results on the way to
// stop when it suits.
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
  bool expendable = false;     // a variant: may be dropped when all else is cut
  bool isolated = true;        // takes samples; else one process is one value
  std::int64_t max_count = 1;  // pictures there are

  struct Process {
    std::int32_t round = 0;
    double wall_s = 0;
    std::vector<double> ms;  // samples behind the first inference
  };
  std::vector<Process> processes;  // ok ones
};

struct PilotQuestion {
  std::vector<PilotCell> cells;
  double seconds_left = std::numeric_limits<double>::infinity();
  double overhead_s = 0;          // around each process
  double other_seconds = 0;       // memory processes, to be kept back
  std::int32_t rounds_asked = 0;  // 0: decide
  std::int32_t max_samples = 0;   // 0: decide
};

inline constexpr std::int32_t kMinRounds = 10;
// Beyond it intervals shrink too slowly to be worth the time: twice the rounds for 0.7 of the width.
inline constexpr std::int32_t kMaxRounds = 40;
inline constexpr double kTargetHalfWidth = 0.02;
// With 662 samples a process can tell its own 99th percentile; more only makes rounds rarer.
inline constexpr std::int32_t kMaxSamples = 700;
// Enough for a median behind a short warm-up.
inline constexpr std::int32_t kMinSamples = 10;

// A cell that is not in `counts` does not race; oneshot cells count 1.
[[nodiscard]] DecisionRecord decide(const PilotQuestion& question);

// Seconds of one process of the cell that takes `count` samples, from its pilot processes; 0: it has none.
[[nodiscard]] double predicted_seconds(const PilotCell& cell, std::int64_t count);

}  // namespace kite::race
