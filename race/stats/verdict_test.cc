// SPDX-License-Identifier: Apache-2.0
// Every verdict at its limits.
#include "race/stats/verdict.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

constexpr double kSharp = 0.001;  // a resolution that is small enough for every case here

TEST(Verdict, intervals_outside_the_band_are_faster_or_slower) {
  EXPECT_EQ(verdict_of({0.90, 0.98}, 0.02, kSharp), Verdict::kFaster);
  EXPECT_EQ(verdict_of({0.90, 0.9804}, 0.02, kSharp), Verdict::kUndecided) << "1 / 1.02 = 0.98039";
  EXPECT_EQ(verdict_of({1.0201, 1.3}, 0.02, kSharp), Verdict::kSlower);
  EXPECT_EQ(verdict_of({1.0199, 1.3}, 0.02, kSharp), Verdict::kUndecided);
}

TEST(Verdict, intervals_inside_the_band_are_equivalent_ends_included) {
  EXPECT_EQ(verdict_of({0.99, 1.01}, 0.02, kSharp), Verdict::kEquivalent);
  EXPECT_EQ(verdict_of({1 / 1.02, 1.02}, 0.02, kSharp), Verdict::kEquivalent);
  EXPECT_EQ(verdict_of({0.97, 1.01}, 0.02, kSharp), Verdict::kUndecided);
  EXPECT_EQ(verdict_of({1.01, 1.015}, 0.02, kSharp), Verdict::kEquivalent) << "a difference, but a small one";
}

TEST(Verdict, a_wide_or_unbounded_interval_decides_nothing) {
  EXPECT_EQ(verdict_of({0.5, 2}, 0.02, kSharp), Verdict::kUndecided);
  EXPECT_EQ(verdict_of(RatioEstimate{}.interval, 0.02, kSharp), Verdict::kUndecided);
}

TEST(Verdict, resolution_gates_equivalent_and_nothing_else) {
  for (const auto& resolution : {std::optional<double>(), std::optional(0.021)}) {
    EXPECT_EQ(verdict_of({0.99, 1.01}, 0.02, resolution), Verdict::kUndecided);
    EXPECT_EQ(verdict_of({0.90, 0.98}, 0.02, resolution), Verdict::kFaster);
    EXPECT_EQ(verdict_of({1.03, 1.3}, 0.02, resolution), Verdict::kSlower);
  }
  EXPECT_EQ(verdict_of({0.99, 1.01}, 0.02, 0.02), Verdict::kEquivalent);
}

TEST(Verdict, words_are_those_of_the_files) {
  EXPECT_EQ(verdict_name(Verdict::kFaster), "faster");
  EXPECT_EQ(verdict_name(Verdict::kSlower), "slower");
  EXPECT_EQ(verdict_name(Verdict::kEquivalent), "equivalent");
  EXPECT_EQ(verdict_name(Verdict::kUndecided), "undecided");
}

}  // namespace
}  // namespace kite::race
