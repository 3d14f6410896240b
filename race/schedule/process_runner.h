// SPDX-License-Identifier: Apache-2.0
// The Runner of real races: it spawns the process, measures the machine's noise before and after,
// and checks the output.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "race/schedule/race_setup.h"
#include "race/spawn/noise.h"
#include "race/spawn/spawner.h"

namespace kite::race {

// Puts the output of an ok process into its record, or makes the record failed with the reason (line by line, see
// protocol.h and plausibility.h). If a program does not speak the protocol and has no answer, its record remains ok and
// says why there is none.
void take_output(std::string_view output, const ProcessRequest& request, ProcessRecord& record);

// The end of standard error, which holds the reason of a failure.
[[nodiscard]] std::string last_line(const std::string& text);
// Writes the standard error of the process into a file below the race's folder.
[[nodiscard]] kite::Status take_log(const SpawnOutcome& outcome, const ProcessRequest& request,
                                    const std::string& folder, ProcessRecord& record);
// Adds output, reason and log of a process that has ended to `record`, which was filled from its outcome. An Error: the
// log cannot be written.
[[nodiscard]] kite::Status take_outcome(const SpawnOutcome& outcome, std::string_view output,
                                        const ProcessRequest& request, const std::string& folder,
                                        ProcessRecord& record);

struct ProcessRunnerOptions {
  std::string folder;     // of the race; logs are written below it
  std::vector<int> cpus;  // the contestants' processors; empty: all
  bool counters = true;   // perf events
  const std::atomic<bool>* interrupted = nullptr;
};

class ProcessRunner final : public Runner {
 public:
  ProcessRunner(Spawner spawner, ProcessRunnerOptions options)
      : spawner_(std::move(spawner)), options_(std::move(options)) {}

  [[nodiscard]] Result<ProcessRecord> run(const ProcessRequest& request) override;
  [[nodiscard]] Result<std::unique_ptr<LiveContestant>> start(const ProcessRequest& request) override;
  [[nodiscard]] kite::Status run_unmeasured(const Argv& argv, double timeout_s) override;
  [[nodiscard]] std::int64_t now_ns() override;
  [[nodiscard]] double stolen_ms() override;
  [[nodiscard]] std::uint64_t available_bytes() override;

 private:
  // The record is always ok: if a count could not be made, its counter has the reason, since that is not an error of
  // the contestant.
  [[nodiscard]] ProcessRecord count_instructions(const ProcessRequest& request);
  [[nodiscard]] SpawnRequest spawn_request(const ProcessRequest& request) const;

  Spawner spawner_;
  ProcessRunnerOptions options_;
  NoiseWatch noise_;
};

}  // namespace kite::race
