// SPDX-License-Identifier: Apache-2.0
// Type inference: shape arithmetic becomes constants, and what cannot be typed is named.
#include <gtest/gtest.h>

#include <string>

#include "passes/graph_case.h"

namespace kite {
namespace {

// Reshape to [-1, product of the last two dimensions], computed from Shape, as exporters write it.
GraphCase flatten_by_arithmetic() {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2, 3, 4});
  const ValueId dims = g.n("dims", "Shape", {x});
  const ValueId h =
      g.n("h", "Gather", {dims, g.constant("one", Tensor::of<std::int64_t>(Shape{}, {1}))}, {attr("axis", 0)});
  const ValueId w =
      g.n("w", "Gather", {dims, g.constant("two", Tensor::of<std::int64_t>(Shape{}, {2}))}, {attr("axis", 0)});
  const ValueId area = g.n("area", "Mul", {h, w});
  const ValueId last = g.n("last", "Unsqueeze", {area, g.ints("axes", {0})});
  const ValueId target = g.n("target", "Concat", {g.ints("minus_one", {-1}), last}, {attr("axis", 0)});
  g.returns(g.n("y", "Reshape", {x, target}));
  return g;
}

TEST(InferTypes, computes_shape_arithmetic) {
  Graph graph = flatten_by_arithmetic().take();
  EXPECT_EQ(body(graph), "%y: float64[2,12] = Reshape-17(%x, target)\nreturn %y\n");
  EXPECT_TRUE(verify(graph).ok());
}

TEST(InferTypes, takes_part_of_a_shape_as_opset_15_allows) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2, 3, 4});
  const ValueId dims = g.n("dims", "Shape", {x}, {attr("start", -2), attr("end", 9)});
  const ValueId order = g.n("target", "Concat", {g.ints("two", {2}), dims}, {attr("axis", 0)});
  g.returns(g.n("y", "Reshape", {x, order}));
  EXPECT_EQ(body(g.take()), "%y: float64[2,3,4] = Reshape-17(%x, target)\nreturn %y\n");
}

TEST(InferTypes, keeps_the_node_that_makes_a_graph_output) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2, 3});
  g.returns(g.n("dims", "Shape", {x}));
  EXPECT_EQ(body(g.take()), "%dims: int64[2] = Shape-17(%x)\nreturn %dims\n");
}

TEST(InferTypes, computes_with_a_shape_that_is_also_a_graph_output) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2, 3});
  const ValueId dims = g.n("dims", "Shape", {g.input("u", Shape{3, 2})});
  g.returns(g.n("y", "Reshape", {x, dims}));
  g.returns(dims);
  Graph graph = g.take();
  EXPECT_EQ(body(graph),
            "%dims: int64[2] = Shape-17(%u)\n"
            "%y: float64[3,2] = Reshape-17(%x, dims_1)\n"
            "return %y, %dims\n");
  EXPECT_TRUE(verify(graph).ok());
}

TEST(InferTypes, lists_all_unknown_operators_at_once) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2});
  const ValueId a = g.n("a", "Frobnicate", {x});
  const ValueId b = g.n("b", "Frobnicate", {a});
  g.returns(g.n("c", "Grumble", {b}));
  ASSERT_TRUE(bind_inputs(g.graph(), {}).ok());
  const Status status = infer_types(g.graph());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_NE(status.error().what.find("\"Frobnicate\" (2 nodes, first: node that makes \"a\" (Frobnicate))"),
            std::string::npos)
      << status.error().what;
  EXPECT_NE(status.error().what.find("\"Grumble\" (1 node: "), std::string::npos) << status.error().what;
}

TEST(InferTypes, names_the_node_whose_shape_depends_on_data) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2, 3});
  const ValueId target = g.input("target", Shape{2}, DType::kInt64);
  g.returns(g.n("y", "Reshape", {x, target}));
  ASSERT_TRUE(bind_inputs(g.graph(), {}).ok());
  const Status status = infer_types(g.graph());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_NE(status.error().message().find("that makes \"y\" (Reshape)"), std::string::npos) << status.error().message();
}

TEST(InferTypes, leaves_large_results_to_run_time) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{1});
  // A result of 2^40 bytes from small inputs: its type is inferred, but it is not computed.
  const ValueId huge = g.n("huge", "ConstantOfShape", {g.ints("dims", {1 << 20, 1 << 17})});
  const ValueId flat = g.n("dims_of_huge", "Shape", {huge});
  g.returns(g.n("y", "Expand", {x, flat}));
  Graph graph = g.take();
  EXPECT_EQ(histogram(graph), "1 ConstantOfShape, 1 Expand");
}

}  // namespace
}  // namespace kite
