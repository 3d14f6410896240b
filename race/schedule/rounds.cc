// SPDX-License-Identifier: Apache-2.0
// The stages in their order. Each first asks the ledger what it did before, so a resumed race walks the same way.
#include "race/schedule/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "race/journal/words.h"
#include "race/schedule/conductor.h"
#include "race/schedule/disturbed.h"
#include "race/schedule/passes.h"
#include "race/schedule/pilot.h"
#include "race/schedule/williams.h"

namespace kite::race {

namespace {

// A pilot process takes about a second of samples.
constexpr double kPilotSampleMs = 1000;
constexpr std::int64_t kMostPilotSamples = 60;
// A process of a round that takes this many times longer than predicted hangs.
constexpr double kHangs = 10;
// How much longer a program takes under valgrind, as a rule, and as it may at most.
constexpr double kUnderValgrind = 80, kLongestUnderValgrind = 400;  // of both tools, of one
constexpr double kShortestUsual = 1;  // seconds: valgrind's own start costs that much of its time
// Of the budget, for the pilot; two rounds are the fewest that tell a spread.
constexpr double kPilotShare = 0.25;
constexpr std::int32_t kFewestPilotRounds = 2;
// Pilot and rounds draw their orders from different streams.
constexpr std::uint64_t kPilotStream = 0x70696c6f74ULL;

class Race {
 public:
  explicit Race(Conductor& conductor) : conductor_(conductor), setup_(conductor.setup()) {
    for (const CellRecord& cell : setup_.plan.cells) {
      if (conductor_.race_cell(cell.id).unready.empty()) cells_.push_back(cell.id);
    }
  }

  Result<Step> run() {
    KITE_TRY(write_missing());
    if (setup_.parity) {
      KITE_TRY_ASSIGN(const Step passes, run_passes(conductor_));
      if (passes == Step::kInterrupted) return passes;
    }
    const DecisionRecord* decision = decided();
    if (decision == nullptr) {
      KITE_TRY_ASSIGN(const Step pilot, run_pilot());
      if (pilot == Step::kInterrupted) return pilot;
      KITE_TRY(conductor_.write(decide(question())));
      decision = decided();
    }
    KITE_TRY_ASSIGN(const Step rounds, run_rounds(*decision));
    if (rounds == Step::kInterrupted) return rounds;
    KITE_TRY_ASSIGN(const Step memory, run_memory(*decision));
    if (memory == Step::kInterrupted) return memory;
    KITE_TRY_ASSIGN(const Step instructions, count_instructions());
    if (instructions == Step::kInterrupted) return instructions;
    KITE_TRY_ASSIGN(const Step reruns, run_reruns(*decision));
    if (reruns == Step::kInterrupted) return reruns;
    KITE_TRY(note_lost_reference());
    return Step::kRan;
  }

 private:
  [[nodiscard]] const DecisionRecord* decided() const {
    const auto& decision = conductor_.ledger().journal().decision;
    return decision ? &*decision : nullptr;
  }

  // A row for each cell that cannot run, so that it is seen to be missing.
  kite::Status write_missing() {
    for (const CellRecord& cell : setup_.plan.cells) {
      const std::string& reason = conductor_.race_cell(cell.id).unready;
      if (!reason.empty()) KITE_TRY(write_row(cell.id, Outcome::kMissing, reason));
    }
    return {};
  }

  // As well for one that was given up before its first round.
  kite::Status write_given_up() {
    for (const std::int32_t cell : cells_) {
      if (conductor_.can_run(cell)) continue;
      const auto& processes = conductor_.ledger().journal().processes;
      const ProcessRecord* last = nullptr;  // its own last failure, or else one of the same contestant
      for (const ProcessRecord& process : processes) {
        if (process.status != Outcome::kFailed && process.status != Outcome::kTimeout) continue;
        const bool same = conductor_.cell(process.cell).contestant == conductor_.cell(cell).contestant;
        if (process.cell == cell || (same && (last == nullptr || last->cell != cell))) last = &process;
      }
      if (last == nullptr) continue;
      const Outcome status = last->status;
      KITE_TRY(write_row(cell, status, "given up before its first round: " + last->reason));
    }
    return {};
  }

  // A row in place of a first round that there will not be; position -1: nothing was run.
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

