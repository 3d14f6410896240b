// SPDX-License-Identifier: Apache-2.0
// The stages in their order.
#include "race/schedule/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "race/journal/words.h"
#include "race/schedule/conductor.h"
#include "race/schedule/heat_plan.h"
#include "race/schedule/heats.h"
#include "race/schedule/line_up.h"
#include "race/schedule/passes.h"
#include "race/schedule/pilot.h"
#include "race/schedule/williams.h"

namespace kite::race {

namespace {

// A process of a round that takes this many times longer than predicted counts as hanging.
constexpr double kHangs = 10;
// How many times longer a program takes under valgrind: usually, and at most.
constexpr double kUnderValgrind = 80, kLongestUnderValgrind = 400;  // of both tools, of one
// Seconds. A shorter program counts as this long, since valgrind itself needs time to start.
constexpr double kShortestUsual = 1;
// Share of the budget for the pilot. A standard deviation needs at least two rounds.
constexpr double kPilotShare = 0.25;
constexpr std::int32_t kFewestPilotRounds = 2;
// The orders of the pilot and of the rounds are drawn from different random streams.
constexpr std::uint64_t kPilotStream = 0x70696c6f74ULL;
constexpr std::uint64_t kPlaceStream = 0x706c616365ULL;

// Share of the seconds that are left after the pilot, for rounds; the rest is for heats.
constexpr double kRoundsShare = 0.4;

using Task = Conductor::Task;

class Race {
 public:
  explicit Race(Conductor& conductor) : conductor_(conductor), setup_(conductor.setup()) {
    for (const CellRecord& cell : setup_.plan.cells) {
      if (!conductor_.race_cell(cell.id).unready.empty()) continue;
      (cell.mode == Mode::kOneshot ? programs_ : steady_).push_back(cell.id);
    }
    workloads_ = line_ups(setup_, programs_);
  }

  // Each stage is a list of tasks that follows from plan and journal alone, so a resumed race has the same tasks.
  kite::Status run() {
    KITE_TRY(write_missing());
    if (setup_.parity) {
      KITE_TRY(run_passes(conductor_));
    }
    if (decided() == nullptr) {
      KITE_TRY(run_pilot());
      KITE_TRY(decide_all());
    }
    KITE_TRY(write_given_up());
    KITE_TRY(run_rounds(*decided()));
    KITE_TRY(write_given_up());
    KITE_TRY(run_heats(conductor_));
    KITE_TRY(run_tasks(memory_tasks(*decided())));
    const std::vector<Task> instructions = instruction_tasks();
    expect_instructions(instructions);
    KITE_TRY(run_tasks(instructions));
    KITE_TRY(note_lost_reference());
    return {};
  }

 private:
  kite::Status run_tasks(const std::vector<Task>& tasks) {
    for (const Task& task : tasks) {
      KITE_TRY(conductor_.run(task));
    }
    return {};
  }

  [[nodiscard]] const DecisionRecord* decided() const {
    const auto& decision = conductor_.ledger().journal().decision;
    return decision ? &*decision : nullptr;
  }

  // Writes a row for each cell that cannot run, so that the report shows that it is missing.
  kite::Status write_missing() {
    for (const CellRecord& cell : setup_.plan.cells) {
      const std::string& reason = conductor_.race_cell(cell.id).unready;
      if (!reason.empty()) KITE_TRY(write_row(cell.id, Outcome::kMissing, reason));
    }
    return {};
  }

  // Writes such a row for each cell that was given up before its first round or heat.
  kite::Status write_given_up() {
    for (const auto* cells : {&programs_, &steady_}) {
      for (const std::int32_t cell : *cells) {
        if (conductor_.can_run(cell)) continue;
        const ProcessRecord* last = last_failure(cell);
        if (last == nullptr || last->purpose == Purpose::kHeat) continue;
        const Outcome status = last->status;
        KITE_TRY(write_row(cell, status, "given up before its first round: " + last->reason));
      }
    }
    return {};
  }

  // The last failure of the cell, or, if it has none, of the same contestant.
  [[nodiscard]] const ProcessRecord* last_failure(std::int32_t cell) const {
    const ProcessRecord* last = nullptr;
    for (const ProcessRecord& process : conductor_.ledger().journal().processes) {
      if (process.status != Outcome::kFailed && process.status != Outcome::kTimeout) continue;
      const bool same = conductor_.cell(process.cell).contestant == conductor_.cell(cell).contestant;
      if (process.cell == cell || (same && (last == nullptr || last->cell != cell))) last = &process;
    }
    return last;
  }

