// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/heats.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "race/pairing/log_ratios.h"
#include "race/schedule/heat_plan.h"
#include "race/schedule/mock_runner.h"
#include "race/schedule/rounds.h"

namespace kite::race {
namespace {

// Races of steady inference alone: every cell of mode no_pre, the others cannot run.
class heats : public testing::Test {
 protected:
  RaceSetup setup(const std::vector<std::string>& contestants) {
    RaceSetup made = mock_setup(folder_.path(), contestants, 1, 10);
    for (std::size_t i = 0; i < made.cells.size(); ++i) {
      if (made.plan.cells[i].mode != Mode::kNoPre) made.cells[i].unready = "not in this test";
    }
    return made;
  }
  Journal race(RaceSetup& made, MockRunner& runner, RaceEnd expected = RaceEnd::kFinished) {
    auto opened = JournalWriter::resume(folder_ / "journal.jsonl", made.plan);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    auto end = run_race(made, std::move(opened->past), opened->writer, runner);
    EXPECT_TRUE(end.ok()) << end.error().message();
    if (end.ok()) {
      EXPECT_EQ(*end, expected);
    }
    return std::move(read_journal(folder_ / "journal.jsonl")).value();
  }
  static std::int32_t cell(const RaceSetup& made, const std::string& contestant) {
    for (const CellRecord& one : made.plan.cells) {
      if (one.contestant == contestant && one.mode == Mode::kNoPre) return one.id;
    }
    return -1;
  }