  // One round in its order; the tasks' counts come from `count_of`, 0 for a cell that is left out.
  template <typename CountOf>
  Result<Step> run_round(Purpose purpose, std::int32_t round, std::uint64_t seed, std::int32_t place,
                         CountOf count_of) {
    const std::vector<std::int32_t> order = williams_order(static_cast<std::int32_t>(cells_.size()), seed, place);
    for (std::size_t position = 0; position < order.size(); ++position) {
      Conductor::Task task;
      task.cell = cells_[static_cast<std::size_t>(order[position])];
      task.round = round;
      task.position = static_cast<std::int32_t>(position);
      task.purpose = purpose;
      task.count = count_of(task.cell);
      if (task.count == 0) continue;
      task.timeout_s = std::max(setup_.timeout_s, kHangs * seconds_[task.cell]);
      KITE_TRY_ASSIGN(const Step step, conductor_.run(task));
      if (step == Step::kInterrupted) return step;
    }
    return Step::kRan;
  }

  [[nodiscard]] bool isolated(std::int32_t cell) const { return conductor_.cell(cell).mode != Mode::kOneshot; }

  // Cells that are compared with each other.
  [[nodiscard]] std::string group_of(std::int32_t id) const {
    const CellRecord& cell = conductor_.cell(id);
    return fmt::format("{}, {}, {}, {}", cell.model, word_of(cell.mode), threads_text(cell.threads),
                       word_of(conductor_.contestant(id).track));
  }

  [[nodiscard]] std::int64_t pilot_count(std::int32_t id) const {
    if (!isolated(id)) return 1;
    double ms = 0;  // of the slowest sample median in the group's passes
    for (const std::int32_t other : cells_) {
      const CellRecord& cell = conductor_.cell(other);
      if (cell.model != conductor_.cell(id).model || cell.mode != conductor_.cell(id).mode) continue;
      const ProcessRecord* pass = conductor_.ledger().find_ok(other, Purpose::kPass);
      if (pass == nullptr || cell.contestant != setup_.plan.reference) continue;
      std::vector<double> all;
      for (const Sample& sample : pass->samples) all.push_back(sample.ms);
      std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
      ms = std::max(ms, all[all.size() / 2]);
    }
    std::int64_t count = kMinSamples;
    if (ms > 0)
      count = std::clamp(static_cast<std::int64_t>(kPilotSampleMs / ms), std::int64_t{kMinSamples}, kMostPilotSamples);
    if (setup_.max_samples > 0) count = std::min<std::int64_t>(count, setup_.max_samples);
    return std::clamp<std::int64_t>(count, 1, std::max<std::int64_t>(conductor_.race_cell(id).inputs, 1));
  }

  // Fewer than asked for where the budget is small beside the first of them. From the journal alone: a resumed race
  // agrees.
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

  Result<Step> run_pilot() {
    for (const std::int32_t cell : cells_) {
      std::int64_t left = 0;
      for (std::int32_t round = 1; round <= setup_.pilot_rounds; ++round) {
        left += conductor_.ledger().has(cell, round, Purpose::kPilot) ? 0 : 1;
      }
      conductor_.expect(cell, Purpose::kPilot, left, conductor_.ledger().usual_seconds(cell, Purpose::kPilot));
      conductor_.expect(cell, Purpose::kRound, setup_.plan.rounds > 0 ? setup_.plan.rounds : kMinRounds, 0);
    }
    for (std::int32_t round = 1; round <= pilot_rounds(); ++round) {
      KITE_TRY_ASSIGN(const Step step, run_round(Purpose::kPilot, round, setup_.plan.seed ^ kPilotStream, round - 1,
                                                 [this](std::int32_t cell) { return pilot_count(cell); }));
      if (step == Step::kInterrupted) return step;
      for (const std::int32_t cell : cells_) {
        const double usual = conductor_.ledger().usual_seconds(cell, Purpose::kPilot);
        conductor_.expect(cell, Purpose::kPilot, std::max(pilot_rounds() - round, 0), usual);
        conductor_.expect(cell, Purpose::kRound, setup_.plan.rounds > 0 ? setup_.plan.rounds : kMinRounds, usual);
      }
    }
    return Step::kRan;
  }

