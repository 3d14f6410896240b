// SPDX-License-Identifier: Apache-2.0
// A contestant that fails in a set is out of that set; the others go on. Without the reference there is nothing to
// compare with, so the set ends.
#include "race/schedule/heats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "race/pairing/log_ratios.h"
#include "race/schedule/line_up.h"
#include "race/schedule/williams.h"

namespace kite::race {

namespace {

// The orders of heats are drawn from a random stream of their own, another one for each heat and set.
constexpr std::uint64_t kHeatStream = 0x68656174ULL << 32;

// A process whose start takes this many times longer than in the pass counts as hanging.
constexpr double kHangs = 10;

// The first input of a set is far from those of the last sets: steps of the golden section fill a circle evenly.
std::int64_t first_input(std::int32_t set, std::int64_t inputs) {
  constexpr double kGolden = 0.6180339887498949;
  const double turns = kGolden * (set - 1);
  return static_cast<std::int64_t>((turns - std::floor(turns)) * static_cast<double>(inputs)) % inputs;
}

class Heat {
 public:
  Heat(Conductor& conductor, const HeatRecord& plan) : conductor_(conductor), plan_(plan) {
    const ContestantRecord& first = conductor.contestant(plan.cells.front());
    if (is_reference(conductor.setup(), first)) reference_ = plan.cells.front();
    for (const std::int32_t cell : plan.cells) {
      if (conductor.contestant(cell).control) control_ = cell;
    }
  }

  kite::Status run() {
    for (;;) {
      const std::int32_t sets_run = conductor_.ledger().sets_run(plan_.id);
      const double seconds_run = conductor_.ledger().heat_seconds(plan_.id);
      expect(sets_run, seconds_run);
      const bool enough = std::none_of(plan_.cells.begin(), plan_.cells.end(),
                                       [this](std::int32_t cell) { return conductor_.can_run(cell); }) ||
                          (reference_ >= 0 && !conductor_.can_run(reference_)) ||
                          !needs_another_set(plan_, sets_run, control_ratios(), seconds_run);
      if (enough) break;
      KITE_TRY(run_set(sets_run + 1));
    }
    for (const std::int32_t cell : plan_.cells) conductor_.expect(cell, Purpose::kHeat, 0, 0);
    return {};
  }

 private:
  struct Contestant {
    std::int32_t cell = 0, position = 0;
    std::unique_ptr<LiveContestant> live;
  };

  void expect(std::int32_t sets_run, double seconds_run) {
    const std::int32_t least = std::min(plan_.sets, plan_.fewest);
    const std::int32_t left = std::max(least - sets_run, 1);
    const double one = sets_run > 0 ? seconds_run / sets_run / static_cast<double>(plan_.cells.size()) : 0;
    for (const std::int32_t cell : plan_.cells) conductor_.expect(cell, Purpose::kHeat, left, one);
  }

  [[nodiscard]] std::vector<double> control_ratios() const {
    std::vector<double> ratios;
    if (reference_ < 0 || control_ < 0) return ratios;
    const SteadyRatios all = steady_log_ratios(conductor_.ledger().journal(), control_, reference_);
    const auto end = all.log_ratios.lower_bound(replicate_of(plan_.id + 1, 0));
    for (auto set = all.log_ratios.lower_bound(replicate_of(plan_.id, 0)); set != end; ++set) {
      ratios.push_back(set->second);
    }
    return ratios;
  }

  kite::Status run_set(std::int32_t number) {
    SetRecord set;
    set.heat = plan_.id;
    set.set = number;
    const double stolen_before = conductor_.runner().stolen_ms();
    std::vector<Contestant> contestants;
    KITE_TRY(start(number, contestants));
    KITE_TRY(take_turns(number, contestants, set));
    for (Contestant& contestant : contestants) {
      auto ended = contestant.live->end();
      KITE_TRY(conductor_.check_interrupted());
      if (!ended.ok()) return std::move(ended).error();
      set.processes.push_back(std::move(ended).value());
      ProcessRecord& record = set.processes.back();
      record.cell = contestant.cell;
      record.heat = plan_.id;
      record.round = number;
      record.position = contestant.position;
    }
    set.steal_ms = conductor_.runner().stolen_ms() - stolen_before;
    KITE_TRY(conductor_.finish_set(std::move(set)));
    return {};
  }

