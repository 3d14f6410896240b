// SPDX-License-Identifier: Apache-2.0
// Two races of one machine, with and without a planted change.
#include "race/report/analysis/compare.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>

#include "race/report/analysis/limits_testing.h"
#include "race/report/analysis/planted_journal.h"

namespace kite::race {
namespace {

// Small: resampling is what takes time.
Journal race(std::uint64_t seed) {
  return planted_journal({.seed = seed, .rounds = 8, .planned_rounds = 8, .samples = 16});
}

void slow_down(ProcessRecord& process, double factor) {
  for (std::int64_t* ns : {&process.wall_ns, &process.label_ns}) {
    *ns = static_cast<std::int64_t>(static_cast<double>(*ns) * factor);
  }
  for (auto& sample : process.samples) sample.ms *= factor;
}

// Of a contestant at its second version.
Journal with_change(Journal journal, std::string_view contestant, double factor) {
  for (auto& record : journal.plan.contestants) {
    if (record.id == contestant) record.versions["runtime"] = "2.0";
  }
  for (auto& process : journal.processes) {
    if (journal.plan.cells[static_cast<std::size_t>(process.cell)].contestant != contestant) continue;
    slow_down(process, factor);
  }
  return journal;
}

Journal changed(std::string_view contestant, double factor) { return with_change(race(2), contestant, factor); }

// The machine changes the times of all contestants.
Journal shifted(Journal journal, double factor) {
  for (auto& process : journal.processes) slow_down(process, factor);
  return journal;
}

// As steady as whole programs on a quiet machine, and long enough for a limit of 3 %.
Journal quiet_race(std::uint64_t seed) {
  return planted_journal(
      {.seed = seed, .rounds = 12, .planned_rounds = 12, .samples = 4, .process_noise = 0.008, .round_noise = 0.004});
}

TEST(compare_journals, finds_the_contestant_that_became_slower) {
  const auto changes = compare_journals(race(1), changed("paperkite", 1.4));
  ASSERT_TRUE(changes.ok()) << changes.error().message();
  EXPECT_TRUE(changes->slower);
  for (const auto& row : changes->rows) {
    if (row.label == "paperkite") {
      EXPECT_EQ(row.verdict, Verdict::kSlower) << mode_title(row.mode);
      EXPECT_FALSE(row.bridge);
      EXPECT_NEAR(*row.ratio, 1.4, 0.08);
    } else {
      EXPECT_TRUE(row.bridge) << row.label;
      EXPECT_NE(row.verdict, Verdict::kSlower) << row.label;
    }
  }
}

TEST(compare_journals, finds_nothing_where_nothing_changed) {
  const auto changes = compare_journals(race(1), changed("paperkite", 1));
  ASSERT_TRUE(changes.ok());
  EXPECT_FALSE(changes->slower);
  const auto again = compare_journals(race(1), changed("paperkite", 1));
  ASSERT_EQ(again->rows.size(), changes->rows.size());
  for (std::size_t i = 0; i < changes->rows.size(); ++i) EXPECT_EQ(again->rows[i].ratio, changes->rows[i].ratio);
}

TEST(compare_journals, takes_what_unchanged_contestants_differ_by_as_margin) {
  const auto changes = compare_journals(race(1), shifted(changed("paperkite", 1), 1.25));
  ASSERT_TRUE(changes.ok());
  EXPECT_GT(changes->margin, 0.2);
  EXPECT_FALSE(changes->slower);
}

TEST(compare_journals, refuses_other_machines_other_models_and_no_common_contestant) {
  Journal other = race(1);
  other.plan.machine.processor = "Another CPU";
  const auto machines = compare_journals(race(1), other);
  ASSERT_FALSE(machines.ok());
  EXPECT_NE(machines.error().what.find("different machines"), std::string::npos);
  other = race(1);
  other.plan.models[0].sha256 = "else";
  EXPECT_FALSE(compare_journals(race(1), other).ok());
  other = race(1);
  for (auto& record : other.plan.contestants) record.versions["runtime"] = "other";
  EXPECT_FALSE(compare_journals(race(1), other).ok());
}

TEST(compare_journals, names_software_that_differs) {
  Journal other = race(3);
  other.plan.machine.kernel = "7.0";
  const auto changes = compare_journals(race(1), other);
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->warnings.size(), 1U);
  EXPECT_TRUE(changes->warnings[0].starts_with("kernel was")) << changes->warnings[0];
}

TEST(limits_of_two_races, fail_where_the_whole_interval_lies_beyond) {
  const auto changes = compare_journals(quiet_race(1), with_change(quiet_race(2), "paperkite", 1.1),
                                        parsed_limits({"label=3%", "steady=3%", "memory=5%"}));
  ASSERT_TRUE(changes.ok()) << changes.error().message();
  EXPECT_EQ(changes->outcome, LimitWord::kBroken);
  for (const auto& row : changes->rows) {
    if (row.bridge) continue;
    EXPECT_EQ(row.label, "paperkite");
    ASSERT_TRUE(row.moved) << row.why;
    EXPECT_EQ(row.word, is_memory(row.measure) ? LimitWord::kHolds : LimitWord::kBroken)
        << measure_title(row.measure) << ", " << mode_title(row.mode) << ": " << row.why;
  }
  ASSERT_EQ(changes->programs.size(), 1U);
  EXPECT_EQ(changes->programs[0], "paperkite before: runtime 1.0; after: runtime 2.0");
}

TEST(limits_of_two_races, nobody_can_tell_where_the_unchanged_moved_by_more_than_the_limit) {
  for (const double factor : {1.2, 1 / 1.2}) {
    const auto changes = compare_journals(quiet_race(1), shifted(with_change(quiet_race(2), "paperkite", 1), factor),
                                          parsed_limits({"label=3%"}));
    ASSERT_TRUE(changes.ok()) << changes.error().message();
    EXPECT_EQ(changes->outcome, LimitWord::kCannotTell) << factor;
  }
  // A limit larger than the machine's change is judged, after that change is subtracted.
  const auto wide = compare_journals(quiet_race(1), shifted(with_change(quiet_race(2), "paperkite", 1), 1.2),
                                     parsed_limits({"label=30%"}));
  EXPECT_NE(wide->outcome, LimitWord::kCannotTell);
  EXPECT_NE(wide->outcome, LimitWord::kBroken);
}

TEST(limits_of_two_races, a_contestant_without_a_result_never_passes) {
  Journal broken = with_change(quiet_race(2), "paperkite", 0.5);
  for (auto& process : broken.processes) {
    if (broken.plan.cells[static_cast<std::size_t>(process.cell)].contestant != "paperkite") continue;
    process.status = Outcome::kFailed;
    process.reason = "killed by signal 11";
  }
  const auto changes = compare_journals(quiet_race(1), broken, parsed_limits({"label=3%"}));
  ASSERT_TRUE(changes.ok()) << changes.error().message();
  EXPECT_EQ(changes->outcome, LimitWord::kCannotTell);
  for (const auto& row : changes->rows) {
    EXPECT_EQ(row.why.find("signal 11") == std::string::npos, row.bridge) << row.label << ": " << row.why;
  }
}

TEST(limits_of_two_races, are_refused_where_nothing_has_changed_or_nothing_was_measured) {
  const auto same = compare_journals(race(1), race(1), parsed_limits({"label=3%"}));
  ASSERT_FALSE(same.ok());
  EXPECT_NE(same.error().message().find("is unchanged"), std::string::npos) << same.error().message();
  Journal before = race(1), after = changed("paperkite", 1);
  for (Journal* journal : {&before, &after}) {
    for (auto& process : journal->processes) process.label_ns = 0;
  }
  const auto nothing = compare_journals(before, after, parsed_limits({"whole=3%", "label=3%"}));
  ASSERT_FALSE(nothing.ok());
  EXPECT_NE(nothing.error().message().find("\"label\""), std::string::npos) << nothing.error().message();
}

TEST(limits_of_two_races, two_builds_of_one_version_are_told_apart_by_their_files) {
  Journal before = quiet_race(1), after = quiet_race(2);
  for (auto& record : before.plan.contestants) record.programs = {{"/opt/" + record.id, "00000000000000aa", 10}};
  for (auto& record : after.plan.contestants) record.programs = {{"/usr/" + record.id, "00000000000000aa", 10}};
  EXPECT_FALSE(compare_journals(before, after, parsed_limits({"label=3%"})).ok());
  for (auto& record : after.plan.contestants) {
    if (record.id == "paperkite") record.programs[0].xxh3 = "00000000000000bb";
  }
  const auto changes = compare_journals(before, after, parsed_limits({"label=3%"}));
  ASSERT_TRUE(changes.ok()) << changes.error().message();
  for (const auto& row : changes->rows) EXPECT_EQ(row.bridge, row.label != "paperkite") << row.label;
}

// The machine changes between the races: everything that it runs is slower by the same few percent.
TEST(limits_of_two_races, an_unchanged_contestant_fails_one_gate_in_twenty_at_most_and_six_percent_fails_most) {
  constexpr int kPairs = 24;
  int failed = 0, found = 0, cannot_tell = 0;
  for (std::uint64_t seed = 1; seed <= kPairs; ++seed) {
    const double machine = seed % 2 == 0 ? 1.01 : 1 / 1.01;
    const Journal before = quiet_race(seed), after = shifted(quiet_race(500 + seed), machine);
    const auto same = compare_journals(before, with_change(after, "paperkite", 1), parsed_limits({"label=3%"}));
    const auto slower = compare_journals(before, with_change(after, "paperkite", 1.06), parsed_limits({"label=3%"}));
    ASSERT_TRUE(same.ok() && slower.ok());
    failed += same->outcome == LimitWord::kBroken ? 1 : 0;
    cannot_tell += same->outcome == LimitWord::kCannotTell ? 1 : 0;
    found += slower->outcome == LimitWord::kBroken ? 1 : 0;
  }
  std::printf("%d pairs of races: unchanged fails %d, cannot tell %d; +6 %% is found in %d\n", kPairs, failed,
              cannot_tell, found);
  EXPECT_LE(failed, kPairs * 0.05);
  EXPECT_LE(cannot_tell, kPairs * 0.05);
  // If the machine was faster in the second race, its change is subtracted twice: once in the times and
  // once by the rule.
  EXPECT_GE(found, kPairs * 0.6);
}

}  // namespace
}  // namespace kite::race
