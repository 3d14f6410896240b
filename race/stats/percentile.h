// SPDX-License-Identifier: Apache-2.0
// Percentiles of latency: only if there are enough samples, and only within a process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"

namespace kite::race {

struct QuantileInterval {
  Interval interval;               // between two order statistics
  double achieved_confidence = 0;  // at least what was asked for
};
// Interval of the population's quantile q, 0 < q < 1, of sorted values: the narrowest pair of order statistics with at
// most (1 - confidence) / 2 beyond each, from the binomial (Thompson 1936; Conover 1999, 3.2). Assumes independent
// samples of one distribution: iterations that follow one another with positive autocorrelation make it too narrow, so
// a report shows it per process and never as the uncertainty between processes. nullopt: too few samples on one side.
[[nodiscard]] std::optional<QuantileInterval> quantile_interval(std::span<const double> sorted, double q,
                                                                double confidence);

// The fewest samples from which a percentile is reported: the chance that at most one of them lies above the true
// quantile is at most 1 - confidence (the early-stopping rule of MLPerf Inference with one allowed exceedance). At
// 99 %: p90 64, p95 130, p99 662, p99.9 6,636; at 95 %: 46, 93, 473, 4,742. 0.5 <= q < 1.
[[nodiscard]] std::int64_t percentile_minimum_n(double q, double confidence);

struct PercentileEstimate {
  double value = 0;  // type 7
  Interval interval;
  std::int64_t n = 0;          // samples; with several processes, those of the smallest one
  std::int32_t processes = 1;  // number of processes that the value is a median of
};

// The percentile of one process. No value: it has fewer samples than percentile_minimum_n.
[[nodiscard]] std::optional<PercentileEstimate> process_percentile(std::span<const double> samples, double q,
                                                                   double confidence);

// Computed for each process first; then the median over processes of the value and of each end of the interval. Samples
// of different processes are never pooled: many short processes say nothing about the tail of a long one. No value:
// there is no process, or one has too few samples.
[[nodiscard]] std::optional<PercentileEstimate> percentile_over_processes(
    std::span<const std::vector<double>> processes, double q, double confidence);

}  // namespace kite::race
