// SPDX-License-Identifier: Apache-2.0
// Threads, drift, launchers, coverage and commands.
#include "race/report/analysis/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "race/report/analysis/estimates.h"
#include "race/report/analysis/text.h"

namespace kite::race {
namespace {

// The name of a variant that only starts the plain one through a launcher ("cargo run") is that of the launcher.
bool is_launcher(const std::string& variant) {
  return variant.find("launcher") != std::string::npos || variant.find("cargo-run") != std::string::npos;
}

bool of_a_round(const ProcessRecord& process) {
  return process.purpose == Purpose::kRound || process.purpose == Purpose::kRerun;
}

std::set<std::int32_t> rounds_of(const Journal& journal) {
  std::set<std::int32_t> rounds;
  for (const auto& process : journal.processes) {
    if (of_a_round(process)) rounds.insert(process.round);
  }
  return rounds;
}

// A round is complete if every cell that races ran in it. A cell that the budget left out does not race. A cell that
// was missing, or whose last process failed, is given up, and later rounds are complete without it.
std::int32_t complete_rounds(const Journal& journal) {
  std::map<std::int32_t, const ProcessRecord*> last;  // of each cell
  std::map<std::int32_t, std::set<std::int32_t>> ran;
  for (const auto& process : journal.processes) {
    if (process.purpose != Purpose::kRound) continue;
    last[process.cell] = &process;
    ran[process.round].insert(process.cell);
  }
  const auto races_in = [&](const CellRecord& cell, std::int32_t round) {
    const auto found = last.find(cell.id);
    if (found == last.end()) {
      const bool left_out = journal.decision && !journal.decision->counts.contains(cell.id);
      return !left_out && std::any_of(journal.plan.contestants.begin(), journal.plan.contestants.end(),
                                      [&](const auto& c) { return c.id == cell.contestant && c.ready; });
    }
    const ProcessRecord& process = *found->second;
    return process.status == Outcome::kOk || process.status == Outcome::kUnequal || process.round >= round;
  };
  return static_cast<std::int32_t>(std::count_if(ran.begin(), ran.end(), [&](const auto& round) {
    return std::all_of(journal.plan.cells.begin(), journal.plan.cells.end(), [&](const CellRecord& cell) {
      return round.second.contains(cell.id) || !races_in(cell, round.first);
    });
  }));
}

std::size_t heats_of(const Journal& journal) { return journal.decision ? journal.decision->heats.size() : 0; }
bool has_heats(const Journal& journal) { return heats_of(journal) > 0; }

std::size_t begun_heats(const Journal& journal) {
  std::set<std::int32_t> begun;
  for (const auto& set : journal.sets) begun.insert(set.heat);
  return begun.size();
}

std::string heats_text(const Journal& journal) {
  const auto sets = plural(static_cast<std::int32_t>(journal.sets.size()), "set");
  const auto heats = static_cast<std::int32_t>(heats_of(journal));
  if (begun_heats(journal) == heats_of(journal)) return fmt::format("{} of {} were run.", sets, plural(heats, "heat"));
  return fmt::format("The race stopped in heat {} of {}.", begun_heats(journal), heats);
}

std::string state_of(const Coverage& coverage, const Journal& journal) {
  if (journal.plan.cells.empty()) return "The journal holds no plan with cells: nothing was raced.";
  if (journal.processes.empty()) return "The race stopped before its first process.";
  if (has_heats(journal) && coverage.planned_rounds == 0) return heats_text(journal);
  if (coverage.started_rounds == 0)
    return "The race stopped in its pilot: no round was run, so no contestant can be compared.";
  if (coverage.planned_rounds == 0) {
    return fmt::format("{} were run; the journal does not say how many were planned.",
                       plural(coverage.complete_rounds, "complete round"));
  }
  if (coverage.complete_rounds < coverage.planned_rounds) {
    return fmt::format("The race stopped after {} of {}.", coverage.complete_rounds,
                       plural(coverage.planned_rounds, "round"));
  }
  const std::string rounds = fmt::format("All {} were run.", plural(coverage.planned_rounds, "round"));
  return has_heats(journal) ? rounds + " " + heats_text(journal) : rounds;
}

}  // namespace

std::vector<LauncherRow> launcher_costs(const Field& field) {
  std::vector<LauncherRow> rows;
  for (const auto& cell : field.cells) {
    if (cell.mode != Mode::kOneshot || !is_launcher(cell.variant)) continue;
    for (const auto& plain : field.cells) {
      if (plain.peer != cell.peer || !plain.variant.empty() || plain.control || !same_workload(cell, plain)) continue;
      LauncherRow row{cell.label, cell.model, {}, {}, {}, 0};
      const ByRound through = wall_by_round(cell, field.journal);
      const ByRound direct = wall_by_round(plain, field.journal);
      std::vector<double> costs;
      for (const auto& [round, ms] : through) {
        const auto found = direct.find(round);
        if (found != direct.end()) costs.push_back(ms - found->second);
      }
      if (const auto& wall = spread(cell, Measure::kWall)) row.through_ms = wall->median;
      if (const auto& wall = spread(plain, Measure::kWall)) row.direct_ms = wall->median;
      if (!costs.empty()) row.cost_ms = median_of(costs);
      row.n = static_cast<std::int32_t>(costs.size());
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<ScalingRow> thread_scaling(const std::vector<CellSummary>& cells) {
  std::vector<ScalingRow> rows;
  std::map<std::tuple<std::size_t, std::string, Mode>, std::size_t> row_of;
  for (const auto& cell : cells) {
    const auto& time = spread(cell, main_measure(cell.mode));
    // 0 is the library's own number, which has no position on the axis.
    if (cell.control || cell.track != Track::kMatched || cell.threads == 0 || !time) continue;
    const auto [known, fresh] = row_of.try_emplace({cell.contestant, cell.model, cell.mode}, rows.size());
    if (fresh) rows.push_back({cell.label, cell.model, cell.track, cell.mode, {}});
    ScalingRow::Point point;
    point.threads = cell.threads;
    point.n = time->n;
    point.ms = time->median;
    if (cell.cpus_used) point.cpus_used = cell.cpus_used->median;
    rows[known->second].points.push_back(point);
  }
  std::erase_if(rows, [](const ScalingRow& row) { return row.points.size() < 2; });
  for (auto& row : rows) {
    std::sort(row.points.begin(), row.points.end(), [](const auto& a, const auto& b) { return a.threads < b.threads; });
    const auto fewest = row.points.front();
    for (auto& point : row.points) {
      point.speedup = point.ms > 0 ? fewest.ms / point.ms : 1;
      point.efficiency = point.speedup * fewest.threads / point.threads;
    }
  }
  return rows;
}

Drift drift_of(const Journal& journal, const std::vector<CellSummary>& cells) {
  Drift drift;
  for (const auto& cell : cells) {
    const Measure measure = main_measure(cell.mode);
    const auto& time = spread(cell, measure);
    if (!time || time->median <= 0) continue;
    for (const auto& values : cell.processes) {
      const auto& value = values.values[static_cast<std::size_t>(measure)];
      if (!values.counted || !value) continue;
      const auto& process = journal.processes[values.process];
      drift.points.push_back({process.round, process.position, values.process, *value / time->median - 1});
    }
  }
  std::sort(drift.points.begin(), drift.points.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.round, a.position, a.process) < std::tuple(b.round, b.position, b.process);
  });
  const auto rounds = rounds_of(journal);
  if (rounds.size() >= 3 && journal.sets.empty()) {  // sets are not spread over the race as its rounds were
    const std::vector<std::int32_t> order(rounds.begin(), rounds.end());
    const std::size_t third = order.size() / 3;
    std::vector<double> first, last;
    for (const auto& point : drift.points) {
      if (point.round <= order[third - 1]) first.push_back(point.relative);
      if (point.round >= order[order.size() - third]) last.push_back(point.relative);
    }
    if (!first.empty() && !last.empty()) drift.last_third_over_first = median_of(last) - median_of(first);
  }
  double steal_ms = 0, wall_ms = 0;
  for (const auto& process : journal.processes) {
    if (!of_a_round(process)) continue;
    steal_ms += process.noise.steal_ms;
    wall_ms += static_cast<double>(process.wall_ns) / 1e6;
  }
  for (const auto& set : journal.sets) {
    steal_ms += set.steal_ms;
    for (const auto& block : set.blocks) wall_ms += static_cast<double>(block.wall_ns) / 1e6;
  }
  if (wall_ms > 0) drift.steal_share = steal_ms / wall_ms;
  return drift;
}

Coverage coverage_of(const Journal& journal, const std::vector<CellSummary>& cells) {
  Coverage coverage;
  coverage.planned_rounds = journal.decision ? journal.decision->rounds : journal.plan.rounds;
  coverage.started_rounds = static_cast<std::int32_t>(rounds_of(journal).size());
  coverage.complete_rounds = complete_rounds(journal);
  std::map<std::string, std::int32_t> flags;
  for (const auto& process : journal.processes) {
    if (!is_compared(process.purpose)) continue;
    ++coverage.processes;
    coverage.reruns += process.purpose == Purpose::kRerun;
    coverage.failed += process.status != Outcome::kOk;
    for (const auto& flag : process.flags) ++flags[flag];
  }
  for (const auto& cell : cells) {
    for (const auto& process : cell.processes) coverage.counted += process.counted;
  }
  for (const auto& [flag, n] : flags) coverage.flags.push_back({flag, n});
  coverage.state = state_of(coverage, journal);
  coverage.complete = (coverage.planned_rounds > 0 || has_heats(journal)) &&
                      coverage.complete_rounds >= coverage.planned_rounds && begun_heats(journal) == heats_of(journal);
  if (!coverage.complete && coverage.started_rounds == 0 && journal.sets.empty()) {
    coverage.missing.push_back("Missing: every table of times, memory and counters, and all verdicts.");
  }
  if (journal.parity.empty() && !journal.plan.cells.empty()) {
    coverage.missing.push_back("Missing: the parity check, without which no contestant is ranked in an isolated mode.");
  }
  if (!journal.decision && !journal.plan.cells.empty() && journal.plan.rounds == 0) {
    coverage.missing.push_back("Missing: the pilot's decision on rounds and samples.");
  }
  if (journal.torn) coverage.missing.push_back("The journal's last line was cut off and is left out.");
  if (journal.decision) {
    for (const auto& cut : journal.decision->cut) coverage.missing.push_back("Left out because of the budget: " + cut);
    if (!journal.decision->why.empty()) coverage.missing.push_back("Number of rounds: " + journal.decision->why + ".");
  }
  return coverage;
}

std::vector<CommandRow> commands_of(const std::vector<CellSummary>& cells) {
  std::vector<CommandRow> rows;
  for (const auto& cell : cells) {
    if (!cell.control && !cell.command.empty()) {
      rows.push_back({cell.label, cell.model, cell.command, cell.mode, cell.threads});
    }
  }
  return rows;
}

}  // namespace kite::race
