// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/heat_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "race/stats/control.h"
#include "race/stats/hodges_lehmann.h"
#include "race/stats/holm.h"
#include "race/stats/variance.h"

namespace kite::race {

namespace {

// Share of the available memory that a heat may use; the rest is for the page cache that models are read from.
constexpr double kMemoryShare = 0.7;
constexpr double kAroundTurnS = 0.01;  // one line, one answer, and the check that the process is still
constexpr double kMuchMore = 1.2;      // times the heat's share of the budget; a smaller excess is not worth a note

// An interval by signed ranks over n sets that misses with a probability of at most a needs 2^(1 - n) <= a.
std::int32_t fewest_sets(std::size_t contestants) {
  const double may_miss = 1 - bonferroni_confidence(kHeatConfidence, static_cast<std::int64_t>(contestants));
  std::int32_t sets = kFewestSets;
  while (std::ldexp(1.0, 1 - sets) > may_miss) ++sets;
  return sets;
}

// A check after every set would stop a heat as soon as its interval is narrow by luck. So there is a check after the
// fewest sets, and then whenever there are three tenths more: after 6, 7, 9, 11, 14, 18, 23, 29, 37 sets.
bool is_looked_at(std::int32_t sets, std::int32_t fewest) {
  std::int32_t look = fewest;
  while (look < sets) look += std::max(1, 3 * look / 10);
  return look == sets;
}

struct SetCost {
  double start_s = 0, cycle_s = 0;
  [[nodiscard]] double seconds(std::int32_t cycles) const { return start_s + (cycles + 1) * cycle_s; }
};

SetCost set_cost(const HeatRecord& heat, const HeatQuestion& question) {
  SetCost set;
  for (const std::int32_t cell : heat.cells) {
    const HeatCost& cost = question.costs[static_cast<std::size_t>(cell)];
    set.start_s += cost.start_s;
    set.cycle_s += std::max(question.block_s, cost.sample_s) + kAroundTurnS;
  }
  return set;
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
      plan_.notes.push_back(
          fmt::format("{}: memory has no room for more contestants at once, so there are more heats", line_up.title));
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
    heat.cycles = kMostCycles;
    const double share = question_.seconds_left / static_cast<double>(plan_.heats.size());
    heat.seconds = question_.heat_seconds;
    if (question_.seconds_left > 0 && (heat.seconds <= 0 || share < heat.seconds)) heat.seconds = share;
    heat.sets = question_.sets_asked > 0 ? question_.sets_asked : heat.seconds > 0 ? kMostSetsInTime : kMostSets;
    if (heat.seconds <= 0) return;
    const SetCost set = set_cost(heat, question_);
    const double set_s = heat.seconds / std::min(heat.fewest, heat.sets);
    const double cycles = std::floor((set_s - set.start_s) / set.cycle_s) - 1;  // one warms up
    heat.cycles = static_cast<std::int32_t>(std::clamp<double>(cycles, kFewestCycles, kMostCycles));
    const double least_s = std::min(heat.fewest, heat.sets) * set.seconds(heat.cycles);
    if (question_.seconds_left > 0 && least_s > kMuchMore * share) {
      plan_.notes.push_back(fmt::format(
          "heat {} needs about {:.1f} minutes, its share of the budget is {:.1f}: fewer contestants, models "
          "or modes would fit",
          heat.id, least_s / 60, share / 60));
    }
  }

  const HeatQuestion& question_;
  HeatPlan plan_;
};

}  // namespace

double set_seconds(const HeatRecord& heat, const HeatQuestion& question) {
  return set_cost(heat, question).seconds(heat.cycles);
}

HeatPlan plan_heats(const HeatQuestion& question) { return Planner(question).make(); }

bool needs_another_set(const HeatRecord& heat, std::int32_t sets_run, std::span<const double> control,
                       double seconds_run) {
  if (sets_run >= heat.sets) return false;
  if (sets_run < heat.fewest) return true;
  if (heat.seconds > 0 && seconds_run + seconds_run / sets_run > heat.seconds) return false;
  const auto n = static_cast<std::int32_t>(control.size());
  if (n < heat.fewest) return true;  // the control failed in some
  if (!is_looked_at(sets_run, heat.fewest)) return true;
  // Both must be narrow: the resolution that the report will print, and the width that the standard deviation predicts.
  // Either alone may be narrow by luck.
  const auto resolution = resolution_of(hodges_lehmann_ratio(control, kHeatConfidence));
  const double expected = expected_half_width(standard_deviation(control), n, kHeatConfidence);
  return !resolution || *resolution > kTargetResolution || expected > std::log1p(kTargetResolution);
}

}  // namespace kite::race