  // Writes a row instead of a first round, which will not be run. Position -1 says that no process ran.
  kite::Status write_row(std::int32_t cell, Outcome status, std::string reason) {
    if (conductor_.ledger().has(cell, 1, Purpose::kRound)) return {};
    ProcessRecord record;
    record.cell = cell;
    record.round = 1;
    record.position = -1;
    record.status = status;
    record.reason = std::move(reason);
    return conductor_.write(record);
  }

  // Adds one round: one workload after another, each with the reference between its contestants. The order of the
  // workloads and that of the contestants are balanced.
  void add_round(Purpose purpose, std::int32_t round, std::uint64_t seed, std::vector<Task>& tasks) const {
    std::int32_t position = 0;
    for (const std::int32_t at : williams_order(static_cast<std::int32_t>(workloads_.size()), seed, round - 1)) {
      const LineUp& workload = workloads_[static_cast<std::size_t>(at)];
      std::vector<std::int32_t> contestants = workload.others;
      if (workload.control >= 0) contestants.push_back(workload.control);
      std::vector<std::int32_t> ordered;
      for (const std::int32_t i : williams_order(static_cast<std::int32_t>(contestants.size()),
                                                 seed + kPlaceStream * static_cast<std::uint64_t>(at + 1), round - 1)) {
        ordered.push_back(contestants[static_cast<std::size_t>(i)]);
      }
      for (const std::int32_t cell : with_reference_between(workload.reference, ordered)) {
        Task task;
        task.cell = cell;
        task.round = round;
        task.position = position++;
        task.purpose = purpose;
        task.timeout_s = std::max(setup_.timeout_s, kHangs * usual(cell));
        tasks.push_back(task);
      }
    }
  }

  [[nodiscard]] double usual(std::int32_t cell) const {
    return conductor_.ledger().usual_seconds(cell, Purpose::kPilot);
  }

  [[nodiscard]] std::map<std::int32_t, double> usual_seconds() const {
    std::map<std::int32_t, double> seconds;
    for (const std::int32_t cell : programs_) seconds[cell] = usual(cell);
    return seconds;
  }

  // The pilot has fewer rounds than asked for if its first one shows that the budget is small. The number follows from
  // the journal alone, so a resumed race has the same.
  [[nodiscard]] std::int32_t pilot_rounds() const {
    if (setup_.plan.budget_minutes <= 0) return setup_.pilot_rounds;
    double first = 0;
    for (const ProcessRecord& record : conductor_.ledger().journal().processes) {
      if (record.purpose == Purpose::kPilot && record.round == 1) first += static_cast<double>(record.wall_ns) * 1e-9;
    }
    const double fits = first > 0 ? kPilotShare * setup_.plan.budget_minutes * 60 / first : setup_.pilot_rounds;
    const auto rounds = static_cast<std::int32_t>(std::min<double>(fits, setup_.pilot_rounds));
    return std::max(rounds, std::min(kFewestPilotRounds, setup_.pilot_rounds));
  }

  kite::Status run_pilot() {
    const std::int32_t least = setup_.plan.rounds > 0 ? setup_.plan.rounds : kMinRounds;
    for (std::int32_t round = 1; round <= pilot_rounds(); ++round) {
      std::vector<Task> now, later;
      add_round(Purpose::kPilot, round, setup_.plan.seed ^ kPilotStream, now);
      for (std::int32_t next = round; next <= pilot_rounds(); ++next) {
        add_round(Purpose::kPilot, next, setup_.plan.seed ^ kPilotStream, later);
      }
      for (std::int32_t next = 1; next <= least; ++next) {
        add_round(Purpose::kRound, next, setup_.plan.seed, later);
      }
      conductor_.expect(later, usual_seconds());
      KITE_TRY(run_tasks(now));
    }
    for (const std::int32_t cell : programs_) conductor_.expect(cell, Purpose::kPilot, 0, 0);
    return {};
  }