  [[nodiscard]] PilotCell pilot_cell(std::int32_t id) const {
    const CellRecord& cell = conductor_.cell(id);
    const ContestantRecord& contestant = conductor_.contestant(id);
    PilotCell pilot;
    pilot.cell = id;
    pilot.group = group_of(id);
    pilot.label = fmt::format("{} ({})", cell.contestant, pilot.group);
    pilot.isolated = isolated(id);
    pilot.max_count = conductor_.race_cell(id).inputs;
    pilot.reference = is_reference(contestant);
    pilot.expendable = !contestant.variant.empty() && !contestant.control && !pilot.reference;
    for (const ProcessRecord& record : conductor_.ledger().journal().processes) {
      if (record.cell != id || record.purpose != Purpose::kPilot || record.status != Outcome::kOk) continue;
      PilotCell::Process process{record.round, static_cast<double>(record.wall_ns) * 1e-9, {}};
      for (std::size_t i = 1; i < record.samples.size(); ++i) process.ms.push_back(record.samples[i].ms);
      pilot.processes.push_back(std::move(process));
    }
    return pilot;
  }

  // On the other track the reference is the same peer in the same variant.
  [[nodiscard]] bool is_reference(const ContestantRecord& contestant) const {
    if (contestant.control) return false;
    if (contestant.id == setup_.plan.reference) return true;
    for (const ContestantRecord& other : setup_.plan.contestants) {
      if (other.id == setup_.plan.reference) {
        return contestant.peer == other.peer && contestant.variant == other.variant && !contestant.peer.empty();
      }
    }
    return false;
  }

  [[nodiscard]] PilotQuestion question() const {
    PilotQuestion question;
    for (const std::int32_t cell : cells_) {
      if (!conductor_.can_run(cell)) continue;
      question.cells.push_back(pilot_cell(cell));
      if (!isolated(cell)) {
        question.other_seconds += setup_.memory_runs * conductor_.ledger().usual_seconds(cell, Purpose::kPilot);
      }
    }
    for (const std::int32_t cell : instruction_cells()) {
      question.other_seconds += kUnderValgrind * conductor_.ledger().usual_seconds(cell, Purpose::kPilot);
    }
    question.seconds_left = conductor_.seconds_left();
    question.overhead_s = conductor_.overhead_seconds();
    question.rounds_asked = setup_.plan.rounds;
    question.max_samples = setup_.max_samples;
    return question;
  }

  static auto counts(const DecisionRecord& decision) {
    return [&decision](std::int32_t cell) {
      const auto found = decision.counts.find(cell);
      return found == decision.counts.end() ? std::int64_t{0} : std::int64_t{found->second};
    };
  }

  Result<Step> run_rounds(const DecisionRecord& decision) {
    KITE_TRY(write_given_up());
    conductor_.set_rounds(decision.rounds);
    for (const std::int32_t cell : cells_) {
      conductor_.expect(cell, Purpose::kPilot, 0, 0);
      const auto count = decision.counts.find(cell);
      if (count != decision.counts.end()) seconds_[cell] = predicted_seconds(pilot_cell(cell), count->second);
    }
    for (std::int32_t round = 1; round <= decision.rounds; ++round) {
      expect_rounds(decision, round);
      KITE_TRY_ASSIGN(const Step step,
                      run_round(Purpose::kRound, round, setup_.plan.seed, round - 1, counts(decision)));
      if (step == Step::kInterrupted) return step;
    }
    expect_rounds(decision, decision.rounds + 1);
    KITE_TRY(write_given_up());
    return Step::kRan;
  }

  void expect_rounds(const DecisionRecord& decision, std::int32_t first) {
    for (const std::int32_t cell : cells_) {
      std::int64_t left = 0;
      for (std::int32_t round = first; round <= decision.rounds && decision.counts.contains(cell); ++round) {
        left += conductor_.ledger().has(cell, round, Purpose::kRound) ? 0 : 1;
      }
      const double usual = conductor_.ledger().usual_seconds(cell, Purpose::kRound);
      conductor_.expect(cell, Purpose::kRound, left, usual > 0 ? usual : seconds_[cell]);
      std::int64_t memory = 0;
      for (std::int32_t run = 1; run <= setup_.memory_runs && !isolated(cell) && decision.counts.contains(cell);
           ++run) {
        memory += conductor_.ledger().has(cell, run, Purpose::kMemory) ? 0 : 1;
      }
      conductor_.expect(cell, Purpose::kMemory, memory, seconds_[cell]);
    }
  }

