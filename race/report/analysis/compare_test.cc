// SPDX-License-Identifier: Apache-2.0
// Two races of one machine, with and without a planted change.
#include "race/report/analysis/compare.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "race/report/analysis/planted_journal.h"

namespace kite::race {
namespace {

// Small: resampling is what takes time.
Journal race(std::uint64_t seed) {
  return planted_journal({.seed = seed, .rounds = 8, .planned_rounds = 8, .samples = 16});
}

Journal changed(std::string_view contestant, double factor) {
  Journal journal = race(2);
  for (auto& racer : journal.plan.contestants) {
    if (racer.id == contestant) racer.versions["runtime"] = "2.0";
  }
  for (auto& process : journal.processes) {
    if (journal.plan.cells[static_cast<std::size_t>(process.cell)].contestant != contestant) continue;
    process.wall_ns = static_cast<std::int64_t>(static_cast<double>(process.wall_ns) * factor);
    for (auto& sample : process.samples) sample.ms *= factor;
  }
  return journal;
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
  Journal slower_machine = changed("paperkite", 1);
  for (auto& process : slower_machine.processes) {
    process.wall_ns = process.wall_ns * 5 / 4;
    for (auto& sample : process.samples) sample.ms *= 1.25;
  }
  const auto changes = compare_journals(race(1), slower_machine);
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
  for (auto& racer : other.plan.contestants) racer.versions["runtime"] = "other";
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

}  // namespace
}  // namespace kite::race