  [[nodiscard]] PilotCell pilot_cell(std::int32_t id, const LineUp& workload) const {
    const ContestantRecord& contestant = conductor_.contestant(id);
    PilotCell pilot;
    pilot.cell = id;
    pilot.group = workload.title;
    pilot.label = fmt::format("{} ({})", conductor_.cell(id).contestant, pilot.group);
    pilot.reference = id == workload.reference;
    pilot.expendable = !contestant.variant.empty() && !contestant.control && !pilot.reference;
    if (pilot.reference) {
      const std::size_t beside = workload.others.size() + (workload.control >= 0 ? 1 : 0);
      pilot.per_round = static_cast<std::int32_t>((beside + 1) / 2 + 1);
    }
    for (const ProcessRecord& record : conductor_.ledger().journal().processes) {
      if (record.cell != id || record.purpose != Purpose::kPilot || record.status != Outcome::kOk) continue;
      pilot.processes.push_back({record.round, record.begin_ns, static_cast<double>(record.wall_ns) * 1e-9});
    }
    return pilot;
  }

  // Decides rounds and heats, so that both fit into the budget.
  kite::Status decide_all() {
    const double left = conductor_.seconds_left();
    PilotQuestion question;
    for (const LineUp& workload : workloads_) {
      std::vector<std::int32_t> cells = {workload.reference, workload.control};
      cells.insert(cells.end(), workload.others.begin(), workload.others.end());
      for (const std::int32_t cell : cells) {
        if (cell < 0 || !conductor_.can_run(cell)) continue;
        question.cells.push_back(pilot_cell(cell, workload));
        question.other_seconds += setup_.memory_runs * usual(cell);
      }
    }
    for (const std::int32_t cell : instruction_cells()) question.other_seconds += kUnderValgrind * usual(cell);
    question.seconds_left = steady_.empty() ? left : kRoundsShare * left;
    question.overhead_s = conductor_.overhead_seconds();
    question.rounds_asked = setup_.plan.rounds;
    DecisionRecord decision = decide(question);
    HeatPlan heats = plan_heats(heat_question(programs_.empty() ? left : (1 - kRoundsShare) * left));
    decision.heats = std::move(heats.heats);
    KITE_TRY(conductor_.write(decision));
    for (const std::string& note : heats.notes) KITE_TRY(conductor_.note(NoteKind::kWarning, {}, note));
    return {};
  }

  [[nodiscard]] HeatQuestion heat_question(double seconds_left) const {
    HeatQuestion question;
    std::vector<std::int32_t> cells;
    for (const std::int32_t cell : steady_) {
      if (conductor_.can_run(cell)) cells.push_back(cell);
    }
    question.line_ups = line_ups(setup_, cells);
    question.costs.resize(setup_.plan.cells.size());
    for (const std::int32_t cell : cells) question.costs[static_cast<std::size_t>(cell)] = heat_cost(conductor_, cell);
    question.sets_asked = setup_.plan.rounds;
    question.block_s = static_cast<double>(setup_.block_ms) * 1e-3;
    question.seconds_left = std::isinf(seconds_left) ? 0 : std::max(seconds_left, 1.0);
    question.heat_seconds = setup_.heat_seconds;
    question.available_bytes = conductor_.runner().available_bytes();
    return question;
  }

  kite::Status run_rounds(const DecisionRecord& decision) {
    conductor_.set_rounds(decision.rounds);
    for (std::int32_t round = 1; round <= decision.rounds; ++round) {
      std::vector<Task> now, later = memory_tasks(decision);
      add_round(Purpose::kRound, round, setup_.plan.seed, now);
      for (std::int32_t next = round; next <= decision.rounds; ++next) {
        add_round(Purpose::kRound, next, setup_.plan.seed, later);
      }
      const auto left_out = [&decision](const Task& task) { return !decision.counts.contains(task.cell); };
      std::erase_if(now, left_out);
      std::erase_if(later, left_out);
      conductor_.expect(later, usual_seconds());
      for (const HeatRecord& heat : decision.heats) expect_heat(heat);
      KITE_TRY(run_tasks(now));
    }
    return {};
  }

  void expect_heat(const HeatRecord& heat) {
    const std::int32_t left = std::max(std::min(heat.sets, heat.fewest) - conductor_.ledger().sets_run(heat.id), 0);
    for (const std::int32_t cell : heat.cells) {
      const HeatCost cost = heat_cost(conductor_, cell);
      const double block_s = std::max(static_cast<double>(setup_.block_ms) * 1e-3, cost.sample_s);
      conductor_.expect(cell, Purpose::kHeat, left, cost.start_s + (heat.cycles + 1) * block_s);
    }
  }

