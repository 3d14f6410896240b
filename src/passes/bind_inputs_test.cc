// SPDX-License-Identifier: Apache-2.0
// Binding of graph inputs to concrete shapes.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "passes/pass.h"

namespace kite {
namespace {

using Shapes = std::map<std::string, Shape, std::less<>>;

Graph two_inputs() {
  Graph graph;
  const ValueId image = graph.add_value("image");
  const ValueId mask = graph.add_value("mask");
  graph.inputs.push_back({image, DType::kFloat32, {{std::nullopt, "batch"}, {3, ""}, {std::nullopt, ""}}});
  graph.inputs.push_back({mask, DType::kBool, {{std::nullopt, "batch"}}});
  return graph;
}

const Shape& shape_of(const Graph& graph, std::size_t i) { return graph.value(graph.inputs[i].value).type->shape; }

TEST(BindInputs, takes_one_for_symbols_and_unknown_sizes) {
  Graph graph = two_inputs();
  ASSERT_TRUE(bind_inputs(graph, {}).ok());
  EXPECT_EQ(shape_of(graph, 0), (Shape{1, 3, 1}));
  EXPECT_EQ(shape_of(graph, 1), (Shape{1}));
  EXPECT_EQ(graph.value(graph.inputs[1].value).type->dtype, DType::kBool);
}

TEST(BindInputs, carries_a_symbol_to_inputs_that_were_not_given) {
  Graph graph = two_inputs();
  ASSERT_TRUE(bind_inputs(graph, Shapes{{"image", Shape{8, 3, 224}}}).ok());
  EXPECT_EQ(shape_of(graph, 0), (Shape{8, 3, 224}));
  EXPECT_EQ(shape_of(graph, 1), (Shape{8}));
}

TEST(BindInputs, opens_a_default_value_whose_shape_is_given) {
  for (const bool given : {false, true}) {
    Graph graph = two_inputs();
    const ValueId w = graph.add_constant("w", Tensor(DType::kFloat32, Shape{2}));
    graph.inputs_with_default.push_back({w, DType::kFloat32, {{2, ""}}});
    ASSERT_TRUE(bind_inputs(graph, given ? Shapes{{"w", Shape{2}}} : Shapes{}).ok());
    EXPECT_EQ(graph.is_constant(w), !given);
    EXPECT_EQ(graph.inputs.size(), given ? 3U : 2U);
    EXPECT_FALSE(bind_inputs(graph, Shapes{{"w", Shape{3}}}).ok()) << "of another shape than the default";
  }
}

TEST(BindInputs, refuses_what_contradicts_the_model) {
  const auto error_for = [](const Shapes& shapes) {
    Graph graph = two_inputs();
    const Status status = bind_inputs(graph, shapes);
    EXPECT_FALSE(status.ok());
    if (status.ok()) return std::string();
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidInput);
    return status.error().message();
  };
  EXPECT_NE(error_for({{"image", Shape{1, 4, 7}}}).find("dimension 1 is fixed"), std::string::npos);
  EXPECT_NE(error_for({{"image", Shape{1, 3}}}).find("number of dimensions"), std::string::npos);
  EXPECT_NE(error_for({{"image", Shape{2, 3, 7}}, {"mask", Shape{3}}}).find("\"batch\" is already 2"),
            std::string::npos);
  EXPECT_NE(error_for({{"imag", Shape{2, 3, 7}}}).find("\"image\", \"mask\""), std::string::npos);
}

}  // namespace
}  // namespace kite
