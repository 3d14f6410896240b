// SPDX-License-Identifier: Apache-2.0
// Outputs and nodes that can be left out of a model.
#include <gtest/gtest.h>

#include <string>

#include "graph/unreadable.h"
#include "passes/graph_case.h"

namespace kite {
namespace {

const Error kStrings{ErrorCode::kUnsupportedModel, "element type STRING is not supported", "tensor \"names\"", {}};

TEST(LeaveOutUnsupported, drops_an_unknown_operator_that_nothing_reads) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2});
  (void)g.n("loose", "Nonsense", {x});
  g.returns(g.n("y", "Relu", {x}));
  const auto warnings = leave_out_unsupported(g.graph());
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(body(g.take()), "%y: float64[2] = Relu-17(%x)\nreturn %y\n");
}

TEST(LeaveOutUnsupported, drops_an_output_with_a_warning_while_another_remains) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2});
  g.returns(g.n("label", "Identity", {g.n("name", "Nonsense", {x})}));
  g.returns(g.n("y", "Relu", {x}));
  g.graph().output_names = {"label", "score"};
  g.graph().output_dtypes = {std::nullopt, DType::kFloat64};
  const auto warnings = leave_out_unsupported(g.graph());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings.front(),
            "output \"label\" is left out: operator Nonsense is not supported; node that makes \"name\" (Nonsense)");
  const Graph graph = g.take();
  EXPECT_TRUE(verify(graph).ok());
  EXPECT_EQ(graph.output_names, std::vector<std::string>{"score"});
  EXPECT_EQ(graph.output_dtypes.size(), 1U);
}

TEST(LeaveOutUnsupported, drops_an_output_that_is_no_tensor) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2});
  g.returns(g.n("list", "SequenceConstruct", {x}));
  g.returns(g.n("y", "Relu", {x}));
  const auto warnings = leave_out_unsupported(g.graph());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings.front(),
            "output \"list\" is left out: it is a sequence or an optional, not a tensor; node that makes \"list\" "
            "(SequenceConstruct)");
  EXPECT_EQ(body(g.take()), "%y: float64[2] = Relu-17(%x)\nreturn %y\n");
}

TEST(LeaveOutUnsupported, keeps_all_when_every_output_needs_what_cannot_be_read) {
  GraphCase g;
  const ValueId names = g.graph().add_value("names");
  g.graph().add_node(make_unreadable(kStrings, {names}));
  g.returns(g.n("y", "Identity", {names}));
  EXPECT_TRUE(leave_out_unsupported(g.graph()).empty());
  const Status refused = infer_types(g.graph());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message(), kStrings.message());
}

TEST(LeaveOutUnsupported, leaves_unknown_operators_to_the_list_of_all_when_no_output_is_free_of_them) {
  GraphCase g;
  g.returns(g.n("y", "Nonsense", {g.input("x", Shape{2})}));
  EXPECT_TRUE(leave_out_unsupported(g.graph()).empty());
  EXPECT_EQ(g.graph().outputs.size(), 1U);
}

}  // namespace
}  // namespace kite
