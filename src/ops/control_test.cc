// SPDX-License-Identifier: Apache-2.0
// Operators that are resolved before anything is computed; what they are resolved to is tested in passes/control.
#include <gtest/gtest.h>

#include <string>

#include "ops/evaluate.h"
#include "ops/op.h"

namespace kite {
namespace {

class ControlOperator : public testing::TestWithParam<std::string> {};

TEST_P(ControlOperator, is_known_and_says_that_no_step_computes_it) {
  const Operator* const op = find_operator("", GetParam());
  ASSERT_NE(op, nullptr);
  Graph graph;
  Node node;
  node.op_type = GetParam();
  node.opset = op->last_opset;
  node.outputs = {graph.add_value("y")};
  const NodeId id = graph.add_node(std::move(node));
  const Status inferred = infer_node(graph, id);
  ASSERT_FALSE(inferred.ok());
  EXPECT_EQ(inferred.error().message(),
            "the node was not resolved before it is computed; node that makes \"y\" (" + GetParam() + ")");
  EXPECT_FALSE(op->compute(ComputeContext{graph.node(id).attributes, op->last_opset, {}, {}}).ok());
}

#define KITE_CONTROL_OPERATOR(name) INSTANTIATE_TEST_SUITE_P(name, ControlOperator, testing::Values(#name))
KITE_CONTROL_OPERATOR(If);
KITE_CONTROL_OPERATOR(Loop);
KITE_CONTROL_OPERATOR(Scan);
KITE_CONTROL_OPERATOR(SequenceAt);
KITE_CONTROL_OPERATOR(SequenceConstruct);
KITE_CONTROL_OPERATOR(SequenceEmpty);
KITE_CONTROL_OPERATOR(SequenceErase);
KITE_CONTROL_OPERATOR(SequenceInsert);
KITE_CONTROL_OPERATOR(SequenceLength);
KITE_CONTROL_OPERATOR(SequenceMap);
KITE_CONTROL_OPERATOR(SplitToSequence);
KITE_CONTROL_OPERATOR(ConcatFromSequence);
KITE_CONTROL_OPERATOR(Optional);
KITE_CONTROL_OPERATOR(OptionalGetElement);
KITE_CONTROL_OPERATOR(OptionalHasElement);
#undef KITE_CONTROL_OPERATOR

}  // namespace
}  // namespace kite
