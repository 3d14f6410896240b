// SPDX-License-Identifier: Apache-2.0
// Costs and variances are taken from the pilot; the budget cuts samples first, then rounds, then whole variants.
#include "race/schedule/pilot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <set>

#include "race/stats/robust.h"
#include "race/stats/variance.h"

namespace kite::race {

namespace {

// A disturbed round is run again: room for one in ten.
constexpr double kRerunReserve = 0.10;

double middle(const std::vector<double>& values) { return values.empty() ? 0 : median(values); }

struct Costs {
  double process_s = 0, sample_s = 0;
};

Costs costs_of(const PilotCell& cell) {
  std::vector<double> fixed, each;
  for (const auto& process : cell.processes) {
    const double samples_s = std::accumulate(process.ms.begin(), process.ms.end(), 0.0) * 1e-3;
    fixed.push_back(std::max(process.wall_s - samples_s, 0.0));
    if (!process.ms.empty()) each.push_back(samples_s / static_cast<double>(process.ms.size()));
  }
  return {middle(fixed), middle(each)};
}

VarianceComponents components_of(const PilotCell& cell) {
  std::vector<std::vector<double>> samples;
  for (const auto& process : cell.processes) samples.push_back(process.ms);
  return variance_components(samples);
}

// Of the samples' variance, relative to their mean.
double relative_within(const PilotCell& cell) {
  const VarianceComponents components = components_of(cell);
  return components.mean > 0 ? components.within / (components.mean * components.mean) : 0;
}

// 0 where the pilot cannot tell.
std::int32_t best_count(const PilotCell& cell) {
  const Costs costs = costs_of(cell);
  if (cell.processes.size() < 2 || costs.sample_s <= 0) return 0;
  const VarianceComponents components = components_of(cell);
  auto most = std::min<double>(static_cast<double>(cell.max_count), kMaxSamples);
  // Processes that do not differ measurably: every sample helps, up to as much time as everything else takes.
  if (components.between <= 0) most = std::min(most, costs.process_s / costs.sample_s);
  const auto limit = std::max(static_cast<std::int32_t>(most), 1);
  return iterations_per_process(components, costs.process_s, costs.sample_s, std::min(kMinSamples, limit), limit);
}

double value_of(const PilotCell& cell, const PilotCell::Process& process) {
  return cell.isolated ? middle(process.ms) : process.wall_s;
}

// ln(own / reference) of the rounds that have both.
std::vector<double> log_ratios(const PilotCell& own, const PilotCell& reference) {
  std::vector<double> ratios;
  for (const auto& a : own.processes) {
    for (const auto& b : reference.processes) {
      const double top = value_of(own, a);
      const double bottom = value_of(reference, b);
      if (a.round == b.round && top > 0 && bottom > 0) ratios.push_back(std::log(top / bottom));
    }
  }
  return ratios;
}

class Decision {
 public:
  explicit Decision(const PilotQuestion& question) : question_(question) {
    for (const PilotCell& cell : question.cells) racing_.insert(cell.cell);
  }

  DecisionRecord make() {
    choose_counts();
    choose_rounds();
    fit_budget();
    decision_.counts.clear();
    for (const PilotCell& cell : question_.cells) {
      if (racing_.contains(cell.cell)) decision_.counts[cell.cell] = static_cast<std::int32_t>(count_of(cell, 1));
    }
    return std::move(decision_);
  }

 private:
  void choose_counts() {
    std::map<std::string, std::vector<double>> wanted;
    for (const PilotCell& cell : question_.cells) {
      if (!cell.isolated) continue;
      auto& of_group = wanted[cell.group];
      if (const std::int32_t k = best_count(cell); k > 0) of_group.push_back(std::log(k));
    }
    for (auto& [group, logs] : wanted) {
      double k = kMinSamples;
      if (!logs.empty())
        k = std::exp(std::accumulate(logs.begin(), logs.end(), 0.0) / static_cast<double>(logs.size()));
      if (logs.empty() && question_.max_samples > 0) k = question_.max_samples;
      counts_[group] = std::max<std::int64_t>(std::llround(k), kMinSamples);
      if (question_.max_samples > 0) counts_[group] = std::min<std::int64_t>(counts_[group], question_.max_samples);
    }
  }

