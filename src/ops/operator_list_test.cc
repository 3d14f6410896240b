// SPDX-License-Identifier: Apache-2.0
// What must hold for every operator, so that an operator cannot be added without its tests.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "ops/op.h"

namespace kite {
namespace {

// "Conv" of paperkite is tested by the suite InternalConv, one of ai.onnx by a suite of its own name.
std::string suite_of(const Operator& op) {
  return (op.domain == kInternalDomain ? "Internal" : "") + std::string(op.name);
}

// Suites with at least one enabled test. A parameterised suite is called "Instance/Suite": the instance counts.
std::set<std::string> tested_suites() {
  std::set<std::string> names;
  const testing::UnitTest& unit = *testing::UnitTest::GetInstance();
  for (int i = 0; i < unit.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *unit.GetTestSuite(i);
    const std::string name = suite.name();
    for (int k = 0; k < suite.total_test_count(); ++k) {
      const bool enabled = std::string(suite.GetTestInfo(k)->name()).rfind("DISABLED_", 0) != 0;
      if (enabled) names.insert(name.substr(0, name.find('/')));
    }
  }
  return names;
}

TEST(OperatorList, every_operator_has_a_test_suite_of_its_name) {
  const std::set<std::string> suites = tested_suites();
  for (const Operator* op : all_operators()) {
    EXPECT_TRUE(suites.contains(suite_of(*op))) << "write TEST(" << suite_of(*op) << ", ...)";
  }
}

TEST(OperatorList, is_long_enough_to_be_the_real_one) { EXPECT_GE(all_operators().size(), 140U); }

TEST(OperatorList, names_each_operator_once) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Operator* op : all_operators()) {
    EXPECT_TRUE(seen.emplace(op->domain, op->name).second) << op->name;
  }
}

TEST(OperatorList, is_what_find_operator_searches) {
  for (const Operator* op : all_operators()) EXPECT_EQ(find_operator(op->domain, op->name), op) << op->name;
  EXPECT_EQ(find_operator("", "conv"), nullptr);
  EXPECT_EQ(find_operator("elsewhere", "Conv"), nullptr);
}

TEST(OperatorList, is_complete_line_by_line) {
  for (const Operator* op : all_operators()) {
    EXPECT_TRUE(op->domain.empty() || op->domain == kInternalDomain || op->domain == "com.microsoft" ||
                op->domain == "ai.onnx.preview")
        << op->name;
    EXPECT_NE(op->infer, nullptr) << op->name;
    EXPECT_NE(op->compute, nullptr) << op->name;
    EXPECT_LE(op->first_opset, op->last_opset) << op->name;
    if (op->domain.empty()) {
      EXPECT_GE(op->first_opset, 7) << op->name;
      const bool is_replaced = op->name == "Upsample";  // by Resize, in opset 10
      EXPECT_EQ(op->last_opset, is_replaced ? 9 : kLastOpset) << op->name;
    }
  }
}

}  // namespace
}  // namespace kite
