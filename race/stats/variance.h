// SPDX-License-Identifier: Apache-2.0
// How large a race has to be, from a pilot: how many iterations in a process, and how many rounds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kite::race {

// One-way random-effects components (Searle, Casella & McCulloch 1992, ch. 3, for processes of unequal length).
struct VarianceComponents {
  double mean = 0;
  double within = 0;           // of iterations in one process
  double between = 0;          // of processes; a negative estimate is 0
  std::int32_t processes = 0;  // that had a sample
};
// Samples are of the steady part, in any unit. Assumes iterations that are exchangeable within their process; with
// positive autocorrelation `within` falls short of what a longer process would average away.
[[nodiscard]] VarianceComponents variance_components(std::span<const std::vector<double>> processes);

// The iterations at which time is best spent: sqrt(cost of a process / cost of an iteration * within / between)
// (Kalibera & Jones 2013), between `least` and `most`. `most` where processes do not differ.
[[nodiscard]] std::int32_t iterations_per_process(const VarianceComponents& components, double process_cost,
                                                  double iteration_cost, std::int32_t least, std::int32_t most);

[[nodiscard]] double standard_deviation(std::span<const double> values);  // n - 1; 0 of fewer than 2

// The fewest rounds, between `least` and `most`, whose interval of the ratio is expected to reach no further than
// `half_width` (0.02: 2 %) to either side: Student's t at R - 1 degrees, widened by the efficiency 3 / pi of the
// Hodges-Lehmann estimate under normal data (Hollander & Wolfe 1999, 3.11). `sd` is of one round's ln-ratio.
// A pilot of 5 rounds knows its own sd to about +-35 %, so the race's interval may come out wider: it is printed as it
// is.
[[nodiscard]] std::int32_t rounds_for_half_width(double sd, double half_width, double confidence, std::int32_t least,
                                                 std::int32_t most);

}  // namespace kite::race
