// SPDX-License-Identifier: Apache-2.0
// Every limit in this file holds for all contestants, including the reference.
#include "race/schedule/live_run.h"

#include <fmt/format.h>

#include <csignal>
#include <ctime>

#include "paperkite/try.h"
#include "race/schedule/answer_text.h"
#include "race/schedule/process_runner.h"
#include "race/schedule/protocol.h"

namespace kite::race {

namespace {

constexpr std::int64_t kMs = 1'000'000;
// A process is still if no thread wants a processor and if, within one millisecond, it used less than a tenth of a
// millisecond of processor time.
constexpr std::int64_t kLookNs = kMs, kStillNs = kMs / 10;
// Thread pools may spin a little before they sleep, so the race waits this long. A process that still spins is stopped.
constexpr std::int64_t kSettleNs = 20 * kMs;
// What a process may use while others have their turns: a garbage collector or a timer may wake up, but a second worker
// may not compute.
constexpr double kIdleShare = 0.05;
constexpr std::int64_t kIdleNs = 20 * kMs;
// Outside its timers an interpreter spends up to a millisecond for each sample, and some time once. The machine may
// disturb one block there; if it happens in three blocks in a row, the contestant is the cause.
constexpr double kOutsideShare = 0.5, kOutsideMs = 50, kOutsideMsPerSample = 1;
constexpr int kDoubtfulBlocks = 3;
constexpr double kBlockSlackMs = 1;
constexpr std::int64_t kEndNs = 30'000 * kMs;  // limit for its last lines

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void sleep_ns(std::int64_t ns) {
  const timespec time{0, ns};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

double ms_of(std::int64_t ns) { return static_cast<double>(ns) * 1e-6; }

Error interrupted() { return Error{ErrorCode::kInterrupted, "interrupted", {}, {}}; }

}  // namespace

Result<std::unique_ptr<LiveRun>> LiveRun::start(const Spawner& spawner, const SpawnRequest& spawn,
                                                const ProcessRequest& request, std::string folder) {
  std::unique_ptr<LiveRun> run(new LiveRun(spawn, request, std::move(folder)));
  const std::int64_t timeout_ns = spawn.timeout_ns;
  run->spawn_.timeout_ns = timeout_ns * (request.blocks + 2);  // of its whole life; each turn has its own limit
  KITE_TRY_ASSIGN(run->process_, LiveProcess::start(spawner, run->spawn_));
  const std::int64_t deadline = now_ns() + timeout_ns;
  for (std::string line;;) {
    const LiveProcess::Heard heard = run->process_->read_line(deadline - now_ns(), line);
    if (heard == LiveProcess::Heard::kCancelled) return interrupted();
    if (heard != LiveProcess::Heard::kLine) {
      run->fail_unanswered(heard, "before it was ready");
      return run;
    }
    if (says_ready(line)) break;
    run->said_ += line + '\n';
  }
  run->stopped_ = run->settle();
  return run;
}

void LiveRun::fail(Outcome status, std::string reason) {
  if (!races()) return;
  status_ = status;
  reason_ = std::move(reason);
  process_->kill();
}

void LiveRun::fail_unanswered(LiveProcess::Heard heard, const std::string& when) {
  switch (heard) {
    case LiveProcess::Heard::kTimeout:
      return fail(Outcome::kTimeout, fmt::format("no answer within {:.3g} s, {}", request_.timeout_s, when));
    case LiveProcess::Heard::kTooMuch: return fail(Outcome::kFailed, fmt::format("printed too much, {}", when));
    default: return fail(Outcome::kFailed, fmt::format("ended {}", when));
  }
}

// Waits until the process is still. True: it had to be stopped.
bool LiveRun::settle() {
  bool stopped = false;
  const std::int64_t begin = now_ns();
  std::int64_t before = process_->cpu_ns();
  for (;;) {
    sleep_ns(kLookNs);
    const std::int64_t after = process_->cpu_ns();
    if (after - before < kStillNs && !process_->wants_processor()) break;
    before = after;
    if (now_ns() - begin < kSettleNs) continue;
    if (stopped) break;  // a process that the stop does not reach is detected at its next turn
    process_->stop();
    stopped = true;
  }
  rest_cpu_ns_ = process_->cpu_ns();
  rest_ns_ = now_ns();
  return stopped;
}

// What the process did wrong since its last turn; empty: nothing.
std::string LiveRun::offence_while_waiting() {
  std::string line;
  if (process_->has_spoken() && process_->read_line(kMs, line) == LiveProcess::Heard::kLine) {
    return "spoke without having the turn: " + excerpt(line);
  }
  // All its pauses are added up: on a busy machine, a process gets little work done in a single pause.
  worked_ns_ += process_->cpu_ns() - rest_cpu_ns_;
  waited_ns_ += now_ns() - rest_ns_;
  if (worked_ns_ <= kIdleNs || static_cast<double>(worked_ns_) <= kIdleShare * static_cast<double>(waited_ns_)) {
    return {};
  }
  return fmt::format("worked {:.0f} ms while others had the turn for {:.0f} ms", ms_of(worked_ns_), ms_of(waited_ns_));
}

// Why the times that it reports are impossible; empty: they are possible.
std::string LiveRun::doubt(const Turn& turn, double claimed_ms) {
  const double wall = ms_of(turn.wall_ns), outside = wall - claimed_ms;
  if (outside < -kBlockSlackMs) {
    return fmt::format("not believed: its samples of a block take {:.1f} ms, the block took {:.1f} ms", claimed_ms,
                       wall);
  }
  const bool doubtful = outside > kOutsideShare * wall && outside > kOutsideMs + kOutsideMsPerSample * turn.samples;
  doubtful_in_a_row_ = doubtful ? doubtful_in_a_row_ + 1 : 0;
  if (doubtful_in_a_row_ < kDoubtfulBlocks) return {};
  return fmt::format("not believed: {:.1f} of the {:.1f} ms of a block lie outside its samples, {} times in a row",
                     outside, wall, kDoubtfulBlocks);
}

Result<std::optional<Turn>> LiveRun::turn(std::int64_t first_input) {
  if (!races()) return std::optional<Turn>();
  if (std::string offence = offence_while_waiting(); !offence.empty()) {
    fail(Outcome::kFailed, std::move(offence));
    return std::optional<Turn>();
  }
  if (std::exchange(stopped_, false)) process_->resume();
  Turn turn;
  const std::int64_t cpu_before = process_->cpu_ns();
  turn.begin_ns = now_ns();
  std::string line;
  LiveProcess::Heard heard = LiveProcess::Heard::kEnd;
  if (process_->write_line(fmt::format("go {}", first_input))) {
    heard = process_->read_line(static_cast<std::int64_t>(request_.timeout_s * 1e9), line);
  }
  turn.wall_ns = now_ns() - turn.begin_ns;
  if (heard == LiveProcess::Heard::kCancelled) return interrupted();
  if (heard != LiveProcess::Heard::kLine) {
    fail_unanswered(heard, fmt::format("in its block {}", blocks_));
    return std::optional<Turn>();
  }
  turn.cpu_ns = process_->cpu_ns() - cpu_before;
  Expectation expected;
  expected.inputs = request_.inputs;
  expected.classes = request_.classes;
  const std::size_t had = samples_.size();
  std::string wrong = parse_block(line, expected, blocks_++, first_input, samples_);
  double claimed_ms = 0;
  for (std::size_t i = had; i < samples_.size(); ++i) claimed_ms += samples_[i].ms;
  turn.samples = static_cast<std::int32_t>(samples_.size() - had);
  if (wrong.empty()) wrong = doubt(turn, claimed_ms);
  if (!wrong.empty()) {
    samples_.resize(had);
    fail(Outcome::kFailed, std::move(wrong));
    return std::optional<Turn>();
  }
  turn.stopped = stopped_ = settle();
  return std::optional(turn);
}

Result<ProcessRecord> LiveRun::end() {
  if (std::exchange(stopped_, false)) process_->resume();
  process_->close_input();
  const std::int64_t deadline = now_ns() + kEndNs;
  for (std::string line; races();) {
    const LiveProcess::Heard heard = process_->read_line(deadline - now_ns(), line);
    if (heard == LiveProcess::Heard::kEnd) break;
    if (heard == LiveProcess::Heard::kCancelled) return interrupted();
    if (heard == LiveProcess::Heard::kLine) {
      said_ += line + '\n';
    } else {
      fail_unanswered(heard, "at its end");
    }
  }
  KITE_TRY_ASSIGN(const SpawnOutcome outcome, process_->wait());
  ProcessRecord record;
  record.purpose = request_.purpose;
  fill(spawn_, outcome, record);
  if (races()) {
    KITE_TRY(take_outcome(outcome, said_, request_, folder_, record));
  } else {
    const bool ended_by_us = outcome.signal == SIGKILL || outcome.status == Outcome::kOk;
    record.status = status_;
    record.reason = ended_by_us ? reason_ : reason_ + ": " + outcome.reason;
    const std::string last = last_line(outcome.standard_error);
    if (!last.empty()) record.reason += ": " + last;
    KITE_TRY(take_log(outcome, request_, folder_, record));
  }
  // It shares pages with the other processes that were alive, so its proportional share of memory
  // says nothing about it.
  for (MarkRecord& mark : record.marks) mark.pss_bytes = 0;
  record.samples.insert(record.samples.end(), samples_.begin(), samples_.end());
  return record;
}

}  // namespace kite::race
