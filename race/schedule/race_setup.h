// SPDX-License-Identifier: Apache-2.0
// What the scheduler has to know about a race, and its two interfaces: Runner runs a
// process, ProgressSink shows progress.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

using Argv = std::vector<std::string>;

struct RaceCell {
  std::string unready;      // why it cannot be run; empty: it can
  std::int64_t inputs = 1;  // pictures or tensors that it can use before one repeats; a pass uses all of them
  std::function<Argv(std::int64_t count)> argv;
};

// For the judge of one model.
struct RaceModel {
  std::string inputs;  // .npy [N, C, H, W], the recipe's tensors
  std::function<Argv(const std::string& input, const std::string& output)> oracle;  // of one picture; empty: none
  std::vector<std::string> labels;  // one for each class; to find the answer in the output of any program
};

struct RaceSetup {
  PlanRecord plan;
  std::vector<RaceCell> cells;    // parallel to plan.cells
  std::vector<RaceModel> models;  // parallel to plan.models
  std::string folder, work;       // of the race; for what need not be kept
  std::string oracle_name = "kite's double-precision oracle", oracle_runtime = "paperkite";
  double oracle_seconds = 60;  // of one model; two pictures are judged in any case

  bool parity = true;
  std::int32_t memory_runs = 1;  // of each oneshot cell; 0: none
  // Count instructions and the heap's peak under valgrind if the processor gave no count: once for the plain variant of
  // each contestant, on the first model.
  bool count_instructions = false;
  std::int32_t pilot_rounds = 5;
  double timeout_s = 120;       // for one process of a round, and for one block; more for a pass
  std::int64_t block_ms = 100;  // the shortest block of a heat
  double heat_seconds = 0;      // of one heat; 0: what the budget leaves
  const std::atomic<bool>* interrupted = nullptr;
};

struct ProcessRequest {
  CellRecord cell;
  Track track = Track::kMatched;
  std::int32_t round = 0, position = 0;
  Purpose purpose = Purpose::kRound;
  std::int64_t count = 1, inputs = 1, classes = 0;
  bool speaks_protocol = true;  // false: any program; an answer is searched in its output
  std::int32_t heat = 0;
  std::int32_t blocks = 0;          // the most turns that it will get; if not 0, argv asks for blocks
  std::vector<std::string> labels;  // of the model; used if it does not speak the protocol
  Argv argv;
  double timeout_s = 120;
  std::int32_t environment_padding = 0;
  bool trace_exit = false;
  std::string log;  // where its standard error goes, relative to the race's folder
};

// What a contestant did in one turn.
struct Turn {
  std::int64_t begin_ns = 0, wall_ns = 0, cpu_ns = 0;  // as in BlockRecord
  bool stopped = false;
  std::int32_t samples = 0;
};

// A contestant of a heat: a process that is alive, and that does nothing unless it has the turn.
class LiveContestant {
 public:
  virtual ~LiveContestant() = default;
  // False after any failure: it gets no further turn, and end() returns the reason.
  [[nodiscard]] virtual bool races() const = 0;
  // Gives it the turn, and returns when it has answered and is still again. No value: it failed. An Error: the race
  // itself cannot go on.
  [[nodiscard]] virtual Result<std::optional<Turn>> turn(std::int64_t first_input) = 0;
  // Lets the process end, or ends it. Call it once. The record holds the first inference and the samples of all turns.
  [[nodiscard]] virtual Result<ProcessRecord> end() = 0;
};

class Runner {
 public:
  virtual ~Runner() = default;
  // An Error: the race itself cannot go on (no process can be spawned). Every failure of a contestant is a record.
  [[nodiscard]] virtual Result<ProcessRecord> run(const ProcessRequest& request) = 0;
  // Returns when the contestant is ready for its first turn, or has failed.
  [[nodiscard]] virtual Result<std::unique_ptr<LiveContestant>> start(const ProcessRequest& request) = 0;
  // Runs a command without measuring it. An Error: it does not exit with 0 in time.
  [[nodiscard]] virtual kite::Status run_unmeasured(const Argv& argv, double timeout_s) = 0;
  [[nodiscard]] virtual std::int64_t now_ns() = 0;  // CLOCK_MONOTONIC
  [[nodiscard]] virtual double stolen_ms() = 0;     // of all processors since the machine started
  // Bytes of memory that new processes can use before others suffer; 0: not known.
  [[nodiscard]] virtual std::uint64_t available_bytes() = 0;
};

struct Progress {
  std::string what;  // "round 3 of 14: onnxruntime-python on regnet_x_400mf, no_pre"
  Purpose purpose = Purpose::kRound;
  std::int32_t round = 0, rounds = 0;  // rounds: 0 while not decided
  std::int32_t heat = 0, heats = 0;    // of purpose kHeat
  std::int64_t done = 0, total = 0;    // processes
  double seconds_left = -1;            // -1: not known yet
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void starts(const Progress& progress) = 0;
  virtual void ended(const ProcessRecord& record) = 0;
  virtual void noted(const NoteRecord& note) = 0;
};

}  // namespace kite::race
