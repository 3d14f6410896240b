// SPDX-License-Identifier: Apache-2.0
// Names, order, use lists and ownership of the graph.
#include "graph/graph.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "graph/dump.h"
#include "graph/verify.h"

namespace kite {
namespace {

Node make_node(std::string op_type, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
  Node node;
  node.op_type = std::move(op_type);
  node.opset = 17;
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  return node;
}

// x -> Relu -> a -> Sigmoid -> y; w is a constant that Add reads: b = Add(a, w), b -> Tanh -> z.
struct Sample {
  Graph graph;
  ValueId x, w, a, b, y, z;
  NodeId relu, sigmoid, add, tanh;

  Sample() {
    x = graph.add_value("x");
    graph.inputs.push_back({x, DType::kFloat32, {{std::nullopt, "batch"}, {4, ""}}});
    w = graph.add_constant("w", Tensor::of<float>(Shape{2}, {1.F, 2.5F}));
    a = graph.add_value("a");
    b = graph.add_value("b");
    y = graph.add_value("y");
    z = graph.add_value("z");
    relu = graph.add_node(make_node("Relu", {x}, {a}));
    sigmoid = graph.add_node(make_node("Sigmoid", {a}, {y}));
    add = graph.add_node(make_node("Add", {a, w}, {b}));
    tanh = graph.add_node(make_node("Tanh", {b}, {z}));
    graph.outputs = {y, z};
  }
};

TEST(Graph, makes_names_unique) {
  Graph graph;
  EXPECT_EQ(graph.value(graph.add_value("a")).name, "a");
  EXPECT_EQ(graph.value(graph.add_value("a_1")).name, "a_1");
  EXPECT_EQ(graph.value(graph.add_value("a")).name, "a_2");
  EXPECT_EQ(graph.value(graph.add_value("a")).name, "a_3");
  EXPECT_EQ(graph.value(graph.add_value("")).name, "value");
}

TEST(Graph, knows_producers_consumers_and_constants) {
  Sample s;
  EXPECT_EQ(s.graph.value(s.a).producer, s.relu);
  EXPECT_EQ(s.graph.value(s.x).producer, kNoNode);
  EXPECT_EQ(s.graph.consumers(s.a), (std::vector<NodeId>{s.sigmoid, s.add}));
  EXPECT_EQ(s.graph.use_count(s.a), 2U);
  EXPECT_EQ(s.graph.use_count(s.y), 1U) << "the graph output counts";
  EXPECT_TRUE(s.graph.is_constant(s.w));
  EXPECT_FALSE(s.graph.is_constant(s.a));
  EXPECT_FALSE(s.graph.is_constant(kNoValue));
  EXPECT_EQ(s.graph.value(s.w).type->shape, Shape{2});
}

TEST(Graph, counts_a_node_that_reads_a_value_twice_as_one_consumer_and_two_uses) {
  Sample s;
  const ValueId square = s.graph.add_value("square");
  const NodeId mul = s.graph.add_node(make_node("Mul", {s.b, s.b}, {square}));
  EXPECT_EQ(s.graph.consumers(s.b), (std::vector<NodeId>{s.tanh, mul}));
  EXPECT_EQ(s.graph.use_count(s.b), 3U);
}

TEST(Graph, inserts_before_and_after_an_anchor) {
  Sample s;
  const ValueId c = s.graph.add_value("c");
  const ValueId d = s.graph.add_value("d");
  const NodeId after = s.graph.insert_after(s.relu, make_node("Neg", {s.a}, {c}));
  const NodeId before = s.graph.insert_before(s.relu, make_node("Abs", {s.x}, {d}));
  EXPECT_EQ(s.graph.order(), (std::vector<NodeId>{before, s.relu, after, s.sigmoid, s.add, s.tanh}));
  EXPECT_EQ(s.graph.consumers(s.a), (std::vector<NodeId>{after, s.sigmoid, s.add})) << "in order, not by id";
  EXPECT_TRUE(verify(s.graph).ok());
}

TEST(Graph, keeps_order_through_many_insertions_at_one_place) {
  Graph graph;
  const ValueId x = graph.add_value("x");
  graph.inputs.push_back({x, DType::kFloat32, {}});
  const NodeId anchor = graph.add_node(make_node("Relu", {x}, {graph.add_value("y")}));
  std::vector<NodeId> expected;
  for (int i = 0; i < 500; ++i) {
    expected.push_back(graph.insert_before(anchor, make_node("Relu", {x}, {graph.add_value("v")})));
  }
  expected.push_back(anchor);
  EXPECT_EQ(graph.order(), expected);
  EXPECT_EQ(graph.consumers(x), expected);
}

// As loops in a loop are unrolled: nodes come before each of many nodes that come before one node.
std::int64_t steps_of_nested_insertions(int holders) {
  Graph graph;
  const ValueId x = graph.add_value("x");
  graph.inputs.push_back({x, DType::kFloat32, {}});
  const auto relu = [&] { return make_node("Relu", {x}, {graph.add_value("v")}); };
  const NodeId anchor = graph.add_node(relu());
  std::vector<NodeId> expected;
  for (int i = 0; i < holders; ++i) {
    const NodeId holder = graph.insert_before(anchor, relu());
    for (int k = 0; k < 40; ++k) expected.push_back(graph.insert_before(holder, relu()));
    expected.push_back(holder);
  }
  expected.push_back(anchor);
  const std::int64_t steps = graph.budget().spent(Limit::kPlanSteps);
  EXPECT_EQ(graph.order(), expected);
  EXPECT_EQ(graph.consumers(x), expected);
  return steps;
}

TEST(Graph, nested_insertions_cost_steps_in_proportion_to_the_nodes) {
  EXPECT_LT(steps_of_nested_insertions(400), 5 * steps_of_nested_insertions(100));
}

TEST(Graph, removed_nodes_vanish_but_still_serve_as_anchors) {
  Sample s;
  s.graph.remove(s.sigmoid);
  EXPECT_EQ(s.graph.order(), (std::vector<NodeId>{s.relu, s.add, s.tanh}));
  EXPECT_EQ(s.graph.value(s.y).producer, kNoNode);
  EXPECT_EQ(s.graph.consumers(s.a), (std::vector<NodeId>{s.add}));
  const NodeId again = s.graph.insert_after(s.sigmoid, make_node("Sigmoid", {s.a}, {s.y}));
  EXPECT_EQ(s.graph.order(), (std::vector<NodeId>{s.relu, again, s.add, s.tanh}));
  EXPECT_EQ(s.graph.value(s.y).producer, again);
  EXPECT_TRUE(verify(s.graph).ok());
}

TEST(Graph, removing_a_replaced_node_leaves_the_new_producer) {
  Sample s;
  const NodeId fused = s.graph.insert_after(s.sigmoid, make_node("Silu", {s.a}, {s.y}));
  s.graph.remove(s.sigmoid);
  EXPECT_EQ(s.graph.value(s.y).producer, fused);
  EXPECT_TRUE(verify(s.graph).ok());
}

TEST(Graph, replaces_the_uses_of_an_inner_value) {
  Sample s;
  s.graph.replace_uses(s.a, s.x);
  s.graph.remove(s.relu);
  EXPECT_TRUE(s.graph.consumers(s.a).empty());
  EXPECT_EQ(s.graph.consumers(s.x), (std::vector<NodeId>{s.sigmoid, s.add}));
  EXPECT_EQ(s.graph.value(s.x).name, "x");
  EXPECT_TRUE(verify(s.graph).ok());
}

TEST(Graph, an_output_keeps_its_name_when_its_value_is_replaced) {
  Sample s;
  s.graph.replace_uses(s.z, s.b);
  s.graph.remove(s.tanh);
  EXPECT_EQ(s.graph.outputs[1], s.b);
  EXPECT_EQ(s.graph.value(s.b).name, "z");
  EXPECT_EQ(s.graph.output_name(1), "z");
  EXPECT_TRUE(verify(s.graph).ok());
}

TEST(Graph, an_output_that_becomes_an_input_or_another_output_keeps_both_names) {
  Sample s;
  s.graph.output_names = {"y", "z"};
  s.graph.replace_uses(s.z, s.x);
  EXPECT_EQ(s.graph.value(s.x).name, "x");
  EXPECT_EQ(s.graph.output_name(1), "z");
  s.graph.replace_uses(s.y, s.x);
  EXPECT_EQ(s.graph.output_name(0), "y");
  EXPECT_EQ(s.graph.outputs, (std::vector<ValueId>{s.x, s.x}));
  EXPECT_TRUE(verify(s.graph).ok());
}

TEST(Graph, set_input_keeps_the_use_lists) {
  Sample s;
  s.graph.set_input(s.add, 0, s.x);
  s.graph.set_input(s.add, 0, s.a);
  s.graph.set_input(s.add, 0, s.x);
  EXPECT_EQ(s.graph.consumers(s.a), (std::vector<NodeId>{s.sigmoid}));
  EXPECT_EQ(s.graph.use_count(s.x), 2U);
  s.graph.set_input(s.sigmoid, 1, s.w);
  EXPECT_EQ(s.graph.consumers(s.w), (std::vector<NodeId>{s.sigmoid, s.add}));
  s.graph.set_inputs(s.add, {s.w});
  EXPECT_EQ(s.graph.node(s.add).inputs, (std::vector<ValueId>{s.w}));
  EXPECT_EQ(s.graph.use_count(s.w), 2U);
  EXPECT_EQ(s.graph.consumers(s.x), (std::vector<NodeId>{s.relu}));
  EXPECT_TRUE(verify(s.graph).ok());
}

TEST(Graph, keeps_references_and_owned_tensors_while_it_grows_and_moves) {
  Graph graph;
  const ValueId w = graph.add_constant("w", Tensor::of<float>(Shape{1}, {3.F}));
  Value& value = graph.value(w);
  for (int i = 0; i < 10'000; ++i) (void)graph.add_constant("w", Tensor(DType::kFloat32, Shape{1}));
  EXPECT_EQ(value.name, "w");
  const Graph moved = std::move(graph);
  EXPECT_EQ(*moved.value(w).constant->as<float>(), 3.F);
}

TEST(Graph, describes_nodes_by_name_or_by_what_they_make) {
  Sample s;
  EXPECT_EQ(s.graph.describe(s.relu), "node that makes \"a\" (Relu)");
  s.graph.node(s.relu).name = "layer\x1b[31m";
  s.graph.node(s.relu).domain = "com.acme";
  EXPECT_EQ(s.graph.describe(s.relu), "node \"layer\\x1b[31m\" (com.acme.Relu)");
}

TEST(Graph, many_nodes_are_built_rewritten_and_verified_in_linear_time) {
  const std::clock_t start = std::clock();
  Graph graph;
  ValueId last = graph.add_value("x");
  graph.inputs.push_back({last, DType::kFloat32, {}});
  for (int i = 0; i < 200'000; ++i) {
    const ValueId next = graph.add_value("v");
    graph.add_node(make_node("Identity", {last}, {next}));
    last = next;
  }
  graph.outputs = {last};
  for (const NodeId id : graph.order()) {
    const ValueId source = graph.node(id).inputs[0];
    graph.replace_uses(graph.node(id).outputs[0], source);
    graph.remove(id);
    ASSERT_LE(graph.use_count(source), 1U);
  }
  EXPECT_TRUE(verify(graph).ok());
  EXPECT_TRUE(graph.order().empty());
  EXPECT_EQ(graph.outputs[0], graph.inputs[0].value);
  // Processor time: under 1 s in a release build. Quadratic work would take many minutes.
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 30.0);
}

TEST(Graph, knows_whether_others_read_a_value) {
  Sample s;
  const std::vector<NodeId> readers = s.graph.consumers(s.a);  // Sigmoid and Add
  ASSERT_EQ(readers.size(), 2U);
  EXPECT_TRUE(s.graph.is_read_only_by(s.a, {readers[0], readers[1]}));
  EXPECT_FALSE(s.graph.is_read_only_by(s.a, {readers[0]}));
  EXPECT_FALSE(s.graph.is_read_only_by(s.a, {readers[1]}));
  EXPECT_FALSE(s.graph.is_read_only_by(s.y, {readers[0], readers[1]}));  // an output
  EXPECT_EQ(s.graph.in_order({readers[1], readers[0]}), readers);
}

TEST(Graph, knows_what_is_read_once) {
  Sample s;
  EXPECT_FALSE(s.graph.is_read_once(s.a));  // by Sigmoid and Add
  EXPECT_TRUE(s.graph.is_read_once(s.b));
  EXPECT_FALSE(s.graph.is_read_once(s.y));  // an output that no node reads
  s.graph.set_input(s.sigmoid, 0, s.x);
  EXPECT_TRUE(s.graph.is_read_once(s.a));
  s.graph.set_input(s.add, 0, s.x);
  s.graph.set_input(s.add, 0, s.a);  // there and back is one read
  EXPECT_TRUE(s.graph.is_read_once(s.a));
  s.graph.set_input(s.add, 1, s.a);  // by two inputs of one node
  EXPECT_FALSE(s.graph.is_read_once(s.a));
  s.graph.outputs.push_back(s.b);
  EXPECT_FALSE(s.graph.is_read_once(s.b));
}

TEST(Graph, takes_what_it_owns_from_the_budget) {
  Sample s;
  const std::int64_t before = s.graph.budget().left(Limit::kConstantBytes);
  s.graph.own(Tensor(DType::kFloat64, Shape{3}));
  EXPECT_EQ(s.graph.budget().left(Limit::kConstantBytes), before - 24);
}

}  // namespace
}  // namespace kite
