// SPDX-License-Identifier: Apache-2.0
// What the scheduler has to know of a race, and the two things it talks to: who runs a process, who shows progress.
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
  std::int64_t inputs = 1;  // pictures or tensors it can take without repeating one; a pass takes them all
  std::function<Argv(std::int64_t count)> argv;
};

// For the judge of one model.
struct RaceModel {
  std::string inputs;  // .npy [N, C, H, W], the recipe's tensors
  std::function<Argv(const std::string& input, const std::string& output)> oracle;  // of one picture; empty: none
  std::vector<std::string> labels;  // one for each class; to find the answer in what any program prints
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
  // And the heap's peak: once for each contestant's plain form and the first model, under valgrind, where the processor
  // gave no count.
  bool count_instructions = false;
  std::int32_t pilot_rounds = 5;
  double timeout_s = 120;  // of one process of a round, and of one block; more for a pass
  std::int64_t block_ms = 100;  // of a heat, at least
  double heat_seconds = 0;      // of one heat; 0: what the budget leaves
  const std::atomic<bool>* interrupted = nullptr;
};

struct ProcessRequest {
  CellRecord cell;
  Track track = Track::kMatched;
  std::int32_t round = 0, position = 0;
  Purpose purpose = Purpose::kRound;
  std::int64_t count = 1, inputs = 1, classes = 0;
  bool speaks_protocol = true;  // else any program, in whose output an answer is looked for
  std::int32_t heat = 0;
  std::int32_t blocks = 0;  // turns that it will be given at most; argv asks for blocks
  std::vector<std::string> labels;  // then: of the model
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

// A contestant of a heat: alive, and still unless it has the turn.
class LiveContestant {
 public:
  virtual ~LiveContestant() = default;
  // False once it has failed, however: it has no further turn, and end() says why.
  [[nodiscard]] virtual bool races() const = 0;
  // Gives it the turn, and returns when it has answered and is still again; nullopt: it failed. An Error is ours.
  [[nodiscard]] virtual Result<std::optional<Turn>> turn(std::int64_t first_input) = 0;
  // Once: lets it end, or ends it. The record holds the first inference and the samples of all its turns.
  [[nodiscard]] virtual Result<ProcessRecord> end() = 0;
};

class Runner {
 public:
  virtual ~Runner() = default;
  // An Error is the race's own (nothing can be spawned); whatever the contestant does is a record.
  [[nodiscard]] virtual Result<ProcessRecord> run(const ProcessRequest& request) = 0;
  // Returns when the contestant is ready for its first turn, or has failed.
  [[nodiscard]] virtual Result<std::unique_ptr<LiveContestant>> start(const ProcessRequest& request) = 0;
  // A command that is not measured. An Error where it does not exit with 0 in time.
  [[nodiscard]] virtual kite::Status run_unmeasured(const Argv& argv, double timeout_s) = 0;
  [[nodiscard]] virtual std::int64_t now_ns() = 0;  // CLOCK_MONOTONIC
  [[nodiscard]] virtual double stolen_ms() = 0;     // of all processors since the machine started
  // That new processes can take before others suffer; 0: not known.
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