  TestFolder folder_;
};

std::vector<ProcessRecord> of_heats(const Journal& journal) {
  std::vector<ProcessRecord> found;
  for (const ProcessRecord& record : journal.processes) {
    if (record.purpose == Purpose::kHeat) found.push_back(record);
  }
  return found;
}

TEST_F(heats, each_process_of_a_set_has_one_turn_a_cycle_in_a_balanced_order) {
  RaceSetup made = setup({"kite", "ort", "x"});
  MockRunner runner;
  runner.contestants["x"].sample_ms = 300;  // one inference a block
  const Journal journal = race(made, runner);
  ASSERT_EQ(journal.decision->heats.size(), 1u);
  ASSERT_GE(journal.sets.size(), static_cast<std::size_t>(kFewestSets));
  for (const SetRecord& set : journal.sets) {
    ASSERT_EQ(set.blocks.size(), 4u * (kMostCycles + 1));
    std::map<std::pair<std::int32_t, std::size_t>, int> places;
    for (std::size_t i = 0; i < set.blocks.size(); ++i) {
      EXPECT_EQ(set.blocks[i].cycle, static_cast<int>(i / 4));
      EXPECT_GE(set.blocks[i].wall_ns, 99'999'999);
      if (i < 80) ++places[{set.blocks[i].cell, i % 4}];
    }
    EXPECT_EQ(places.size(), 16u);
    for (const auto& [place, n] : places) EXPECT_EQ(n, 5);
  }
  for (const ProcessRecord& process : of_heats(journal)) {
    EXPECT_EQ(process.status, Outcome::kOk) << process.reason;
    EXPECT_EQ(process.argv[process.argv.size() - 2], "--blocks");
  }
}

TEST_F(heats, find_what_was_planted) {
  RaceSetup made = setup({"kite", "slower"});
  MockRunner runner;
  runner.contestants["slower"].sample_ms = 2 * 1.03;
  const Journal journal = race(made, runner);
  const SteadyRatios found = steady_log_ratios(journal, cell(made, "slower"), cell(made, "kite"));
  ASSERT_EQ(found.log_ratios.size(), journal.sets.size());
  double sum = 0;
  for (const auto& [set, ratio] : found.log_ratios) sum += ratio;
  EXPECT_NEAR(sum / static_cast<double>(journal.sets.size()), std::log(1.03), 0.02);
  EXPECT_EQ(found.dropped, 0);
}

TEST_F(heats, go_on_until_the_control_is_narrow_and_no_further) {
  RaceSetup made = setup({"kite", "ort"});
  MockRunner quiet;
  quiet.contestants["kite"].process_sd = quiet.contestants["control"].process_sd = 0.001;
  quiet.contestants["ort"].process_sd = 0.2;  // of no weight
  EXPECT_EQ(race(made, quiet).sets.size(), static_cast<std::size_t>(kFewestSets));
  std::filesystem::remove_all(folder_.path());
  made = setup({"kite", "ort"});
  MockRunner noisy;
  noisy.contestants["kite"].process_sd = noisy.contestants["control"].process_sd = 0.1;
  EXPECT_EQ(race(made, noisy).sets.size(), static_cast<std::size_t>(kMostSets));
}

TEST_F(heats, who_dies_in_a_block_is_named_and_the_others_results_stand) {
  RaceSetup made = setup({"kite", "ort", "dies"});
  made.plan.rounds = 3;
  MockRunner runner;
  runner.contestants["dies"].fails_in_block = 5;
  const Journal journal = race(made, runner);
  int failed = 0;
  for (const ProcessRecord& process : of_heats(journal)) {
    const bool dies = process.cell == cell(made, "dies");
    EXPECT_EQ(process.status, dies ? Outcome::kFailed : Outcome::kOk);
    failed += dies ? 1 : 0;
  }
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(steady_log_ratios(journal, cell(made, "ort"), cell(made, "kite")).log_ratios.size(), 3u);
  EXPECT_TRUE(steady_log_ratios(journal, cell(made, "dies"), cell(made, "kite")).log_ratios.empty());
}

TEST_F(heats, who_fails_in_three_sets_is_given_up) {
  RaceSetup made = setup({"kite", "dies"});
  MockRunner runner;
  runner.contestants["kite"].process_sd = runner.contestants["control"].process_sd = 0.1;
  runner.contestants["dies"].fails_in_block = 0;
  const Journal journal = race(made, runner);
  int tried = 0;
  for (const ProcessRecord& process : of_heats(journal)) tried += process.cell == cell(made, "dies") ? 1 : 0;
  EXPECT_EQ(tried, 3);
  EXPECT_GT(journal.sets.size(), 3u);
}

TEST_F(heats, without_the_reference_there_is_nothing_to_compare_and_they_end) {
  RaceSetup made = setup({"kite", "ort"});
  MockRunner runner;
  runner.contestants["kite"].fails_in_block = 2;
  const Journal journal = race(made, runner);
  EXPECT_EQ(journal.sets.size(), 3u);
  for (const SetRecord& set : journal.sets) EXPECT_LE(set.blocks.size(), 9u);
}

TEST_F(heats, other_classes_than_in_the_pass_are_unequal) {
  RaceSetup made = setup({"kite", "cheat"});
  made.plan.rounds = 2;
  MockRunner runner;
  runner.meddle = [](const ProcessRequest& request, ProcessRecord& record) {
    if (request.cell.contestant != "cheat" || request.purpose != Purpose::kHeat) return;
    for (Sample& sample : record.samples) sample.index = 1;
  };
  for (const ProcessRecord& record : of_heats(race(made, runner))) {
    EXPECT_EQ(record.status, record.cell == cell(made, "cheat") ? Outcome::kUnequal : Outcome::kOk) << record.reason;
  }
}

TEST_F(heats, an_interrupted_set_is_run_again_and_complete_ones_are_not) {
  RaceSetup made = setup({"kite", "ort"});
  made.plan.rounds = 4;
  MockRunner whole;
  const Journal expected = race(made, whole);
  for (const std::size_t after : {1, 100, 150, 250}) {
    std::filesystem::remove_all(folder_.path());
    RaceSetup again = setup({"kite", "ort"});
    again.plan.rounds = 4;
    std::atomic<bool> stop = false;
    again.interrupted = &stop;
    MockRunner runner;
    runner.before_run = [&] { stop = runner.turns.size() >= after; };
    const Journal partial = race(again, runner, RaceEnd::kInterrupted);
    EXPECT_LT(partial.sets.size(), 4u);
    stop = false;
    MockRunner rest;
    const Journal resumed = race(again, rest);
    ASSERT_EQ(resumed.sets.size(), expected.sets.size());
    for (std::size_t i = 0; i < resumed.sets.size(); ++i) {
      ASSERT_EQ(resumed.sets[i].blocks.size(), expected.sets[i].blocks.size());
      for (std::size_t b = 0; b < resumed.sets[i].blocks.size(); ++b) {
        EXPECT_EQ(resumed.sets[i].blocks[b].cell, expected.sets[i].blocks[b].cell);
        EXPECT_EQ(resumed.sets[i].blocks[b].wall_ns, expected.sets[i].blocks[b].wall_ns);
      }
    }
  }
}

}  // namespace
}  // namespace kite::race
