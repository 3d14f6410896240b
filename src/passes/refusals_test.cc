// SPDX-License-Identifier: Apache-2.0
// That a refusal does not hide the next ones.
#include "passes/refusals.h"

#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

TEST(Refusals, are_found_behind_each_other_and_counted) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{1, 3, 4, 4});
  const ValueId strange = g.n("strange", "NoSuchOperator", {x});
  const ValueId again = g.n("again", "NoSuchOperator", {strange});
  const ValueId bad = g.n("bad", "Softmax", {x}, {attr("axis", 9)});
  const ValueId bad_too = g.n("bad_too", "Softmax", {x}, {attr("axis", 9)});
  const ValueId after = g.n("after", "Relu", {bad});
  const ValueId fine = g.n("fine", "Relu", {x});
  for (const ValueId output : {again, bad_too, after, fine}) g.returns(output);
  ASSERT_TRUE(bind_inputs(g.graph(), {}).ok());
  const Refusals refusals = find_refusals(g.graph());
  ASSERT_EQ(refusals.list.size(), 2u);
  EXPECT_EQ(refusals.list[0].kind, Refusal::Kind::kOperator);
  EXPECT_EQ(refusals.list[0].op_type, "NoSuchOperator");
  EXPECT_EQ(refusals.list[0].count, 2);
  EXPECT_EQ(refusals.list[1].kind, Refusal::Kind::kNode);
  EXPECT_EQ(refusals.list[1].op_type, "Softmax");
  EXPECT_EQ(refusals.list[1].count, 2);
  EXPECT_EQ(refusals.unreached, 1);
  EXPECT_FALSE(g.graph().value(bad).type.has_value());
  EXPECT_TRUE(g.graph().value(fine).type.has_value());
}

TEST(Refusals, of_a_hostile_graph_are_a_bounded_list) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{4});
  for (std::size_t i = 0; i < kMostReasons + 50; ++i) {
    g.returns(g.n("y" + std::to_string(i), "Strange" + std::to_string(i), {x}));
  }
  const Refusals refusals = find_unknown(g.graph());
  EXPECT_EQ(refusals.list.size(), kMostReasons);
  EXPECT_EQ(refusals.unlisted, 50);
}

}  // namespace
}  // namespace kite
