// SPDX-License-Identifier: Apache-2.0
// Where the level of a series of times changes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kite::race {

struct Segment {
  std::size_t begin = 0, end = 0;  // of the series, end exclusive
  double level = 0;                // median of its values
};

// Lag-1 autocorrelation that changes of level do not inflate: from medians of |x[i+2] - x[i]| and |x[i+1] - x[i]|
// (Chakar, Lebarbier, Levy-Leduc & Robin 2017). Between -0.95 and 0.95; 0 of fewer than 8 values.
[[nodiscard]] double robust_autocorrelation(std::span<const double> series);

// Segments of constant mean, in order, at least one for a series that is not empty. PELT (Killick, Fearnhead & Eckley
// 2012) on squared error, penalty 5 log n noise variances a change: more than the 2 log n of the Schwarz criterion,
// because times have heavier tails than the normal distribution and their autocorrelation is only estimated. First,
// single spikes are clamped to 3 standard deviations from a running median of 11, as Barrett et al. 2017 filter theirs,
// and positive autocorrelation is whitened (Chakar et al.). The noise is estimated from first differences, so that a
// change of level does not raise it. A series of more than 4,096 values is averaged in equal batches first, so the work
// is bounded.
[[nodiscard]] std::vector<Segment> level_segments(std::span<const double> series);

}  // namespace kite::race
