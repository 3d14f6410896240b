// SPDX-License-Identifier: Apache-2.0
// Intervals by resampling, for samples that depend on one another and for data without pairs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"

namespace kite::race {

struct BootstrapRules {
  double confidence = 0.95;
  std::int32_t resamples = 2000;
  std::uint64_t seed = 0;
};

// Mean block length of the stationary bootstrap that suits a series' autocorrelation: Politis & White 2004 with the
// correction of Patton, Politis & White 2009. Between 1 (independent, or too short to tell) and
// min(3 sqrt(n), n / 3). Derived for a mean; used for medians here, whose dependence has the same reach.
[[nodiscard]] double automatic_block_length(std::span<const double> series);

// new / old for data without pairs (a saved race against another): the median of every process, and the two-sample
// Hodges-Lehmann shift of their logarithms. Interval by resampling processes, then blocks of iterations inside each
// (the stationary bootstrap: geometric lengths, wrapped around; Politis & Romano 1994. Davison & Hinkley 1997, 3.8),
// with the quantiles moved outward for few processes: Student's t instead of the normal and sqrt(n / (n - 1)), n the
// smaller number of processes (Hesterberg 2015, "expanded percentile"). Resampling inside the processes counts
// iteration noise twice, so intervals are on the wide side where processes are short.
//
// It assumes that processes are independent and that the machine was in the same state in both runs; it cannot detect
// that it was not. A process is given by its steady samples, or by one value. Samples that are not positive numbers are
// left out, and so are processes without any sample; n is the smaller number of processes. With fewer than 4 processes
// on either side the interval is (0, infinity).
[[nodiscard]] RatioEstimate hierarchical_bootstrap_ratio(std::span<const std::vector<double>> new_processes,
                                                         std::span<const std::vector<double>> old_processes,
                                                         const BootstrapRules& rules);

}  // namespace kite::race
