// SPDX-License-Identifier: Apache-2.0
// A record is written when its process has ended. If our own interruption ended the process, no record is written.
#include "race/schedule/conductor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>

#include "paperkite/try.h"
#include "race/journal/words.h"

namespace kite::race {

namespace {

// The size of the environment moves the stack, and that changes timings (Mytkowicz 2009). So each process gets another
// padding, of at most one page.
constexpr std::uint64_t kPaddingBytes = 4096;

std::int32_t padding_of(std::uint64_t seed, const Conductor::Task& task) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(task.cell), static_cast<std::uint32_t>(task.round),
                         static_cast<std::uint32_t>(task.purpose)};
  return static_cast<std::int32_t>(std::mt19937_64(sequence)() % kPaddingBytes);
}

std::string file_name(std::string text) {
  for (char& c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  return text;
}

}  // namespace

const ContestantRecord& Conductor::contestant(std::int32_t cell_id) const {
  static const ContestantRecord kUnknown;
  const auto& all = setup_.plan.contestants;
  const std::string& id = cell(cell_id).contestant;
  const auto found = std::find_if(all.begin(), all.end(), [&id](const ContestantRecord& c) { return c.id == id; });
  return found == all.end() ? kUnknown : *found;
}

double Conductor::seconds_left() const {
  if (setup_.plan.budget_minutes <= 0) return std::numeric_limits<double>::infinity();
  const auto ran = static_cast<double>(ledger_.journal().processes.size());
  return setup_.plan.budget_minutes * 60 - ledger_.spent_seconds() - unmeasured_seconds_ - ran * overhead_seconds();
}

ProcessRequest Conductor::request_of(const Task& task) const {
  ProcessRequest request;
  request.cell = cell(task.cell);
  request.track = contestant(task.cell).track;
  request.speaks_protocol = request.cell.mode != Mode::kOneshot || !contestant(task.cell).peer.empty();
  request.round = task.round;
  request.position = task.position;
  request.purpose = task.purpose;
  request.count = task.count;
  request.inputs = std::max<std::int64_t>(race_cell(task.cell).inputs, 1);
  for (std::size_t i = 0; i < setup_.plan.models.size(); ++i) {
    if (setup_.plan.models[i].id != request.cell.model) continue;
    request.classes = setup_.plan.models[i].classes;
    if (!request.speaks_protocol) request.labels = setup_.models[i].labels;
  }
  request.argv = race_cell(task.cell).argv(task.count);
  request.argv.insert(request.argv.end(), task.extra.begin(), task.extra.end());
  if (task.blocks > 0) {
    request.argv.insert(request.argv.end(), {"--blocks", std::to_string(setup_.block_ms)});
    request.heat = task.heat;
    request.blocks = task.blocks;
  }
  request.timeout_s = task.timeout_s;
  request.environment_padding = padding_of(setup_.plan.seed, task);
  request.trace_exit = task.purpose == Purpose::kMemory;
  const std::string heat = task.heat > 0 ? fmt::format("-{}", task.heat) : "";
  request.log = fmt::format("logs/{}{}-{}-{}-{}.txt", word_of(task.purpose), heat, task.round, task.cell,
                            file_name(request.cell.contestant));
  return request;
}

kite::Status Conductor::check_interrupted() const {
  if (setup_.interrupted == nullptr || !setup_.interrupted->load()) return {};
  return Error{ErrorCode::kInterrupted, "the race was interrupted", {}, "continue it with --resume"};
}