  [[nodiscard]] std::uint64_t seed(std::int32_t number) const {
    const auto which = static_cast<std::uint64_t>(plan_.id) << 16 | static_cast<std::uint64_t>(number);
    return conductor_.setup().plan.seed ^ kHeatStream ^ which;
  }

  // The processes start one after another, so that each loads as if it were alone. A process that is
  // not ready has failed.
  kite::Status start(std::int32_t number, std::vector<Contestant>& contestants) {
    std::vector<std::int32_t> cells;
    for (const std::int32_t cell : plan_.cells) {
      if (conductor_.can_run(cell)) cells.push_back(cell);
    }
    std::int32_t position = 0;
    for (const std::int32_t at : williams_order(static_cast<std::int32_t>(cells.size()), seed(0), number - 1)) {
      Conductor::Task task;
      task.cell = cells[static_cast<std::size_t>(at)];
      task.round = number;
      task.position = position++;
      task.purpose = Purpose::kHeat;
      task.heat = plan_.id;
      task.blocks = plan_.cycles + 1;
      task.timeout_s = std::max(conductor_.setup().timeout_s, kHangs * heat_cost(conductor_, task.cell).start_s);
      KITE_TRY_ASSIGN(auto live, conductor_.start(task));
      contestants.push_back({task.cell, task.position, std::move(live)});
    }
    return {};
  }

  kite::Status take_turns(std::int32_t number, std::vector<Contestant>& contestants, SetRecord& set) {
    const auto count = static_cast<std::int32_t>(contestants.size());
    for (std::int32_t cycle = 0; cycle <= plan_.cycles; ++cycle) {
      for (const std::int32_t at : williams_order(count, seed(number), cycle)) {
        Contestant& contestant = contestants[static_cast<std::size_t>(at)];
        const std::int64_t inputs = std::max<std::int64_t>(conductor_.race_cell(contestant.cell).inputs, 1);
        auto turn = contestant.live->turn(first_input(number, inputs));
        KITE_TRY(conductor_.check_interrupted());
        if (!turn.ok()) return std::move(turn).error();
        if (*turn) {
          const Turn& took = **turn;
          set.blocks.push_back(
              {contestant.cell, cycle, took.begin_ns, took.wall_ns, took.cpu_ns, took.samples, took.stopped});
        } else if (contestant.cell == reference_) {
          return {};
        }
      }
    }
    return {};
  }

  Conductor& conductor_;
  const HeatRecord& plan_;
  std::int32_t reference_ = -1, control_ = -1;
};

}  // namespace

HeatCost heat_cost(const Conductor& conductor, std::int32_t id) {
  const PlanRecord& plan = conductor.setup().plan;
  const CellRecord& own = conductor.cell(id);
  const std::string& contestant = conductor.contestant(id).control ? plan.reference : own.contestant;
  HeatCost cost;
  for (const CellRecord& cell : plan.cells) {
    if (cell.contestant != contestant || cell.model != own.model || cell.mode != own.mode) continue;
    const ProcessRecord* pass = conductor.ledger().find_ok(cell.id, Purpose::kPass);
    if (pass == nullptr || pass->samples.empty()) continue;
    double later_ms = 0;  // the first inference belongs to the start: it may compile
    for (std::size_t i = 1; i < pass->samples.size(); ++i) later_ms += pass->samples[i].ms;
    cost.start_s = std::max(static_cast<double>(pass->wall_ns) * 1e-9 - later_ms * 1e-3, 0.0);
    if (pass->samples.size() > 1) cost.sample_s = later_ms * 1e-3 / static_cast<double>(pass->samples.size() - 1);
    cost.peak_bytes = pass->peak_rss_bytes;
    return cost;
  }
  return cost;
}

kite::Status run_heats(Conductor& conductor) {
  const std::vector<HeatRecord> heats = conductor.ledger().journal().decision->heats;
  for (const HeatRecord& heat : heats) {
    KITE_TRY(Heat(conductor, heat).run());
  }
  return {};
}

}  // namespace kite::race
