// SPDX-License-Identifier: Apache-2.0
// Whole graphs through the portable operators: order, lifetimes, budgets, errors, and the float64 form.
#include "ops/evaluate.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/op.h"
#include "ops/op_case.h"

namespace kite {
namespace {

ValueId add_input(Graph& graph, const std::string& name, DType dtype, const Shape& shape) {
  const ValueId id = graph.add_value(name);
  graph.value(id).type = TensorType{dtype, shape};
  GraphInput input{id, dtype, {}};
  for (const std::int64_t dim : shape.dims()) input.dims.push_back({dim, ""});
  graph.inputs.push_back(std::move(input));
  return id;
}

ValueId add_node(Graph& graph, const std::string& op_type, std::vector<ValueId> inputs, Attributes attributes = {}) {
  const ValueId output = graph.add_value("");
  graph.add_node({"", op_type, "", 18, std::move(attributes), std::move(inputs), {output}});
  return output;
}

void infer_all(Graph& graph) {
  for (const NodeId id : graph.order()) {
    const Status status = infer_node(graph, id);
    ASSERT_TRUE(status.ok()) << status.error().message();
  }
}

TEST(FindOperator, takes_the_long_name_of_the_default_domain) {
  ASSERT_NE(find_operator("", "Reshape"), nullptr);
  EXPECT_EQ(find_operator("ai.onnx", "Reshape"), find_operator("", "Reshape"));
}

// Walking over the lines along the axis without elements would take minutes.
TEST(EvaluateNode, an_output_without_elements_takes_no_time) {
  for (const char* op_type : {"CumSum", "Softmax", "LogSoftmax", "Hardmax"}) {
    OpCase op(op_type, 18);
    op.runtime_input(Tensor(DType::kFloat32, Shape{std::int64_t{1} << 36, 0, 4}));
    if (std::string_view(op_type) == "CumSum") {
      op.input(Tensor::of<std::int64_t>(Shape{1}, {1}));
    } else {
      op.attr("axis", 1);
    }
    const auto results = op.run();
    ASSERT_TRUE(results.ok()) << op_type << ": " << results.error().message();
    EXPECT_EQ((*results)[0].shape().elements(), 0) << op_type;
  }
}

TEST(InferNode, names_operator_and_domain_when_unknown) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kFloat32, {1});
  graph.outputs = {add_node(graph, "Frobnicate", {x})};
  const Status status = infer_node(graph, graph.order()[0]);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_NE(status.error().what.find("Frobnicate of domain ai.onnx is not supported"), std::string::npos);
}

// Inputs of these shapes.
void give(OpCase& op, std::initializer_list<Shape> shapes) {
  for (const Shape& shape : shapes) op.input(iota(shape));
}

void expect_cost(OpCase& op, std::int64_t bytes, std::int64_t steps) {
  const auto cost = op.cost();
  ASSERT_TRUE(cost.ok()) << cost.error().message();
  EXPECT_EQ(cost->bytes, bytes);
  EXPECT_EQ(cost->steps, steps);
}

TEST(CostOf, counts_the_elements_that_are_read_and_written) {
  OpCase op("Sqrt");
  give(op, {{6}});
  expect_cost(op, 24, 6 + 6);
}

TEST(CostOf, counts_the_terms_of_products) {
  for (const char* name : {"MatMul", "Gemm"}) {
    OpCase op(name);
    give(op, {{2, 3}, {3, 5}});
    expect_cost(op, 40, 6 + 15 + 10 * 3);
  }
  OpCase einsum("Einsum");
  give(einsum, {{2, 3}, {3, 5}});
  expect_cost(einsum.attr("equation", "ij,jk->ik"), 40, 6 + 15 + 10 * 2 * 3);
  OpCase conv("Conv");  // two channels in each group
  give(conv, {{1, 4, 5, 5}, {6, 2, 3, 3}});
  expect_cost(conv.attr("group", 2), 216, 100 + 108 + 54 * 2 * 9);
}

TEST(CostOf, counts_the_taps_of_windows_inside_the_input) {
  OpCase small("AveragePool");
  give(small, {{1, 1, 4, 4}});
  expect_cost(small.attr("kernel_shape", Ints{2, 2}), 36, 16 + 9 * 4);
  OpCase large("MaxPool");
  give(large, {{1, 1, 2, 2}});
  expect_cost(large.attr("kernel_shape", Ints{5, 5}).attr("pads", Ints{3, 3, 0, 0}), 4, 4 + 1 * 4);
  OpCase channels("LRN");
  give(channels, {{1, 8, 1, 1}});
  expect_cost(channels.attr("size", 3), 32, 8 + 8 * 3);
  OpCase resize("Resize");  // four taps on each of two axes
  give(resize, {{1, 1, 2, 2}});
  resize.no_input().no_input().input(ints({4}, {1, 1, 4, 4})).attr("mode", "linear");
  expect_cost(resize, 64, 4 + 4 + 16 * 16);
}

