// SPDX-License-Identifier: Apache-2.0
// How long equal blocks of fixed work took, one after another: how a machine changes times, without any contestant.
// Measured by `kite doctor --noise` (race/spawn/fixed_work.h), or recorded once and used in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

// Like a block of a heat (race/journal/record.h): its value is the median of its samples, which here are equal pieces.
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
  // Share of the possible processor time of its threads that they did not get: other processes ran, the host took the
  // processor away, or the threads waited for each other.
  [[nodiscard]] double lost_share() const noexcept;
};

// One block alone has no spread.
inline constexpr std::size_t kFewestBlocks = 2;

// The distances of the pairs: like two turns of a heat, two whole programs of a round, two programs that are started by
// hand, and two races.
inline constexpr double kDistances[] = {0.1, 1, 10, 180};
// A series is long enough for a distance if it holds this many pairs that do not overlap.
inline constexpr double kFewestPairsApart = 5;
[[nodiscard]] std::vector<double> distances_within(double seconds);

// The same work compared with itself, a block with the one that began `distance_s` later: an A/A control.
struct WorkPairs {
  double distance_s = 0;
  std::int64_t pairs = 0;     // all of them; they overlap: only seconds / distance of them do not
  double ratio = 1;           // later / earlier, the median
  double sd = 0;              // of the ln ratio, from the median deviation, so that a few outliers do not change it
  double nineteen_of_20 = 0;  // |ln ratio| of 19 of 20 pairs is at most this; here outliers show
};
// Absent: the series is too short for the distance.
[[nodiscard]] std::optional<WorkPairs> pairs_at(const WorkSeries& series, double distance_s);
// ln of each pair's ratio, in the order of time.
[[nodiscard]] std::vector<double> work_log_ratios(const WorkSeries& series, double distance_s);

// Standard deviation (like WorkPairs::sd) of ln of a block over the mean ln of the blocks `distance_s` before and after
// it: so a whole program is compared with the references around it. Absent: the series is shorter than
// 2 * kFewestPairsApart distances.
[[nodiscard]] std::optional<double> sandwich_sd(const WorkSeries& series, double distance_s);

// Writes and reads CSV with one line for each block: first "# " and a description of the machine, then a line of names,
// then numbers. Several series are distinguished by their number of threads.
[[nodiscard]] std::string csv_of(std::span<const WorkSeries> series, std::string_view comment);
struct RecordedWork {
  std::string comment;
  std::vector<WorkSeries> series;  // each with at least two blocks
};
[[nodiscard]] Result<RecordedWork> work_series_from_csv(std::string_view text);

}  // namespace kite::race