  Result<Step> run_memory(const DecisionRecord& decision) {
    for (std::int32_t run = 1; run <= setup_.memory_runs; ++run) {
      for (const std::int32_t cell : cells_) {
        if (isolated(cell) || !decision.counts.contains(cell)) continue;
        Conductor::Task task;
        task.cell = cell;
        task.round = run;
        task.position = cell;
        task.purpose = Purpose::kMemory;
        task.timeout_s = std::max(setup_.timeout_s, kHangs * seconds_[cell]);
        KITE_TRY_ASSIGN(const Step step, conductor_.run(task));
        if (step == Step::kInterrupted) return step;
      }
    }
    return Step::kRan;
  }

  // True where the processor's own counter could be read.
  [[nodiscard]] bool instructions_told(std::int32_t cell) const {
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
    for (const std::int32_t cell : cells_) {
      const CellRecord& record = conductor_.cell(cell);
      const ContestantRecord& contestant = conductor_.contestant(cell);
      if (!setup_.count_instructions || isolated(cell) || !conductor_.can_run(cell) || !contestant.variant.empty() ||
          contestant.control || contestant.track != Track::kMatched || record.threads == 0 ||
          record.model != setup_.plan.models.front().id || instructions_told(cell)) {
        continue;
      }
      if (contestants.insert(contestant.id).second) chosen.push_back(cell);
    }
    return chosen;
  }

  Result<Step> count_instructions() {
    const std::vector<std::int32_t> cells = instruction_cells();
    const auto usual_seconds = [&](std::int32_t cell) {
      return std::max(conductor_.ledger().usual_seconds(cell, Purpose::kRound), kShortestUsual);
    };
    for (const std::int32_t cell : cells) {
      const bool done = conductor_.ledger().has(cell, 1, Purpose::kInstructions);
      conductor_.expect(cell, Purpose::kInstructions, done ? 0 : 1, kUnderValgrind * usual_seconds(cell));
    }
    for (const std::int32_t cell : cells) {
      Conductor::Task task;
      task.cell = cell;
      task.round = 1;
      task.position = cell;
      task.purpose = Purpose::kInstructions;
      task.timeout_s = std::max(setup_.timeout_s, kLongestUnderValgrind * usual_seconds(cell));
      KITE_TRY_ASSIGN(const Step step, conductor_.run(task));
      if (step == Step::kInterrupted) return step;
    }
    return Step::kRan;
  }

  Result<Step> run_reruns(const DecisionRecord& decision) {
    std::vector<std::int32_t> rounds = disturbed_rounds(conductor_.ledger().journal().processes);
    double one_round = 0;
    for (const auto& [cell, count] : decision.counts) {
      one_round += conductor_.ledger().usual_seconds(cell, Purpose::kRound) + conductor_.overhead_seconds();
    }
    for (const std::int32_t cell : cells_) {
      conductor_.expect(cell, Purpose::kRerun,
                        decision.counts.contains(cell) ? static_cast<std::int64_t>(rounds.size()) : 0,
                        conductor_.ledger().usual_seconds(cell, Purpose::kRound));
    }
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      const bool begun = std::any_of(cells_.begin(), cells_.end(), [&](std::int32_t cell) {
        return conductor_.ledger().has(cell, rounds[i], Purpose::kRerun);
      });
      if (!begun && conductor_.seconds_left() < one_round) {
        KITE_TRY(
            conductor_.note(NoteKind::kWarning, {},
                            fmt::format("{} of {} rounds that the machine disturbed are not run again: the budget is "
                                        "spent (raise --budget)",
                                        rounds.size() - i, rounds.size())));
        return Step::kRan;
      }
      KITE_TRY_ASSIGN(const Step step,
                      run_round(Purpose::kRerun, rounds[i], setup_.plan.seed, rounds[i] - 1, counts(decision)));
      if (step == Step::kInterrupted) return step;
    }
    return Step::kRan;
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
  std::vector<std::int32_t> cells_;         // those that can run
  std::map<std::int32_t, double> seconds_;  // predicted, of one process of a round
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
  KITE_TRY_ASSIGN(const Step step, Race(conductor).run());
  if (step != Step::kInterrupted) return RaceEnd::kFinished;
  KITE_TRY(conductor.write(NoteRecord{NoteKind::kInterrupted, {}, "interrupted"}));
  return RaceEnd::kInterrupted;
}

}  // namespace kite::race
