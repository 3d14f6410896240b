// SPDX-License-Identifier: Apache-2.0
// How long equal blocks of a fixed piece of work took, one after another: what a machine does to times, without any
// contestant. Measured by `kite doctor --noise` (race/spawn/fixed_work.h), or recorded once and planted in tests.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

// As a block of a heat (race/journal/record.h): its value is the median of its samples, here of equal pieces.
struct WorkBlock {
  double begin_s = 0;  // since the series began
  double wall_ms = 0;
  double cpu_ms = 0;  // of all threads together
  double piece_ms = 0;
};

struct WorkSeries {
  std::int32_t threads = 1;
  std::vector<WorkBlock> blocks;  // in the order of time

  [[nodiscard]] double seconds() const noexcept;  // from the first block's beginning to the last one's end
  [[nodiscard]] double step_s() const;            // from one block's beginning to the next one's, the median; 0 of one
  // Of the processor time that its threads could have had: what someone else ran, what the host took away, and what
  // they waited for each other.
  [[nodiscard]] double lost_share() const noexcept;
};

// The distances at which pairs are looked at: two turns of a heat, two whole programs of a round, two programs started
// by hand, two races.
inline constexpr double kDistances[] = {0.1, 1, 10, 180};
// A distance fits into a series that holds so many pairs which have nothing in common.
inline constexpr double kFewestPairsApart = 5;
[[nodiscard]] std::vector<double> distances_within(double seconds);

// The same work against itself, one block and the one that began `distance_s` later: an A/A control.
struct WorkPairs {
  double distance_s = 0;
  std::int64_t pairs = 0;     // all there are; they overlap, and only seconds / distance of them have nothing in common
  double ratio = 1;           // later / earlier, the median
  double sd = 0;              // of the ln ratio, by the median of its deviations: what a few wild pairs do not move
  double nineteen_of_20 = 0;  // |ln ratio| of so many pairs is at most this: here the wild ones are seen
};
// Absent where the distance does not fit.
[[nodiscard]] std::optional<WorkPairs> pairs_at(const WorkSeries& series, double distance_s);
// ln of each pair's ratio, in the order of time.
[[nodiscard]] std::vector<double> work_log_ratios(const WorkSeries& series, double distance_s);

// Spread (as WorkPairs::sd) of a block against the mean ln of those `distance_s` before and after it, as a whole
// program is compared with the references around it; absent below 2 * kFewestPairsApart distances.
[[nodiscard]] std::optional<double> sandwich_sd(const WorkSeries& series, double distance_s);

// CSV with a line a block, and back: "# " and one line of what was recorded, a line of names, then numbers. Several
// series are told apart by their number of threads.
[[nodiscard]] std::string csv_of(std::span<const WorkSeries> series, std::string_view comment);
struct RecordedWork {
  std::string comment;
  std::vector<WorkSeries> series;  // each with two blocks at least
};
[[nodiscard]] Result<RecordedWork> work_series_from_csv(std::string_view text);

}  // namespace kite::race
