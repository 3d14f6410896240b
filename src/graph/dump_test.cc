// SPDX-License-Identifier: Apache-2.0
// The text form of graphs.
#include "graph/dump.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace kite {
namespace {

TEST(Dump, writes_one_line_a_node) {
  Graph graph;
  const ValueId x = graph.add_value("x");
  graph.inputs.push_back({x, DType::kFloat32, {{std::nullopt, "batch"}, {3, ""}, {std::nullopt, ""}}});
  const ValueId axes = graph.add_constant("axes", Tensor::of<std::int64_t>(Shape{2}, {2, 3}));
  const ValueId big = graph.add_constant("big", Tensor(DType::kFloat32, Shape{3, 3}));
  (void)graph.add_constant("never read", Tensor(DType::kFloat32, Shape{1}));
  const ValueId a = graph.add_value("a");
  const ValueId y = graph.add_value("odd \"name\"");
  graph.value(a).type = TensorType{DType::kFloat32, Shape{1, 3, 1, 1}};
  Node mean;
  mean.name = "layer1/pool";
  mean.op_type = "ReduceMean";
  mean.opset = 18;
  mean.inputs = {x, axes};
  mean.outputs = {a};
  mean.attributes.set("keepdims", std::int64_t{1});
  mean.attributes.set("floats", std::vector<float>{0.5F, 0.1F});
  mean.attributes.set("a_string", std::string("notset"));
  graph.add_node(mean);
  Node clip;
  clip.op_type = "Conv";
  clip.domain = kInternalDomain;
  clip.opset = 1;
  clip.inputs = {a, kNoValue, big};
  clip.outputs = {y, kNoValue};
  graph.add_node(clip);
  graph.outputs = {y, a};
  graph.output_names = {"odd \"name\"", "also a"};

  EXPECT_EQ(dump(graph),
            "input %x: float32[batch,3,?]\n"
            "const axes: int64[2] = {2,3}\n"
            "const big: float32[3,3]\n"
            "%a: float32[1,3,1,1] = ReduceMean-18(%x, axes) "
            "{a_string=\"notset\" floats=[0.5,0.100000001] keepdims=1}  # layer1/pool\n"
            "%\"odd \\\"name\\\"\": ?, - = paperkite.Conv-1(%a, -, big)\n"
            "return %\"odd \\\"name\\\"\", %a as \"also a\"\n");
}

TEST(Dump, shows_the_bound_type_of_an_input_once_it_is_known) {
  Graph graph;
  const ValueId x = graph.add_value("x");
  graph.inputs.push_back({x, DType::kFloat32, {{std::nullopt, "batch"}}});
  graph.value(x).type = TensorType{DType::kFloat32, Shape{1}};
  EXPECT_EQ(dump(graph), "input %x: float32[1]\nreturn\n");
}

}  // namespace
}  // namespace kite
