// SPDX-License-Identifier: Apache-2.0
// kite bench as a contestant of a race: the lines that peers/README.md describes.
#pragma once

#include <cstdint>
#include <vector>

#include "bench_workload.h"

namespace kite::cli {

// CLOCK_MONOTONIC in nanoseconds.
[[nodiscard]] std::int64_t monotonic_ns() noexcept;

// Exactly options.samples runs, sample i on input i mod N, nothing before them.
struct Series {
  std::vector<double> samples_ms;
  std::vector<float> logits;  // [samples, classes]
  std::int64_t classes = 0;
  std::int64_t end_ns = 0;  // after the last sample
};

// `stopped` is called between samples. `announce`: print the line of phase "first" when that phase is reached.
[[nodiscard]] Result<Series> take_series(const BenchOptions& options, Workload& workload, bool (*stopped)(),
                                         bool announce);

// Everything that `--format jsonl` does. `runtime_ns`: when the program began its work.
[[nodiscard]] Status run_protocol(const BenchOptions& options, std::int64_t runtime_ns, bool (*stopped)());

// Writes what --logits and --tensors ask for.
[[nodiscard]] Status write_series(const BenchOptions& options, const Workload& workload, const Series& series);

}  // namespace kite::cli
