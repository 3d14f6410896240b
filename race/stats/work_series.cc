// SPDX-License-Identifier: Apache-2.0
// Pairs are formed by counting blocks, not by the clock, so that a block that took long does not lose its partner.
#include "race/stats/work_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "paperkite/try.h"
#include "race/stats/robust.h"

namespace kite::race {
namespace {

constexpr std::string_view kColumns = "threads,begin_s,wall_ms,cpu_ms,piece_ms";

// How many blocks there are between two that began `distance_s` apart; 0: the series is too short.
std::size_t blocks_apart(const WorkSeries& series, double distance_s) {
  const double step_s = series.step_s();
  if (!(step_s > 0)) return 0;
  return static_cast<std::size_t>(std::max(1.0, std::round(distance_s / step_s)));
}

std::vector<double> logs_of(const WorkSeries& series) {
  std::vector<double> logs;
  for (const WorkBlock& block : series.blocks) logs.push_back(std::log(block.piece_ms));
  return logs;
}

std::string_view taken_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The number of threads, then the numbers of a block. Absent: the line is something else.
std::optional<std::array<double, 5>> numbers_of(std::string_view line) {
  std::array<double, 5> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), numbers[i]);
    if (error != std::errc() || !std::isfinite(numbers[i])) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    const bool last = i + 1 == numbers.size();
    if (last != line.empty() || (!last && line.front() != ',')) return std::nullopt;
    if (!last) line.remove_prefix(1);
  }
  const auto& [threads, begin_s, wall_ms, cpu_ms, piece_ms] = numbers;
  const bool possible = threads >= 1 && threads <= 4096 && threads == std::floor(threads) && begin_s >= 0 &&
                        wall_ms > 0 && cpu_ms >= 0 && piece_ms > 0;
  return possible ? std::optional(numbers) : std::nullopt;
}

}  // namespace

double WorkSeries::seconds() const noexcept {
  return blocks.empty() ? 0 : blocks.back().begin_s + blocks.back().wall_ms * 1e-3 - blocks.front().begin_s;
}

double WorkSeries::step_s() const {
  std::vector<double> steps;
  for (std::size_t i = 1; i < blocks.size(); ++i) steps.push_back(blocks[i].begin_s - blocks[i - 1].begin_s);
  return steps.empty() ? 0 : median(steps);
}

double WorkSeries::lost_share() const noexcept {
  double wall_ms = 0, cpu_ms = 0;
  for (const WorkBlock& block : blocks) {
    wall_ms += block.wall_ms * threads;
    cpu_ms += block.cpu_ms;
  }
  return wall_ms > 0 ? std::clamp(1 - cpu_ms / wall_ms, 0.0, 1.0) : 0;
}

std::vector<double> distances_within(double seconds) {
  std::vector<double> found;
  for (const double distance : kDistances) {
    if (kFewestPairsApart * distance <= seconds) found.push_back(distance);
  }
  return found;
}

std::vector<double> work_log_ratios(const WorkSeries& series, double distance_s) {
  std::vector<double> ratios;
  const std::size_t apart = blocks_apart(series, distance_s);
  if (apart == 0) return ratios;
  const std::vector<double> logs = logs_of(series);
  for (std::size_t i = 0; i + apart < logs.size(); ++i) ratios.push_back(logs[i + apart] - logs[i]);
  return ratios;
}

std::optional<WorkPairs> pairs_at(const WorkSeries& series, double distance_s) {
  // A series of 50 s was asked for 50 s and may have ended within its last block.
  if (series.seconds() + series.step_s() < kFewestPairsApart * distance_s) return std::nullopt;
  const std::vector<double> ratios = work_log_ratios(series, distance_s);
  if (ratios.empty()) return std::nullopt;
  WorkPairs found;
  found.distance_s = distance_s;
  found.pairs = static_cast<std::int64_t>(ratios.size());
  found.ratio = std::exp(median(ratios));
  found.sd = robust_sd(ratios);
  std::vector<double> sizes;
  for (const double ratio : ratios) sizes.push_back(std::fabs(ratio));
  found.nineteen_of_20 = quantile(sizes, 0.95);
  return found;
}

std::optional<double> sandwich_sd(const WorkSeries& series, double distance_s) {
  if (series.seconds() < 2 * kFewestPairsApart * distance_s) return std::nullopt;
  const std::size_t apart = blocks_apart(series, distance_s);
  const std::vector<double> logs = logs_of(series);
  std::vector<double> ratios;
  for (std::size_t i = apart; i + apart < logs.size(); ++i) {
    ratios.push_back(logs[i] - (logs[i - apart] + logs[i + apart]) / 2);
  }
  return ratios.empty() ? std::nullopt : std::optional(robust_sd(ratios));
}

std::string csv_of(std::span<const WorkSeries> series, std::string_view comment) {
  std::string one_line(comment);
  std::replace_if(one_line.begin(), one_line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  std::string text = fmt::format("# {}\n{}\n", one_line, kColumns);
  for (const WorkSeries& one : series) {
    for (const WorkBlock& block : one.blocks) {
      text += fmt::format("{},{:.3f},{:.2f},{:.2f},{:.4f}\n", one.threads, block.begin_s, block.wall_ms, block.cpu_ms,
                          block.piece_ms);
    }
  }
  return text;
}

Result<RecordedWork> work_series_from_csv(std::string_view text) {
  const auto wrong = [](std::string what, std::string where) {
    return Error{ErrorCode::kInvalidInput, std::move(what), std::move(where),
                 "give a file that `kite doctor --noise --csv FILE` wrote"};
  };
  RecordedWork recorded;
  bool has_columns = false;
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = taken_line(text);
    if (line.empty()) continue;
    if (line.starts_with('#')) {
      if (recorded.comment.empty()) recorded.comment = line.substr(std::min<std::size_t>(2, line.size()));
      continue;
    }
    if (!has_columns) {
      if (line != kColumns) return wrong("no series of work: its columns are not " + std::string(kColumns), {});
      has_columns = true;
      continue;
    }
    const auto numbers = numbers_of(line);
    if (!numbers) return wrong("no block of work: five numbers that a clock can show", fmt::format("line {}", number));
    const auto& [threads, begin_s, wall_ms, cpu_ms, piece_ms] = *numbers;
    const auto count = static_cast<std::int32_t>(threads);
    auto own = std::ranges::find(recorded.series, count, &WorkSeries::threads);
    if (own == recorded.series.end()) own = recorded.series.insert(own, WorkSeries{count, {}});
    if (!own->blocks.empty() && begin_s <= own->blocks.back().begin_s) {
      return wrong("a block begins before the one above it", fmt::format("line {}", number));
    }
    own->blocks.push_back({begin_s, wall_ms, cpu_ms, piece_ms});
  }
  if (recorded.series.empty()) return wrong("there is no series of work in it", {});
  for (const WorkSeries& series : recorded.series) {
    if (series.blocks.size() < kFewestBlocks) return wrong("a series of one block has no spread", {});
  }
  return recorded;
}

}  // namespace kite::race
