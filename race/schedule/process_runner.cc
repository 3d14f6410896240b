// SPDX-License-Identifier: Apache-2.0
// The probes of the machine's noise run right before and right after the process, never while it runs.
#include "race/schedule/process_runner.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>

#include "base/memory_limit.h"
#include "paperkite/try.h"
#include "race/schedule/answer.h"
#include "race/schedule/live_run.h"
#include "race/schedule/plausibility.h"
#include "race/schedule/protocol.h"
#include "race/spawn/valgrind.h"

namespace kite::race {

namespace {

void take_answer(std::string_view output, const ProcessRequest& request, ProcessRecord& record) {
  Answer answer = find_answer(output, request.labels, request.argv);
  record.answer_index = answer.index;
  record.answer_label = std::move(answer.label);
  record.answer_score = answer.score.value_or(0);
  if (!answer.why_not.empty()) record.info[std::string(kNoAnswer)] = std::move(answer.why_not);
}

}  // namespace

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return {};
  const std::size_t begin = text.find_last_of('\n', end);
  std::string line =
      text.substr(begin == std::string::npos ? 0 : begin + 1, end - (begin == std::string::npos ? 0 : begin + 1) + 1);
  constexpr std::size_t kShown = 300;
  return line.substr(0, kShown);
}

void take_output(std::string_view output, const ProcessRequest& request, ProcessRecord& record) {
  if (!request.speaks_protocol) return take_answer(output, request, record);
  Expectation expected;
  expected.mode = request.cell.mode;
  expected.count = request.count;
  expected.inputs = request.inputs;
  expected.classes = request.classes;
  expected.begin_ns = record.begin_ns;
  expected.wall_ns = record.wall_ns;
  Said said = parse_protocol(output, expected);
  record.phases = std::move(said.phases);
  record.marks.insert(record.marks.begin(), said.marks.begin(), said.marks.end());  // before the spawner's "exit"
  record.samples = std::move(said.samples);
  record.answer_index = said.answer_index;
  record.answer_label = std::move(said.answer_label);
  record.answer_score = said.answer_score;
  record.info = std::move(said.info);
  if (said.reason.empty()) {
    Doubt doubt = doubts_about(record, request.cell, request.track);
    said.reason = doubt.impossible.empty() ? "" : "not believed: " + doubt.impossible;
    record.flags.insert(record.flags.end(), doubt.flags.begin(), doubt.flags.end());
  }
  if (said.reason.empty()) return;
  record.status = Outcome::kFailed;
  record.reason = std::move(said.reason);
}

kite::Status take_log(const SpawnOutcome& outcome, const ProcessRequest& request, const std::string& folder,
                      ProcessRecord& record) {
  const std::string& text = outcome.standard_error;
  if (text.empty() || request.log.empty()) return {};
  const std::string path = folder + "/" + request.log;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr)
    return Error{ErrorCode::kIo, std::string("cannot write a log: ") + std::strerror(errno), path, {}};
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !whole) {
    return Error{ErrorCode::kIo, "cannot write a log", path, "free some space and continue with --resume"};
  }
  record.log = request.log;
  return {};
}

kite::Status take_outcome(const SpawnOutcome& outcome, std::string_view output, const ProcessRequest& request,
                          const std::string& folder, ProcessRecord& record) {
  if (record.status == Outcome::kOk) {
    take_output(output, request, record);
  } else if (const std::string line = last_line(outcome.standard_error); !line.empty()) {
    record.reason += ": " + line;
  }
  return take_log(outcome, request, folder, record);
}

ProcessRecord ProcessRunner::count_instructions(const ProcessRequest& request) {
  SpawnRequest spawn;
  spawn.argv = request.argv;
  spawn.cpus = options_.cpus;
  spawn.timeout_ns = static_cast<std::int64_t>(request.timeout_s * 1e9);
  spawn.cancelled = options_.interrupted;
  ProcessRecord record;
  record.begin_ns = now_ns();
  for (const ValgrindTool tool : {ValgrindTool::kCallgrind, ValgrindTool::kMassif}) {
    record.counters.push_back(run_under_valgrind(spawner_, tool, spawn, options_.folder + "/work/valgrind.out"));
  }
  record.wall_ns = now_ns() - record.begin_ns;
  return record;
}

SpawnRequest ProcessRunner::spawn_request(const ProcessRequest& request) const {
  SpawnRequest spawn;
  spawn.argv = request.argv;
  spawn.environment_padding = request.environment_padding;
  spawn.cpus = options_.cpus;
  spawn.timeout_ns = static_cast<std::int64_t>(request.timeout_s * 1e9);
  spawn.count_events = options_.counters;
  spawn.trace_exit = request.trace_exit;
  spawn.cancelled = options_.interrupted;
  return spawn;
}

Result<ProcessRecord> ProcessRunner::run(const ProcessRequest& request) {
  if (request.purpose == Purpose::kInstructions) return count_instructions(request);
  const SpawnRequest spawn = spawn_request(request);
  noise_.before(options_.cpus);
  KITE_TRY_ASSIGN(const SpawnOutcome outcome, spawner_.run(spawn));
  ProcessRecord record;
  record.purpose = request.purpose;
  fill(spawn, outcome, record);
  noise_.after(request.track == Track::kMatched ? request.cell.threads : 0, record);
  KITE_TRY(take_outcome(outcome, outcome.standard_output, request, options_.folder, record));
  return record;
}

Result<std::unique_ptr<LiveContestant>> ProcessRunner::start(const ProcessRequest& request) {
  KITE_TRY_ASSIGN(std::unique_ptr<LiveRun> run,
                  LiveRun::start(spawner_, spawn_request(request), request, options_.folder));
  return std::unique_ptr<LiveContestant>(std::move(run));
}

kite::Status ProcessRunner::run_unmeasured(const Argv& argv, double timeout_s) {
  SpawnRequest spawn;
  spawn.argv = argv;
  spawn.timeout_ns = static_cast<std::int64_t>(timeout_s * 1e9);
  spawn.count_events = false;
  spawn.cancelled = options_.interrupted;
  KITE_TRY_ASSIGN(const SpawnOutcome outcome, spawner_.run(spawn));
  if (outcome.status == Outcome::kOk) return {};
  return Error{
      ErrorCode::kIo, outcome.reason + ": " + last_line(outcome.standard_error), argv.empty() ? "" : argv.front(), {}};
}

std::int64_t ProcessRunner::now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

double ProcessRunner::stolen_ms() { return read_noise_sums(options_.cpus).steal_ms.value_or(0); }

std::uint64_t ProcessRunner::available_bytes() { return available_memory_bytes(); }

}  // namespace kite::race