TEST(CostOf, counts_the_depth_of_a_heap) {
  OpCase op("TopK");
  give(op, {{8}});
  op.input(ints({1}, {2})).outputs(2);
  expect_cost(op, 2 * 4 + 2 * 8, 8 + 1 + 2 * 2 * (4 * 8 / 2));
}

TEST(InferNode, says_why_an_operator_is_left_out) {
  expect_error(OpCase("RandomNormal").runtime_input(iota({1})), ErrorCode::kUnsupportedModel, "left out: randomness");
  expect_error(OpCase("StringSplit").runtime_input(iota({1})), ErrorCode::kUnsupportedModel, "left out: strings");
  expect_error(OpCase("Bernoulli", 1, "elsewhere").runtime_input(iota({1})), ErrorCode::kUnsupportedModel,
               "is not supported");
}

TEST(InferNode, names_the_opset_range_when_it_is_left) {
  OpCase old("Expand", 7);
  expect_error(old.runtime_input(iota({1})).input(ints({1}, {1})), ErrorCode::kUnsupportedModel,
               "supported in opset 8 to 28, the model imports 7");
}

TEST(InferNode, rejects_more_outputs_than_the_operator_has) {
  expect_error(OpCase("Reshape").runtime_input(iota({1})).input(ints({1}, {1})).outputs(2), ErrorCode::kInvalidModel,
               "more outputs (2)");
}

TEST(InferNode, rejects_an_input_that_nothing_produces) {
  Graph graph;
  const ValueId orphan = graph.add_value("orphan");
  graph.outputs = {add_node(graph, "Relu", {orphan})};
  const Status status = infer_node(graph, graph.order()[0]);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().what.find("nothing produces input \"orphan\""), std::string::npos);
}

TEST(InferContext, rejects_attributes_of_another_type) {
  expect_error(OpCase("Concat").attr("axis", 1.0F).runtime_input(iota({1, 1})), ErrorCode::kInvalidModel,
               "attribute 'axis' must be an integer");
  expect_error(OpCase("Transpose").attr("perm", 1).runtime_input(iota({1, 1})), ErrorCode::kInvalidModel,
               "attribute 'perm' must be a list of integers");
}

TEST(InferContext, constant_lists_may_be_int32_but_neither_float_nor_a_matrix) {
  expect_output(OpCase("Expand").runtime_input(iota({1})).input(Tensor::of<std::int32_t>({1}, {2})), {2}, {0, 0});
  expect_error(OpCase("Expand").runtime_input(iota({1})).input(floats({1}, {2})), ErrorCode::kInvalidModel,
               "must be int64 or int32, found float32");
  expect_error(OpCase("Expand").runtime_input(iota({1})).input(ints({1, 1}, {2})), ErrorCode::kInvalidModel,
               "rank 0 or 1");
}

TEST(EvaluateNode, reads_constants_at_any_byte) {
  Graph graph;
  const Tensor values = floats({3}, {1, 2, 3});
  std::vector<std::byte> file(values.view().bytes().size() + 1);
  std::memcpy(file.data() + 1, values.view().data, values.view().bytes().size());
  const ValueId c = graph.add_constant_view("c", {values.type(), file.data() + 1});
  graph.outputs = {add_node(graph, "Add", {c, c})};
  infer_all(graph);
  const auto results = interpret(graph, {});
  ASSERT_TRUE(results.ok()) << results.error().message();
  expect_elements<float>((*results)[0], {3}, {2, 4, 6});
}

TEST(Interpret, gives_one_tensor_per_output_even_when_they_repeat) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kFloat32, {2});
  const ValueId c = graph.add_constant("c", floats({2}, {10, 20}));
  const ValueId y = add_node(graph, "Add", {x, c});
  const ValueId z = add_node(graph, "Mul", {y, y});
  graph.outputs = {z, y, c, x, y};
  infer_all(graph);
  const Tensor input = floats({2}, {1, 2});
  const auto results = interpret(graph, std::vector{input.view()});
  ASSERT_TRUE(results.ok()) << results.error().message();
  ASSERT_EQ(results->size(), 5u);
  expect_elements<float>((*results)[0], {2}, {121, 484});
  expect_elements<float>((*results)[1], {2}, {11, 22});
  expect_elements<float>((*results)[2], {2}, {10, 20});
  expect_elements<float>((*results)[3], {2}, {1, 2});
  expect_elements<float>((*results)[4], {2}, {11, 22});
}

