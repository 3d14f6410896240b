// SPDX-License-Identifier: Apache-2.0
// Costs and variances come from the pilot. If the budget is too small, first rounds are cut, then whole variants.
#include "race/schedule/pilot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

#include "race/pairing/log_ratios.h"
#include "race/stats/robust.h"
#include "race/stats/variance.h"

namespace kite::race {

namespace {

std::vector<Valued> values_of(const PilotCell& cell) {
  std::vector<Valued> values;
  for (const auto& process : cell.processes) values.push_back({process.round, process.begin_ns, process.wall_s});
  return values;
}

class Decision {
 public:
  explicit Decision(const PilotQuestion& question) : question_(question) {
    for (const PilotCell& cell : question.cells) racing_.insert(cell.cell);
  }

  DecisionRecord make() {
    if (question_.cells.empty()) {
      decision_.why = "no whole program is raced, so there are no rounds";
      return std::move(decision_);
    }
    choose_rounds();
    fit_budget();
    for (const PilotCell& cell : question_.cells) {
      if (racing_.contains(cell.cell)) decision_.counts[cell.cell] = 1;
    }
    return std::move(decision_);
  }

 private:
  void choose_rounds() {
    if (question_.rounds_asked > 0) {
      decision_.rounds = question_.rounds_asked;
      decision_.why = fmt::format("{} rounds were asked for", decision_.rounds);
      return;
    }
    std::string widest;
    std::int32_t needed = kMinRounds;
    for (const PilotCell& reference : question_.cells) {
      if (!reference.reference) continue;
      for (const PilotCell& own : question_.cells) {
        if (own.group != reference.group || own.cell == reference.cell) continue;
        const std::int32_t rounds = rounds_for(own, reference);
        if (rounds <= needed) continue;
        needed = rounds;
        widest = own.label;
      }
    }
    decision_.rounds = std::min(needed, kMaxRounds);
    decision_.why =
        fmt::format("{} rounds for intervals of at most +-{:.0f} %", decision_.rounds, 100 * kTargetHalfWidth);
    if (!widest.empty()) {
      decision_.why += fmt::format(" ({} varies most in the pilot and needs {}{})", widest,
                                   needed > kMaxRounds ? "more than " : "", std::min(needed, kMaxRounds));
    } else {
      decision_.why += fmt::format(", the fewest that are ever ranked");
    }
  }

  [[nodiscard]] static std::int32_t rounds_for(const PilotCell& own, const PilotCell& reference) {
    std::vector<double> ratios;
    for (const auto& [round, ratio] : log_ratios_of(values_of(own), values_of(reference))) ratios.push_back(ratio);
    if (ratios.size() < 2) return kMinRounds;
    return rounds_for_half_width(standard_deviation(ratios), kTargetHalfWidth, 0.95, kMinRounds, kMaxRounds + 1);
  }

  [[nodiscard]] double seconds(std::int32_t rounds) const {
    double one_round = 0;
    for (const PilotCell& cell : question_.cells) {
      if (!racing_.contains(cell.cell)) continue;
      one_round += cell.per_round * (predicted_seconds(cell) + question_.overhead_s);
    }
    return one_round * rounds + question_.other_seconds;
  }

  void fit_budget() {
    const double left = question_.seconds_left;
    if (std::isinf(left)) {
      decision_.why += fmt::format("; about {:.1f} minutes, no budget is set", seconds(decision_.rounds) / 60);
      return;
    }
    if (seconds(decision_.rounds) > left) cut_rounds(left);
    if (seconds(decision_.rounds) > left) drop_variants(left);
    const double needs = seconds(decision_.rounds);
    decision_.why +=
        fmt::format("; about {:.1f} minutes of the {:.1f} that the budget leaves for them", needs / 60, left / 60);
    if (needs > left) decision_.why += ", which it exceeds: fewer contestants, models or modes would fit";
  }

  void cut_rounds(double left) {
    const std::int32_t before = decision_.rounds;
    const std::int32_t least = std::min(before, kMinRounds);
    while (decision_.rounds > least && seconds(decision_.rounds) > left) --decision_.rounds;
    if (decision_.rounds == before) return;
    decision_.cut.push_back(fmt::format("{} rounds instead of {}", decision_.rounds, before));
    decision_.why += fmt::format("; the budget leaves {}", decision_.rounds);
  }

  // The variant that costs most is left out first.
  void drop_variants(double left) {
    std::vector<const PilotCell*> variants;
    for (const PilotCell& cell : question_.cells) {
      if (cell.expendable) variants.push_back(&cell);
    }
    std::stable_sort(variants.begin(), variants.end(), [](const PilotCell* a, const PilotCell* b) {
      return predicted_seconds(*a) > predicted_seconds(*b);
    });
    for (const PilotCell* variant : variants) {
      if (seconds(decision_.rounds) <= left) return;
      racing_.erase(variant->cell);
      decision_.cut.push_back(fmt::format("{} is left out", variant->label));
    }
  }

  const PilotQuestion& question_;
  std::set<std::int32_t> racing_;
  DecisionRecord decision_;
};

}  // namespace

double predicted_seconds(const PilotCell& cell) {
  std::vector<double> walls;
  for (const auto& process : cell.processes) walls.push_back(process.wall_s);
  return walls.empty() ? 0 : median(walls);
}

DecisionRecord decide(const PilotQuestion& question) { return Decision(question).make(); }

}  // namespace kite::race
