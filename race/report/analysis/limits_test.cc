// SPDX-License-Identifier: Apache-2.0
#include "race/report/analysis/limits.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

Result<std::vector<Limit>> parsed(const std::vector<std::string>& texts) { return parse_limits(texts); }

std::string error_of(const std::vector<std::string>& texts) {
  const auto limits = parsed(texts);
  return limits.ok() ? "it was accepted" : limits.error().message();
}

TEST(limits, a_measure_and_a_percentage_is_a_limit) {
  const auto limits = parsed({"label=3%", "steady=2", "memory=12.5 %"});
  ASSERT_TRUE(limits.ok()) << limits.error().message();
  ASSERT_EQ(limits->size(), 3U);
  EXPECT_EQ((*limits)[0].of.measure, Measure::kLabel);
  EXPECT_DOUBLE_EQ((*limits)[0].share, 0.03);
  EXPECT_EQ((*limits)[1].of.modes, std::vector{Mode::kNoPre});
  EXPECT_DOUBLE_EQ((*limits)[1].share, 0.02);
  EXPECT_DOUBLE_EQ((*limits)[2].share, 0.125);
  for (const char* name : {"label", "whole", "load", "first", "steady", "inc_pre", "memory"}) {
    EXPECT_TRUE(parsed({std::string(name) + "=1%"}).ok()) << name;
  }
}

TEST(limits, an_unknown_measure_lists_those_that_there_are) {
  const std::string error = error_of({"lable=3%"});
  EXPECT_NE(error.find("\"lable\""), std::string::npos) << error;
  for (const char* name : {"label", "whole", "load", "first", "steady", "inc_pre", "memory"}) {
    EXPECT_NE(error.find(name), std::string::npos) << name;
  }
}

TEST(limits, what_is_no_percentage_is_refused) {
  for (const char* text : {"label", "label=", "label=three", "label=3%%", "label=-3%", "label=0", "label=nan%",
                           "label=inf", "label=3x", "label=1e9", "label=0x3", "label= 3"}) {
    EXPECT_NE(error_of({text}).find("not a percentage"), std::string::npos) << text << ": " << error_of({text});
  }
}

TEST(limits, one_measure_has_one_limit) {
  EXPECT_NE(error_of({"label=3%", "label=4%"}).find("two limits"), std::string::npos);
}

}  // namespace
}  // namespace kite::race
