// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/heat_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "race/stats/holm.h"
#include "race/stats/variance.h"

namespace kite::race {

namespace {

// Of the memory that is available; the rest is for the page cache that models are read from.
constexpr double kMemoryShare = 0.7;
constexpr double kAroundTurnS = 0.01;  // a line, an answer, and the look whether it is still
constexpr double kConfidence = 0.95;
constexpr double kMuchMore = 1.2;  // than its time; what is less is not worth a note

// An interval by signed ranks that misses with a chance of at most a needs 2^(1 - n) <= a.
std::int32_t fewest_sets(std::size_t contestants) {
  const double may_miss = 1 - bonferroni_confidence(kConfidence, static_cast<std::int64_t>(contestants));
  std::int32_t sets = kFewestSets;
  while (std::ldexp(1.0, 1 - sets) > may_miss) ++sets;
  return sets;
}

class Planner {
 public:
  explicit Planner(const HeatQuestion& question) : question_(question) {}

  HeatPlan make() {
    for (const LineUp& line_up : question_.line_ups) divide(line_up);
    for (HeatRecord& heat : plan_.heats) limit(heat);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const HeatCost& cost(std::int32_t cell) const {
    return question_.costs[static_cast<std::size_t>(cell)];
  }

  void divide(const LineUp& line_up) {
    HeatRecord heat;
    const auto begin = [&] {
      heat.cells.clear();
      heat.fewest = fewest_sets(line_up.others.size());
      for (const std::int32_t cell : {line_up.reference, line_up.control}) {
        if (cell >= 0) heat.cells.push_back(cell);
      }
      return heat.cells.size();
    };
    std::size_t own = begin();
    bool crowded = false;
    for (const std::int32_t cell : line_up.others) {
      const bool full = heat.cells.size() - own == kMostInAHeat;
      const bool fits = has_room(heat.cells, cell);
      if (heat.cells.size() > own && (full || !fits)) {
        crowded = crowded || !fits;
        add(heat);
        own = begin();
      }
      heat.cells.push_back(cell);
    }
    if (!heat.cells.empty()) add(heat);
    if (crowded) {
      plan_.notes.push_back(fmt::format("{}: memory has no room for more contestants at once, so there are more heats",
                                        line_up.title));
    }
  }

  [[nodiscard]] bool has_room(const std::vector<std::int32_t>& cells, std::int32_t another) const {
    if (question_.available_bytes == 0) return true;
    auto bytes = static_cast<double>(cost(another).peak_bytes);
    for (const std::int32_t cell : cells) bytes += static_cast<double>(cost(cell).peak_bytes);
    return bytes <= kMemoryShare * static_cast<double>(question_.available_bytes);
  }

  void add(const HeatRecord& heat) {
    plan_.heats.push_back(heat);
    plan_.heats.back().id = static_cast<std::int32_t>(plan_.heats.size());
  }

  // As many cycles as leave room for the fewest sets.
  void limit(HeatRecord& heat) {
    heat.sets = question_.sets_asked > 0 ? question_.sets_asked : kMostSets;
    heat.cycles = kMostCycles;
    const double share = question_.seconds_left / static_cast<double>(plan_.heats.size());
    heat.seconds = question_.heat_seconds;
    if (question_.seconds_left > 0 && (heat.seconds <= 0 || share < heat.seconds)) heat.seconds = share;
    if (heat.seconds <= 0) return;
    double start_s = 0, cycle_s = 0;
    for (const std::int32_t cell : heat.cells) {
      start_s += cost(cell).start_s;
      cycle_s += std::max(question_.block_s, cost(cell).sample_s) + kAroundTurnS;
    }
    const double set_s = heat.seconds / std::min(heat.fewest, heat.sets);
    const double cycles = std::floor((set_s - start_s) / cycle_s) - 1;  // one warms up
    heat.cycles = static_cast<std::int32_t>(std::clamp<double>(cycles, kFewestCycles, kMostCycles));
    const double least_s = std::min(heat.fewest, heat.sets) * (start_s + (heat.cycles + 1) * cycle_s);
    if (question_.seconds_left > 0 && least_s > kMuchMore * share) {
      plan_.notes.push_back(
          fmt::format("heat {} needs about {:.1f} minutes, its share of the budget is {:.1f}: fewer contestants, models "
                      "or modes would fit",
                      heat.id, least_s / 60, share / 60));
    }
  }

  const HeatQuestion& question_;
  HeatPlan plan_;
};

}  // namespace

HeatPlan plan_heats(const HeatQuestion& question) { return Planner(question).make(); }

bool needs_another_set(const HeatRecord& heat, std::int32_t sets_run, std::span<const double> control,
                       double seconds_run) {
  if (sets_run >= heat.sets) return false;
  if (sets_run < heat.fewest) return true;
  if (heat.seconds > 0 && seconds_run + seconds_run / sets_run > heat.seconds) return false;
  const auto n = static_cast<std::int32_t>(control.size());
  if (n < heat.fewest) return true;  // the control failed in some
  const double sd = standard_deviation(control);
  return rounds_for_half_width(sd, kTargetResolution, kConfidence, heat.fewest, heat.sets + 1) > n;
}

}  // namespace kite::race