// A chain of 5,000 nodes needs two buffers at a time, however long it is.
TEST(Interpret, frees_buffers_after_their_last_reader) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kFloat32, {256});
  const ValueId one = graph.add_constant("one", floats({1}, {1}));
  ValueId last = x;
  for (int i = 0; i < 5000; ++i) last = add_node(graph, "Add", {last, one});
  graph.outputs = {last};
  infer_all(graph);
  const Tensor input(DType::kFloat32, {256});
  const auto results = interpret(graph, std::vector{input.view()}, 2 * 1024);
  ASSERT_TRUE(results.ok()) << results.error().message();
  EXPECT_EQ((*results)[0].as<float>()[255], 5000);

  const auto refused = interpret(graph, std::vector{input.view()}, 2 * 1024 - 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_NE(refused.error().where.find("Add"), std::string::npos);
}

TEST(Interpret, names_the_input_that_does_not_fit) {
  Graph graph;
  graph.outputs = {add_node(graph, "Relu", {add_input(graph, "x", DType::kFloat32, {2})})};
  infer_all(graph);
  const Tensor wide = iota<double>({2});
  const Tensor longer = iota({3});
  for (const Tensor* wrong : {&wide, &longer}) {
    const auto results = interpret(graph, std::vector{wrong->view()});
    ASSERT_FALSE(results.ok());
    EXPECT_EQ(results.error().code, ErrorCode::kInvalidInput);
    EXPECT_NE(results.error().where.find("input \"x\""), std::string::npos);
  }
  const auto none = interpret(graph, {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidInput);
}

TEST(Interpret, carries_the_place_of_errors_found_while_computing) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kInt64, {1});
  const ValueId zero = graph.add_constant("zero", ints({1}, {0}));
  graph.outputs = {add_node(graph, "Div", {x, zero})};
  infer_all(graph);
  const Tensor input = ints({1}, {1});
  const auto results = interpret(graph, std::vector{input.view()});
  ASSERT_FALSE(results.ok());
  EXPECT_NE(results.error().where.find("Div"), std::string::npos);
}

TEST(PromoteToFloat64, makes_a_whole_graph_compute_in_double) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kFloat32, {1});
  const ValueId third = graph.add_constant("third", floats({1}, {3}));
  Attributes to_float;
  to_float.set("to", std::int64_t{1});
  Attributes scalar_value;
  scalar_value.set("value_float", 0.5F);
  const Tensor tensor_value = floats({1}, {2});
  Attributes fill;
  fill.set("value", tensor_value.view());
  const ValueId shape = graph.add_constant("shape", ints({1}, {1}));
  const ValueId quotient = add_node(graph, "Div", {x, third});
  const ValueId count = graph.add_constant("count", ints({1}, {7}));
  const ValueId cast = add_node(graph, "Cast", {count}, to_float);
  const ValueId half = add_node(graph, "Constant", {}, scalar_value);
  const ValueId zeros = add_node(graph, "ConstantOfShape", {shape});
  const ValueId twos = add_node(graph, "ConstantOfShape", {shape}, fill);
  graph.outputs = {quotient, cast, half, zeros, twos};
  infer_all(graph);  // as float32 first: promotion forgets what was inferred

  ASSERT_TRUE(promote_to_float64(graph).ok());
  EXPECT_EQ(graph.inputs[0].dtype, DType::kFloat64);
  EXPECT_FALSE(graph.value(quotient).type.has_value());
  infer_all(graph);
  const Tensor input = iota<double>({1}, 1);
  const auto results = interpret(graph, std::vector{input.view()});
  ASSERT_TRUE(results.ok()) << results.error().message();
  expect_elements<double>((*results)[0], {1}, {1.0 / 3.0});
  expect_elements<double>((*results)[1], {1}, {7});
  expect_elements<double>((*results)[2], {}, {0.5});
  expect_elements<double>((*results)[3], {1}, {0});
  expect_elements<double>((*results)[4], {1}, {2});
}

TEST(PromoteToFloat64, leaves_integers_alone) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kInt64, {1});
  graph.outputs = {add_node(graph, "Add", {x, graph.add_constant("c", ints({1}, {3}))})};
  ASSERT_TRUE(promote_to_float64(graph).ok());
  infer_all(graph);
  const Tensor input = ints({1}, {4});
  const auto results = interpret(graph, std::vector{input.view()});
  ASSERT_TRUE(results.ok()) << results.error().message();
  expect_elements<std::int64_t>((*results)[0], {1}, {7});
}

}  // namespace
}  // namespace kite
