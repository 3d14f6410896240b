// SPDX-License-Identifier: Apache-2.0
// Two builds of one race, from journals with a known truth.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "race/report/analysis/compare.h"
#include "race/report/analysis/limits_testing.h"
#include "race/report/analysis/planted_journal.h"

namespace kite::race {
namespace {

constexpr const char* kBase = "paperkite";
constexpr const char* kNew = "pytorch";

struct Truth {
  std::uint64_t seed = 1;
  std::int32_t rounds = 12;
  double factor = 1;  // of the new build's times, to the base's
  double memory = 1;
  double control_factor = 1;
  double noise = 0.012;  // sd of the ln of a process's own factor, about that of whole programs
};

// The new build is the base once more, as if another process ran in each round, times the factor.
Journal race_of(const Truth& truth) {
  Journal journal = planted_journal({.seed = truth.seed,
                                     .rounds = truth.rounds,
                                     .planned_rounds = truth.rounds,
                                     .samples = 8,
                                     .process_noise = truth.noise,
                                     .control_factor = truth.control_factor});
  const PlantedTruth base = planted_truths().at(kBase), slow = planted_truths().at(kNew);
  for (ContestantRecord& contestant : journal.plan.contestants) {
    if (contestant.id == kBase) contestant.programs = {{"/old/kite", "00000000000000aa", 1000}};
    if (contestant.id == kNew) contestant.programs = {{"/new/kite", "00000000000000bb", 1001}};
  }
  for (ProcessRecord& process : journal.processes) {
    if (journal.plan.cells[static_cast<std::size_t>(process.cell)].contestant != kNew) continue;
    const double share = base.steady / slow.steady * truth.factor;
    const auto scaled = [share](std::int64_t ns) { return static_cast<std::int64_t>(static_cast<double>(ns) * share); };
    process.wall_ns = scaled(process.wall_ns);
    process.label_ns = scaled(process.label_ns);
    for (auto& sample : process.samples) sample.ms *= share;
    process.peak_rss_bytes = static_cast<std::uint64_t>(static_cast<double>(process.peak_rss_bytes) * base.memory /
                                                        slow.memory * truth.memory);
  }
  return journal;
}

LimitWord outcome(const Truth& truth, const std::vector<std::string>& texts) {
  const auto changes = compare_builds(race_of(truth), kBase, kNew, parsed_limits(texts));
  EXPECT_TRUE(changes.ok()) << changes.error().message();
  return changes.ok() ? changes->outcome : LimitWord::kCannotTell;
}

TEST(compare_builds, tells_a_slower_build_by_its_limit) {
  const auto changes = compare_builds(race_of({.factor = 1.1}), kBase, kNew, parsed_limits({"label=3%", "memory=10%"}));
  ASSERT_TRUE(changes.ok()) << changes.error().message();
  EXPECT_EQ(changes->outcome, LimitWord::kBroken);
  EXPECT_EQ(changes->programs[0], "paperkite: runtime 1.0, /old/kite, 1000 bytes, XXH3 00000000000000aa");
  int judged = 0, controls = 0;
  for (const RaceChange& row : changes->rows) {
    controls += row.bridge ? 1 : 0;
    if (row.bridge) continue;
    ++judged;
    ASSERT_TRUE(row.interval) << row.why;
    if (row.measure == Measure::kLabel) {
      EXPECT_EQ(row.word, LimitWord::kBroken);
      EXPECT_NEAR(*row.ratio, 1.1, 0.03);
      EXPECT_EQ(row.n_after, 12);
    } else {
      EXPECT_EQ(row.word, LimitWord::kHolds) << measure_title(row.measure) << row.why;
    }
  }
  EXPECT_EQ(judged, 2 + 6);  // two models; memory is read in three modes
  EXPECT_EQ(controls, judged);
}

TEST(compare_builds, says_what_each_word_is_worth) {
  EXPECT_EQ(outcome({.factor = 0.8}, {"label=3%", "steady=2%"}), LimitWord::kHolds);
  EXPECT_EQ(outcome({.memory = 1.2}, {"memory=10%"}), LimitWord::kBroken);
  EXPECT_EQ(outcome({.memory = 1.2}, {"memory=30%"}), LimitWord::kHolds);
  // Five rounds have no interval of 95 %: no limit is broken or holds.
  EXPECT_EQ(outcome({.rounds = 5, .factor = 3}, {"label=3%"}), LimitWord::kUndecided);
}

TEST(compare_builds, cannot_tell_where_the_reference_differs_from_itself_by_more_than_the_limit) {
  const Truth moved{.factor = 1.5, .control_factor = 1.2};
  EXPECT_EQ(outcome(moved, {"label=3%"}), LimitWord::kCannotTell);
  // A limit far above the control's difference is judged as well, after that difference is subtracted.
  const auto changes = compare_builds(race_of(moved), kBase, kNew, parsed_limits({"label=30%"}));
  ASSERT_TRUE(changes.ok());
  for (const RaceChange& row : changes->rows) {
    if (row.bridge) continue;
    EXPECT_NE(row.word, LimitWord::kCannotTell) << row.why;
    EXPECT_LT(row.interval->low, 1.5 / 1.15);
  }
}

TEST(compare_builds, cannot_tell_of_a_build_that_fails_or_answers_something_else) {
  for (const char* bad : {"crashy", "blurry", "absent"}) {
    const auto changes = compare_builds(race_of({}), kBase, bad, parsed_limits({"label=3%"}));
    if (std::string_view(bad) == "absent") {
      EXPECT_FALSE(changes.ok());  // it has no cells, so nothing was measured
      continue;
    }
    ASSERT_TRUE(changes.ok()) << changes.error().message();
    EXPECT_GE(changes->outcome, LimitWord::kCannotTell) << bad;
    EXPECT_TRUE(std::any_of(changes->rows.begin(), changes->rows.end(), [](const RaceChange& row) {
      return row.word == LimitWord::kCannotTell && !row.why.empty();
    })) << bad;
  }
}

TEST(compare_builds, refuses_what_the_race_does_not_have) {
  const Journal journal = race_of({});
  const auto unknown = compare_builds(journal, "old", kNew, parsed_limits({"label=3%"}));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::kUsage);
  EXPECT_NE(unknown.error().message().find("--base; there are onnxruntime-python, onnx"), std::string::npos);
  EXPECT_FALSE(compare_builds(journal, kBase, "control", parsed_limits({"label=3%"})).ok());
  Journal whole = journal;
  std::erase_if(whole.processes, [&](const ProcessRecord& process) {
    return whole.plan.cells[static_cast<std::size_t>(process.cell)].mode != Mode::kOneshot;
  });
  for (auto& cell : whole.plan.cells) cell.mode = Mode::kOneshot;
  const auto nothing = compare_builds(whole, kBase, kNew, parsed_limits({"label=3%", "steady=3%"}));
  ASSERT_FALSE(nothing.ok());
  EXPECT_NE(nothing.error().message().find("\"steady\""), std::string::npos) << nothing.error().message();
}

TEST(compare_builds, without_limits_judges_the_main_measures_by_the_margin) {
  const auto changes = compare_builds(race_of({.factor = 1.2}), kBase, kNew);
  ASSERT_TRUE(changes.ok()) << changes.error().message();
  EXPECT_TRUE(changes->slower);
  EXPECT_FALSE(compare_builds(race_of({}), kBase, kNew)->slower);
}

// Whole races, judged by the functions that `kite race compare` calls. The limits allow for two standard errors of that
// number of races.
TEST(compare_builds, an_unchanged_build_fails_one_gate_in_twenty_at_most_and_six_percent_fails_most) {
  constexpr int kRaces = 100;
  int failed = 0, at_the_limit = 0, found = 0;
  for (std::uint64_t seed = 1; seed <= kRaces; ++seed) {
    failed += outcome({.seed = seed}, {"label=3%"}) == LimitWord::kBroken ? 1 : 0;
    at_the_limit += outcome({.seed = 1000 + seed, .factor = 1.03}, {"label=3%"}) == LimitWord::kBroken ? 1 : 0;
    found += outcome({.seed = 2000 + seed, .factor = 1.06}, {"label=3%"}) == LimitWord::kBroken ? 1 : 0;
  }
  std::printf("%d races of two models: unchanged fails %d, at the limit %d, +6 %% is found in %d\n", kRaces, failed,
              at_the_limit, found);
  EXPECT_LE(failed, kRaces * 0.05);
  EXPECT_LE(at_the_limit, kRaces * 0.10);
  EXPECT_GE(found, kRaces * 0.8);
}

}  // namespace
}  // namespace kite::race
