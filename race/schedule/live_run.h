// SPDX-License-Identifier: Apache-2.0
// A contestant of a heat as a process: a line gives it the turn, it answers with a line, and every turn is checked.
//
// Each of these ends the process's own set with a reason; the other contestants go on:
//   1. it does not answer in time, or it ends;
//   2. its answer is for another block or for other inputs;
//   3. it prints a line without having the turn, or works while another process has it;
//   4. the times that it reports do not fill its block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "race/schedule/race_setup.h"
#include "race/spawn/live_process.h"

namespace kite::race {

class LiveRun final : public LiveContestant {
 public:
  // Starts the process and waits until it is ready or has failed. `folder`: the race's folder, for the log.
  [[nodiscard]] static Result<std::unique_ptr<LiveRun>> start(const Spawner& spawner, const SpawnRequest& spawn,
                                                              const ProcessRequest& request, std::string folder);

  [[nodiscard]] bool races() const override { return status_ == Outcome::kOk; }
  [[nodiscard]] Result<std::optional<Turn>> turn(std::int64_t first_input) override;
  [[nodiscard]] Result<ProcessRecord> end() override;

 private:
  LiveRun(const SpawnRequest& spawn, const ProcessRequest& request, std::string folder)
      : spawn_(spawn), request_(request), folder_(std::move(folder)) {}
  void fail(Outcome status, std::string reason);
  void fail_unanswered(LiveProcess::Heard heard, const std::string& when);
  [[nodiscard]] std::string offence_while_waiting();
  [[nodiscard]] std::string doubt(const Turn& turn, double claimed_ms);
  bool settle();

  SpawnRequest spawn_;
  ProcessRequest request_;
  std::string folder_;
  std::unique_ptr<LiveProcess> process_;
  Outcome status_ = Outcome::kOk;
  std::string reason_;
  std::string said_;  // its output without the answers of blocks
  std::vector<Sample> samples_;
  std::int64_t blocks_ = 0;
  bool stopped_ = false;
  std::int64_t rest_cpu_ns_ = 0, rest_ns_ = 0;  // when its last turn was over
  std::int64_t worked_ns_ = 0, waited_ns_ = 0;  // in all its pauses
  int doubtful_in_a_row_ = 0;
};

}  // namespace kite::race