  void choose_rounds() {
    if (question_.rounds_asked > 0) {
      decision_.rounds = question_.rounds_asked;
      decision_.why = fmt::format("{} rounds were asked for", decision_.rounds);
      return;
    }
    decision_.rounds = kMinRounds;
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

  [[nodiscard]] std::int32_t rounds_for(const PilotCell& own, const PilotCell& reference) const {
    const std::vector<double> ratios = log_ratios(own, reference);
    if (ratios.size() < 2) return kMinRounds;
    const double sd = standard_deviation(ratios);
    double spread = sd * sd;
    if (own.isolated) {  // the race's processes take another number of samples than the pilot's
      const auto pilot_k = static_cast<double>(std::max<std::size_t>(own.processes.front().ms.size(), 1));
      const double within = relative_within(own) + relative_within(reference);
      spread = std::max(spread + within * (1.0 / static_cast<double>(count_of(own, 1)) - 1.0 / pilot_k), 0.0);
    }
    return rounds_for_half_width(std::sqrt(spread), kTargetHalfWidth, 0.95, kMinRounds, kMaxRounds + 1);
  }

  // What lies above the least is cut to `share` of it.
  [[nodiscard]] static std::int64_t cut_to(double share, std::int64_t count) {
    if (count <= kMinSamples) return count;
    return kMinSamples + std::llround(share * static_cast<double>(count - kMinSamples));
  }

  [[nodiscard]] std::int64_t count_of(const PilotCell& cell, double share) const {
    if (!cell.isolated) return 1;
    const auto found = counts_.find(cell.group);
    const std::int64_t full = found == counts_.end() ? kMinSamples : found->second;
    const std::int64_t cut = cut_to(share, full);
    return std::clamp<std::int64_t>(cut, 1, std::max<std::int64_t>(cell.max_count, 1));
  }

  [[nodiscard]] double seconds(std::int32_t rounds, double share) const {
    double one_round = 0;
    for (const PilotCell& cell : question_.cells) {
      if (!racing_.contains(cell.cell)) continue;
      one_round += predicted_seconds(cell, count_of(cell, share)) + question_.overhead_s;
    }
    return one_round * rounds * (1 + kRerunReserve) + question_.other_seconds;
  }

  void fit_budget() {
    const double left = question_.seconds_left;
    if (std::isinf(left)) {
      decision_.why += fmt::format("; about {:.1f} minutes, no budget is set", seconds(decision_.rounds, 1) / 60);
      return;
    }
    if (seconds(decision_.rounds, 1) > left) cut_samples(left);
    if (seconds(decision_.rounds, 1) > left) cut_rounds(left);
    if (seconds(decision_.rounds, 1) > left) drop_variants(left);
    const double needs = seconds(decision_.rounds, 1);
    decision_.why +=
        fmt::format("; about {:.1f} minutes of the {:.1f} that the budget has left", needs / 60, left / 60);
    if (needs > left) decision_.why += ", which it exceeds: fewer contestants, models or modes would fit";
  }

  void cut_samples(double left) {
    double share = 0;  // the largest that fits, to a percent
    for (int percent = 99; percent > 0 && share == 0; --percent) {
      if (seconds(decision_.rounds, percent / 100.0) <= left) share = percent / 100.0;
    }
    bool any = false;
    for (auto& [group, count] : counts_) {
      const std::int64_t cut = cut_to(share, count);
      if (cut == count) continue;
      decision_.cut.push_back(fmt::format("{}: {} samples a process instead of {}", group, cut, count));
      count = cut;
      any = true;
    }
    if (any) decision_.why += "; the budget cuts samples";
  }

  void cut_rounds(double left) {
    const std::int32_t before = decision_.rounds;
    const std::int32_t least = std::min(before, kMinRounds);
    while (decision_.rounds > least && seconds(decision_.rounds, 1) > left) --decision_.rounds;
    if (decision_.rounds == before) return;
    decision_.cut.push_back(fmt::format("{} rounds instead of {}", decision_.rounds, before));
    decision_.why += fmt::format("; the budget leaves {}", decision_.rounds);
  }

  // The dearest first.
  void drop_variants(double left) {
    std::vector<const PilotCell*> variants;
    for (const PilotCell& cell : question_.cells) {
      if (cell.expendable) variants.push_back(&cell);
    }
    std::stable_sort(variants.begin(), variants.end(), [this](const PilotCell* a, const PilotCell* b) {
      return predicted_seconds(*a, count_of(*a, 1)) > predicted_seconds(*b, count_of(*b, 1));
    });
    for (const PilotCell* variant : variants) {
      if (seconds(decision_.rounds, 1) <= left) return;
      racing_.erase(variant->cell);
      decision_.cut.push_back(fmt::format("{} is left out", variant->label));
    }
  }

  const PilotQuestion& question_;
  std::set<std::int32_t> racing_;
  std::map<std::string, std::int64_t> counts_;
  DecisionRecord decision_;
};

}  // namespace

double predicted_seconds(const PilotCell& cell, std::int64_t count) {
  const Costs costs = costs_of(cell);
  return costs.process_s + (cell.isolated ? costs.sample_s * static_cast<double>(count - 1) : 0.0);
}

DecisionRecord decide(const PilotQuestion& question) { return Decision(question).make(); }

}  // namespace kite::race
