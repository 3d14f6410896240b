// SPDX-License-Identifier: Apache-2.0
// A runner for tests: its contestants follow a script instead of running a program, and its clock moves
// only when they run.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "race/schedule/race_setup.h"

namespace kite::race {

struct MockContestant {
  double start_ms = 50, sample_ms = 2;
  double process_sd = 0.01, sample_sd = 0.05;  // relative
  double logit_error = 0;                      // relative to the largest logit
  std::int32_t fails_from = 1 << 30;           // this many of its processes are ok, all later ones fail
  std::int32_t fails_in_block = 1 << 30;       // the block in which each of its processes in a heat fails
};

class MockRunner final : public Runner {
 public:
  Result<ProcessRecord> run(const ProcessRequest& request) override;
  Result<std::unique_ptr<LiveContestant>> start(const ProcessRequest& request) override;
  kite::Status run_unmeasured(const Argv& argv, double timeout_s) override;
  std::int64_t now_ns() override { return now_ns_; }
  double stolen_ms() override { return 0; }
  std::uint64_t available_bytes() override { return 0; }

  std::map<std::string, MockContestant> contestants;
  std::vector<ProcessRequest> requests;
  std::int32_t unmeasured = 0;
  double oracle_ms = 1000;
  std::function<void(const ProcessRequest&, ProcessRecord&)> meddle;  // may change a record at the end
  std::function<void()> before_run;                                   // e.g. sets `interrupted`
  std::vector<std::int32_t> turns;                                    // cells, in the order in which they had the turn

 private:
  friend class MockLive;
  std::map<std::string, std::int32_t> ran_;
  std::int64_t now_ns_ = 1'000'000'000;
};

// A race of `contestants` (the first is the reference) and a control on `models` models in all modes, with `pictures`
// inputs; files lie below `folder`.
RaceSetup mock_setup(const std::string& folder, const std::vector<std::string>& contestants, int models, int pictures);

// What the models compute: 5 classes.
std::vector<float> mock_logits(std::int64_t picture);

}  // namespace kite::race
