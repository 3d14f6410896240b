// SPDX-License-Identifier: Apache-2.0
// Limits as text, their errors, and the budget that is counted down from them.
#include "base/limits.h"

#include <gtest/gtest.h>

#include <set>

#include "base/budget.h"

namespace kite {
namespace {

TEST(Limits, each_row_can_be_stated_by_its_name_and_has_a_default_within_its_range) {
  std::set<std::string_view> names;
  for (const LimitRow& row : all_limits()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GE(row.standard, 0) << row.name;
    EXPECT_LE(row.standard, row.highest) << row.name;
    EXPECT_FALSE(row.unit.empty() || row.meaning.empty()) << row.name;
    StatedLimits stated;
    ASSERT_TRUE(add_limit(stated, std::string(row.name) + "=7", "--limit").ok()) << row.name;
    const auto limits = limits_of(stated);
    ASSERT_TRUE(limits.ok()) << row.name;
    EXPECT_EQ((*limits)[static_cast<Limit>(&row - all_limits().data())], 7) << row.name;
  }
}

std::string refusal(std::string_view text) {
  StatedLimits stated{{"labels", 5}};
  const Status status = add_limit(stated, text, "--limit");
  if (status.ok()) return "ok";
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_EQ(status.error().where, "--limit");
  return status.error().what;
}

TEST(Limits, what_is_no_limit_is_a_usage_error) {
  EXPECT_EQ(refusal("pixels"), "\"pixels\" states no limit");
  EXPECT_EQ(refusal("pixel=4"), "there is no limit \"pixel\"");
  EXPECT_EQ(refusal("pixels=-4"), "the limit pixels cannot be -4");
  EXPECT_EQ(refusal("pixels=4.5"), "the limit pixels cannot be \"4.5\"");
  EXPECT_EQ(refusal("pixels=5MB"), "the limit pixels cannot be \"5MB\"");
  EXPECT_EQ(refusal("pixels="), "the limit pixels cannot be \"\"");
  EXPECT_EQ(refusal("pixels=99999999999999999999"), "the limit pixels cannot be \"99999999999999999999\"");
  EXPECT_EQ(refusal("codec-bytes=-1"), "the limit codec-bytes cannot be \"-1\"");
  EXPECT_EQ(refusal("graph-depth=65"), "the limit graph-depth cannot be 65");
  EXPECT_EQ(refusal("labels=4"), "the limit labels is stated twice");
  EXPECT_EQ(refusal("codec-bytes=5MB"), "ok");
  EXPECT_EQ(limits_of({{"nothing", 1}}).error().what, "there is no limit \"nothing\"");
  EXPECT_EQ(limits_of({{"nodes", -1}}).error().what, "the limit nodes cannot be -1");
}

TEST(Limits, an_error_says_how_the_limit_is_raised_where_it_can_be) {
  const Limits limits;
  EXPECT_EQ(
      limits.over(Limit::kScans, "the JPEG", "p.jpg", "save it again").message(),
      "the JPEG has more than 200 scans; p.jpg; save it again, or raise the limit with --limit scans=NUMBER where "
      "the file is to be trusted");
  EXPECT_EQ(limits.over(Limit::kGraphDepth, "the model").message(),
            "the model has more than 64 levels of graphs; give a file with fewer; this limit cannot be raised");
  EXPECT_EQ(limits.over(Limit::kScans, "the JPEG").code, ErrorCode::kLimit);
}

TEST(Limits, a_model_that_no_value_of_a_limit_lets_in_is_unsupported) {
  Limits limits;
  EXPECT_EQ(limits.over(Limit::kGraphDepth, "the model").code, ErrorCode::kUnsupportedModel);
  EXPECT_EQ(limits.over(Limit::kLabels, "the text").code, ErrorCode::kLimit);
  const std::int64_t most = row_of(Limit::kNodes).highest;
  EXPECT_EQ(limits.over(Limit::kNodes, "the model", {}, {}, most).code, ErrorCode::kLimit);
  const Error error = limits.over(Limit::kNodes, "the model", {}, {}, most + 1);
  EXPECT_EQ(error.code, ErrorCode::kUnsupportedModel);
  EXPECT_EQ(error.what, "the model has more than 1073741824 nodes");
  limits[Limit::kGraphDepth] = 5;
  EXPECT_EQ(limits.over(Limit::kGraphDepth, "the model").code, ErrorCode::kLimit);
}

TEST(Limits, only_what_a_plan_depends_on_belongs_to_its_key) {
  EXPECT_EQ(Limits().model_text(), "");
  EXPECT_EQ(limits_of({{"nodes", 5}, {"pixels", 7}, {"labels", 8}, {"memory", 9}})->model_text(), "nodes=5");
}

TEST(Budget, counts_down_and_stays_used_up) {
  Limits limits;
  limits[Limit::kNodes] = 3;
  Budget budget(limits);
  EXPECT_TRUE(budget.charge(Limit::kNodes, 2).ok());
  EXPECT_EQ(budget.spent(Limit::kNodes), 2);
  EXPECT_EQ(budget.charge(Limit::kNodes, std::int64_t{1} << 62).error().what, "the model has more than 3 nodes");
  EXPECT_FALSE(budget.take(Limit::kNodes, 0));
}

TEST(Budget, constants_grow_with_the_file_unless_their_limit_was_lowered) {
  Budget budget;
  const std::int64_t before = budget.left(Limit::kConstantBytes);
  budget.grow(1000);
  EXPECT_EQ(budget.left(Limit::kConstantBytes), before + 16'000);
  Limits limits;
  limits[Limit::kConstantSteps] = 10;
  Budget little(limits);
  little.grow(std::int64_t{1} << 40);
  EXPECT_EQ(little.left(Limit::kConstantSteps), 10);
  EXPECT_EQ(little.left(Limit::kConstantBytes), std::int64_t{1} << 32);
}

}  // namespace
}  // namespace kite
