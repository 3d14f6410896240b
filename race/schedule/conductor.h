// SPDX-License-Identifier: Apache-2.0
// Runs the processes that the stages ask for, one at a time, and writes each to the journal before the next begins.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/journal.h"
#include "race/schedule/ledger.h"
#include "race/schedule/race_setup.h"

namespace kite::race {

// Any function may return kInterrupted: a signal stopped the race. A resumed race runs what is missing.
class Conductor {
 public:
  Conductor(const RaceSetup& setup, Journal past, JournalWriter& writer, Runner& runner, ProgressSink* sink)
      : setup_(setup), ledger_(std::move(past)), writer_(writer), runner_(runner), sink_(sink) {}

  struct Task {
    std::int32_t cell = 0, round = 0, position = 0;
    Purpose purpose = Purpose::kRound;
    std::int64_t count = 1;
    Argv extra;  // added after the cell's own arguments
    double timeout_s = 120;
    std::int32_t heat = 0, blocks = 0;  // for kHeat: HeatRecord::id, and the most turns that the process gets
  };
  // Runs the task, unless it was done before or its cell is given up or not ready.
  [[nodiscard]] kite::Status run(const Task& task);
  // Runs a process without a record: a trial, or to make the files of a finished pass again after they were deleted.
  [[nodiscard]] Result<ProcessRecord> run_unrecorded(const Task& task);

  // Starts a contestant of a heat; it is ready or has failed. Its record is written with its set.
  [[nodiscard]] Result<std::unique_ptr<LiveContestant>> start(const Task& task);
  // Checks the answers of the set's processes and writes the set to the journal.
  [[nodiscard]] kite::Status finish_set(SetRecord set);

  [[nodiscard]] kite::Status write(const Record& record);
  // Writes a note, unless the journal has the same text already. `model`: the model that the note is about, or empty.
  [[nodiscard]] kite::Status note(NoteKind kind, std::string model, std::string text);
  // kInterrupted if a signal has come. It is asked before the output of a process is used, since the signal may have
  // reached that process as well.
  [[nodiscard]] kite::Status check_interrupted() const;

  // For the forecast of the time that is left: `processes` processes of this cell and purpose will run, of about
  // `seconds` each (0: not known). The second function counts the tasks that have not been run. A later call for the
  // same cell and purpose replaces the earlier one.
  void expect(std::int32_t cell, Purpose purpose, std::int64_t processes, double seconds);
  void expect(std::span<const Task> tasks, const std::map<std::int32_t, double>& seconds);
  void set_rounds(std::int32_t rounds) { rounds_ = rounds; }

  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const RaceSetup& setup() const { return setup_; }
  [[nodiscard]] Runner& runner() { return runner_; }
  [[nodiscard]] const CellRecord& cell(std::int32_t id) const {
    return setup_.plan.cells[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] const RaceCell& race_cell(std::int32_t id) const { return setup_.cells[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const ContestantRecord& contestant(std::int32_t cell_id) const;
  [[nodiscard]] bool can_run(std::int32_t id) const { return race_cell(id).unready.empty() && !ledger_.given_up(id); }
  // Seconds of the budget that are left; infinite if there is no budget.
  [[nodiscard]] double seconds_left() const;
  void add_unmeasured(double seconds) { unmeasured_seconds_ += seconds; }  // e.g. those of the judge
  // Seconds that the runner needs around a process (probes, spawning), as measured.
  [[nodiscard]] double overhead_seconds() const { return processes_ > 0 ? overhead_seconds_ / processes_ : 0; }

 private:
  [[nodiscard]] ProcessRequest request_of(const Task& task) const;
  void check_answers(ProcessRecord& record) const;
  [[nodiscard]] kite::Status note_given_up(std::int32_t cell);
  void show(const Task& task);

  struct Expected {
    std::int64_t processes = 0;
    double seconds = 0;
  };
  const RaceSetup& setup_;
  Ledger ledger_;
  JournalWriter& writer_;
  Runner& runner_;
  ProgressSink* sink_;
  std::map<std::pair<Purpose, std::int32_t>, Expected> expected_;
  std::int32_t rounds_ = 0;
  std::int64_t done_ = 0;
  double unmeasured_seconds_ = 0;  // spent on work that is not in the journal
  double overhead_seconds_ = 0;
  double processes_ = 0;
};

}  // namespace kite::race