kite::Status Conductor::run(const Task& task) {
  KITE_TRY(check_interrupted());
  Expected& expected = expected_[{task.purpose, task.cell}];
  if (ledger_.has_at(task.cell, task.round, task.purpose, task.position) || !can_run(task.cell)) {
    expected.processes = std::max<std::int64_t>(expected.processes - 1, 0);
    return {};
  }
  show(task);
  const ProcessRequest request = request_of(task);
  const std::int64_t begin_ns = runner_.now_ns();
  auto ran = runner_.run(request);
  if (!ran.ok() || ran->status != Outcome::kOk) KITE_TRY(check_interrupted());
  if (!ran.ok()) return std::move(ran).error();
  ProcessRecord record = std::move(ran).value();
  overhead_seconds_ += static_cast<double>(runner_.now_ns() - begin_ns - record.wall_ns) * 1e-9;
  ++processes_;
  record.cell = task.cell;
  record.round = task.round;
  record.position = task.position;
  record.purpose = task.purpose;
  record.argv = request.argv;
  record.environment_padding = request.environment_padding;
  if (record.status == Outcome::kOk && task.purpose != Purpose::kInstructions) check_answers(record);
  expected.processes = std::max<std::int64_t>(expected.processes - 1, 0);
  ++done_;
  KITE_TRY(write(record));
  if (sink_ != nullptr) sink_->ended(record);
  return note_given_up(task.cell);
}

Result<std::unique_ptr<LiveContestant>> Conductor::start(const Task& task) {
  show(task);
  ++done_;
  Expected& expected = expected_[{task.purpose, task.cell}];
  expected.processes = std::max<std::int64_t>(expected.processes - 1, 0);
  auto live = runner_.start(request_of(task));
  KITE_TRY(check_interrupted());
  return live;
}

kite::Status Conductor::finish_set(SetRecord set) {
  for (ProcessRecord& record : set.processes) {
    Task task;
    task.cell = record.cell;
    task.round = record.round;
    task.purpose = record.purpose;
    task.heat = record.heat;
    task.blocks = 1;
    const ProcessRequest request = request_of(task);
    record.argv = request.argv;
    record.environment_padding = request.environment_padding;
    if (record.status == Outcome::kOk) check_answers(record);
  }
  KITE_TRY(write(set));
  for (const ProcessRecord& record : set.processes) {
    if (sink_ != nullptr) sink_->ended(record);
    KITE_TRY(note_given_up(record.cell));
  }
  return {};
}

Result<ProcessRecord> Conductor::run_unrecorded(const Task& task) {
  KITE_TRY(check_interrupted());
  show(task);
  auto ran = runner_.run(request_of(task));
  KITE_TRY(check_interrupted());
  if (ran.ok()) add_unmeasured(static_cast<double>(ran->wall_ns) * 1e-9);
  return ran;
}

// The pass was compared with the judge. Later processes are compared with the pass, and a oneshot with the reference,
// so that no contestant can give right answers once and fast wrong ones afterwards.
void Conductor::check_answers(ProcessRecord& record) const {
  const CellRecord& own = cell(record.cell);
  if (own.mode == Mode::kOneshot && record.answer_index < 0)
    return;  // an unknown answer is not wrong; it is not ranked
  if (own.mode == Mode::kOneshot) {
    for (const CellRecord& other : setup_.plan.cells) {
      if (other.mode != Mode::kOneshot || other.model != own.model || other.contestant != setup_.plan.reference)
        continue;
      for (const ProcessRecord& judge : ledger_.journal().processes) {
        if (judge.cell != other.id || judge.status != Outcome::kOk || judge.answer_index < 0) continue;
        if (judge.answer_index == record.answer_index) return;
        record.status = Outcome::kUnequal;
        record.reason =
            fmt::format("answers class {}, the reference answers {}", record.answer_index, judge.answer_index);
        return;
      }
    }
    return;
  }
  if (record.purpose == Purpose::kPass) return;
  for (const CellRecord& other : setup_.plan.cells) {
    if (other.contestant != own.contestant || other.model != own.model || other.mode != own.mode) continue;
    // A pass at another number of threads can be used as well.
    const ProcessRecord* pass = ledger_.find_ok(other.id, Purpose::kPass);
    if (pass == nullptr) continue;
    std::size_t differing = 0;
    for (const Sample& sample : record.samples) {
      const auto input = static_cast<std::size_t>(sample.input);
      differing += input < pass->samples.size() && pass->samples[input].index != sample.index ? 1 : 0;
    }
    // With another number of threads sums are added in another order. So in a near tie another class may come first;
    // one sample in a hundred may differ.
    if (differing > 1 + record.samples.size() / 100) {
      record.status = Outcome::kUnequal;
      record.reason =
          fmt::format("{} of {} samples answer another class than in its own pass", differing, record.samples.size());
    }
    return;
  }
}