  [[nodiscard]] std::vector<Task> memory_tasks(const DecisionRecord& decision) const {
    std::vector<Task> tasks;
    for (std::int32_t run = 1; run <= setup_.memory_runs; ++run) {
      for (const std::int32_t cell : programs_) {
        if (!decision.counts.contains(cell)) continue;
        Task task;
        task.cell = cell;
        task.round = run;
        task.position = cell;
        task.purpose = Purpose::kMemory;
        task.timeout_s = std::max(setup_.timeout_s, kHangs * usual(cell));
        tasks.push_back(task);
      }
    }
    return tasks;
  }

  // Whether the processor's own counter of instructions could be read.
  [[nodiscard]] bool has_instructions(std::int32_t cell) const {
    const auto& processes = conductor_.ledger().journal().processes;
    return std::any_of(processes.begin(), processes.end(), [&](const ProcessRecord& process) {
      return process.cell == cell &&
             std::any_of(process.counters.begin(), process.counters.end(),
                         [](const auto& counter) { return counter.name == "instructions" && counter.value; });
    });
  }

  [[nodiscard]] std::vector<std::int32_t> instruction_cells() const {
    std::vector<std::int32_t> chosen;
    std::set<std::string> contestants;
    for (const std::int32_t cell : programs_) {
      const CellRecord& record = conductor_.cell(cell);
      const ContestantRecord& contestant = conductor_.contestant(cell);
      if (!setup_.count_instructions || !conductor_.can_run(cell) || !contestant.variant.empty() ||
          contestant.control || contestant.track != Track::kMatched || record.threads == 0 ||
          record.model != setup_.plan.models.front().id || has_instructions(cell)) {
        continue;
      }
      if (contestants.insert(contestant.id).second) chosen.push_back(cell);
    }
    return chosen;
  }

  [[nodiscard]] std::vector<Task> instruction_tasks() const {
    std::vector<Task> tasks;
    for (const std::int32_t cell : instruction_cells()) {
      Task task;
      task.cell = cell;
      task.round = 1;
      task.position = cell;
      task.purpose = Purpose::kInstructions;
      task.timeout_s = std::max(setup_.timeout_s, kLongestUnderValgrind * round_seconds(cell));
      tasks.push_back(task);
    }
    return tasks;
  }

  [[nodiscard]] double round_seconds(std::int32_t cell) const {
    return std::max(conductor_.ledger().usual_seconds(cell, Purpose::kRound), kShortestUsual);
  }

  void expect_instructions(const std::vector<Task>& tasks) {
    std::map<std::int32_t, double> seconds;
    for (const Task& task : tasks) seconds[task.cell] = kUnderValgrind * round_seconds(task.cell);
    conductor_.expect(tasks, seconds);
  }

  kite::Status note_lost_reference() {
    for (const CellRecord& cell : setup_.plan.cells) {
      if (cell.contestant != setup_.plan.reference || conductor_.can_run(cell.id)) continue;
      KITE_TRY(conductor_.note(
          NoteKind::kWarning, {},
          fmt::format("the reference {} cannot run {} in {}", setup_.plan.reference, cell.model, word_of(cell.mode))));
    }
    return {};
  }

  Conductor& conductor_;
  const RaceSetup& setup_;
  std::vector<std::int32_t> programs_, steady_;  // cells that can run: of rounds, of heats
  std::vector<LineUp> workloads_;                // of rounds
};

}  // namespace

Result<RaceEnd> run_race(const RaceSetup& setup, Journal past, JournalWriter& writer, Runner& runner,
                         ProgressSink* sink) {
  if (setup.cells.size() != setup.plan.cells.size() || setup.models.size() != setup.plan.models.size()) {
    return Error{ErrorCode::kUsage, "cells and models do not fit the plan", {}, {}};
  }
  const bool resumed = !past.processes.empty() || !past.notes.empty();
  past.plan = setup.plan;
  Conductor conductor(setup, std::move(past), writer, runner, sink);
  if (resumed) KITE_TRY(conductor.write(NoteRecord{NoteKind::kResumed, {}, "resumed"}));
  const kite::Status ran = Race(conductor).run();
  if (ran.ok()) return RaceEnd::kFinished;
  if (ran.error().code != ErrorCode::kInterrupted) return ran.error();
  KITE_TRY(conductor.write(NoteRecord{NoteKind::kInterrupted, {}, "interrupted"}));
  return RaceEnd::kInterrupted;
}

}  // namespace kite::race
