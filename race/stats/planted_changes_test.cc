// SPDX-License-Identifier: Apache-2.0
// Two races of contestants that did not change, on machines whose noise was recorded, judged as `kite race compare`
// does. The tests count how often a contestant is called slower. Seeds are fixed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "race/stats/bootstrap.h"
#include "race/stats/planted.h"
#include "race/stats/regression.h"
#include "race/stats/work_series.h"

namespace kite::race {
namespace {

// The project's folder is where tests run.
std::vector<double> recorded_logs(const std::string& name) {
  std::ifstream file("race/stats/recorded/" + name + ".csv");
  std::ostringstream text;
  text << file.rdbuf();
  const auto work = work_series_from_csv(text.str());
  EXPECT_TRUE(work.ok()) << (work.ok() ? "" : work.error().message());
  std::vector<double> logs;
  if (work.ok()) {
    for (const WorkBlock& block : work->series.front().blocks) logs.push_back(std::log(block.piece_ms));
  }
  return logs;
}

struct GateOptions {
  int gates = 100;
  int rounds = 10;
  int unchanged = 1;  // contestants that both races know to be the same
  int changed = 3;    // contestants that are of another version
  double ratio = 1;   // by which those became slower in truth
  double process_sd = kBetweenProcessSd;
  double between_races = 0;  // sd in ln of the machine's change from one day to the next
};

using Processes = std::vector<std::vector<double>>;  // of one contestant: the samples of each process

// Whole programs: one sample a process, all contestants in every round.
std::vector<Processes> run_race(const GateOptions& options, double ratio, std::span<const double> series,
                                Planted& planted) {
  RecordedMachine machine(series);
  const double day = options.between_races * planted.normal();
  std::vector<Processes> all(static_cast<std::size_t>(options.unchanged + options.changed));
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool changed = i >= static_cast<std::size_t>(options.unchanged);
      const double factor = std::exp(machine.next(planted) + day);
      all[i].push_back({factor * planted.process(changed ? 10 * ratio : 10, options.process_sd)});
    }
  }
  return all;
}

struct GateTally {
  int failed = 0;  // gates that called a changed contestant slower
  int covered = 0;
  double drift = 0;
};

GateTally gates(const std::string& name, const GateOptions& options, std::uint64_t seed) {
  const std::vector<double> series = recorded_logs(name);
  Planted planted(seed);
  GateTally tally;
  for (int gate = 0; gate < options.gates; ++gate) {
    const auto before = run_race(options, 1, series, planted),
               after = run_race(options, options.ratio, series, planted);
    std::vector<Change> changes;
    for (std::size_t i = 0; i < before.size(); ++i) {
      BootstrapRules rules;
      rules.resamples = 300;
      rules.seed = 1;
      changes.push_back(
          {hierarchical_bootstrap_ratio(after[i], before[i], rules), i < static_cast<std::size_t>(options.unchanged)});
    }
    const ChangesJudged judged = judge_changes(changes, 0.02);
    tally.failed += judged.regressed ? 1 : 0;
    tally.drift += judged.drift.value_or(0) / options.gates;
    const Interval& interval = changes.back().estimate.interval;
    tally.covered += interval.low <= options.ratio && options.ratio <= interval.high ? 1 : 0;
  }
  std::printf(
      "%s: %d gates, %d rounds, %d unchanged, %d changed by %.2f, sd %.3f, between races %.3f: slower in %d, "
      "covered %d, drift %.3f\n",
      name.c_str(), options.gates, options.rounds, options.unchanged, options.changed, options.ratio,
      options.process_sd, options.between_races, tally.failed, tally.covered, tally.drift);
  return tally;
}

TEST(PlantedChanges, on_a_machine_that_stayed_the_same_nobody_is_called_slower) {
  EXPECT_LE(gates("quiet_1", {.changed = 8}, 1).failed, 1);
  EXPECT_LE(gates("busy_1", {.changed = 8}, 1).failed, 5);
}

// The machine changes by 5 % (sd) from one day to the next. The contestants that did not change show by how much. If
// there is only one, its own noise is taken for the machine's. Then, with more contestants to judge, more than one gate
// in twenty calls a contestant slower. That is why the report says "race once more" (report/document/changes.cc).
TEST(PlantedChanges, on_a_machine_that_changed_more_unchanged_contestants_are_fewer_false_alarms) {
  const GateTally one = gates("quiet_1", {.unchanged = 1, .changed = 8, .between_races = 0.05}, 2);
  const GateTally three = gates("quiet_1", {.unchanged = 3, .changed = 8, .between_races = 0.05}, 2);
  EXPECT_LE(one.failed, 15);
  EXPECT_LE(three.failed, 5);
}

TEST(PlantedChanges, who_became_slower_by_a_tenth_is_found_on_a_quiet_machine) {
  EXPECT_GE(gates("quiet_1", {.ratio = 1.1}, 3).failed, 95);
}

}  // namespace
}  // namespace kite::race