kite::Status Conductor::note_given_up(std::int32_t id) {
  if (!ledger_.given_up(id)) return {};
  const auto& processes = ledger_.journal().processes;
  const auto last = std::find_if(processes.rbegin(), processes.rend(),
                                 [id](const ProcessRecord& record) { return record.cell == id; });
  const std::string reason = last == processes.rend() ? "" : last->reason;
  const std::string& name = cell(id).contestant;
  const std::string what =
      ledger_.given_up(name) ? "" : fmt::format(" on {} ({})", cell(id).model, word_of(cell(id).mode));
  return note(
      NoteKind::kWarning, {},
      fmt::format("given up: {}{}, {} failures in a row; the last one: {}", name, what, Ledger::kPatience, reason));
}

kite::Status Conductor::write(const Record& record) {
  KITE_TRY(writer_.append(record));
  ledger_.add(record);
  return {};
}

kite::Status Conductor::note(NoteKind kind, std::string model, std::string text) {
  if (ledger_.has_note(text)) return {};
  const NoteRecord record{kind, std::move(model), std::move(text)};
  if (sink_ != nullptr) sink_->noted(record);
  return write(record);
}

void Conductor::expect(std::int32_t id, Purpose purpose, std::int64_t processes, double seconds) {
  expected_[{purpose, id}] = {processes, seconds};
}

void Conductor::expect(std::span<const Task> tasks, const std::map<std::int32_t, double>& seconds) {
  std::map<std::pair<Purpose, std::int32_t>, std::int64_t> left;
  for (const Task& task : tasks) {
    left[{task.purpose, task.cell}] += ledger_.has_at(task.cell, task.round, task.purpose, task.position) ? 0 : 1;
  }
  for (const auto& [key, count] : left) {
    const auto known = seconds.find(key.second);
    const double usual = ledger_.usual_seconds(key.second, key.first);
    expected_[key] = {count, usual > 0 ? usual : known == seconds.end() ? 0 : known->second};
  }
}

void Conductor::show(const Task& task) {
  if (sink_ == nullptr) return;
  Progress progress;
  progress.purpose = task.purpose;
  progress.round = task.round;
  progress.rounds = rounds_;
  progress.heat = task.heat;
  if (const auto& decision = ledger_.journal().decision) {
    progress.heats = static_cast<std::int32_t>(decision->heats.size());
  }
  progress.done = done_;
  progress.total = done_;
  double seconds = 0;
  bool known = true;
  for (const auto& [key, expected] : expected_) {
    if (!can_run(key.second)) continue;
    progress.total += expected.processes;
    known = known && (expected.processes == 0 || expected.seconds > 0);
    seconds += static_cast<double>(expected.processes) * (expected.seconds + overhead_seconds());
  }
  progress.seconds_left = known ? seconds : -1;
  const CellRecord& own = cell(task.cell);
  const std::string of = rounds_ > 0 && task.purpose == Purpose::kRound ? fmt::format(" of {}", rounds_) : "";
  const std::string stage = task.purpose == Purpose::kPass ? "pass"
                            : task.purpose == Purpose::kHeat
                                ? fmt::format("heat {}, set {}", task.heat, task.round)
                                : fmt::format("{} {}{}", word_of(task.purpose), task.round, of);
  progress.what = fmt::format("{}: {} on {}, {}, {}", stage, own.contestant, own.model, word_of(own.mode),
                              threads_text(own.threads));
  sink_->starts(progress);
}

}  // namespace kite::race
