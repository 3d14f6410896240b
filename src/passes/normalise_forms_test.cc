// SPDX-License-Identifier: Apache-2.0
// One form for operators that opsets write in different ways.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

auto one_node(int opset, const std::string& op_type, std::vector<Attribute> attributes,
              std::function<std::vector<ValueId>(GraphCase&)> more = {}, Shape shape = {2, 3, 4, 5}) {
  return [=] {
    GraphCase g(opset);
    std::vector<ValueId> inputs = {g.input("x", shape)};
    if (more) {
      for (const ValueId id : more(g)) inputs.push_back(id);
    }
    const ValueId y = g.n("y", op_type, std::move(inputs));
    for (const Attribute& attribute : attributes) {
      g.graph().node(g.graph().value(y).producer).attributes.set(attribute.name, attribute.value);
    }
    g.returns(y);
    return g.take();
  };
}

std::string normal(const std::function<Graph()>& build) {
  const std::string text = body(rewritten(build, normalise_forms).graph);
  return text.substr(0, text.find('\n'));
}

TEST(NormaliseForms, states_axes_of_reductions_as_an_attribute) {
  const auto axes = [](GraphCase& g) { return std::vector<ValueId>{g.ints("axes", {-1, -2})}; };
  EXPECT_EQ(normal(one_node(18, "ReduceMean", {}, axes)),
            "%y: float64[2,3,1,1] = ReduceMean-13(%x) {axes=[2,3] keepdims=1}");
  EXPECT_EQ(normal(one_node(11, "ReduceMean", {attr("axes", Ints{-1}), attr("keepdims", 0)})),
            "%y: float64[2,3,4] = ReduceMean-13(%x) {axes=[3] keepdims=0}");
  EXPECT_EQ(normal(one_node(18, "ReduceMean", {attr("keepdims", 0)})),
            "%y: float64[] = ReduceMean-13(%x) {axes=[0,1,2,3] keepdims=0}");
  EXPECT_EQ(normal(one_node(18, "ReduceL2", {}, axes)),
            "%y: float64[2,3,1,1] = ReduceL2-13(%x) {axes=[2,3] keepdims=1}");
  EXPECT_EQ(normal(one_node(13, "ReduceSum", {}, axes)),
            "%y: float64[2,3,1,1] = ReduceSum-11(%x) {axes=[2,3] keepdims=1}");
  EXPECT_EQ(normal(one_node(11, "ReduceSum", {attr("axes", Ints{-1}), attr("keepdims", 0)})),
            "%y: float64[2,3,4] = ReduceSum-11(%x) {axes=[3] keepdims=0}");
  expect_untouched(one_node(18, "ReduceMean", {attr("noop_with_empty_axes", 1)}), normalise_forms);
}

TEST(NormaliseForms, states_clip_limits_as_inputs) {
  EXPECT_EQ(normal(one_node(9, "Clip", {attr("min", 0.0F), attr("max", 6.0F)})),
            "%y: float64[2,3,4,5] = Clip-13(%x, y_min, y_max)");
  EXPECT_EQ(normal(one_node(9, "Clip", {attr("max", 1.0F)})), "%y: float64[2,3,4,5] = Clip-13(%x, y_min, y_max)");
  // It turns infinity into the largest finite number, which a Relu does not.
  EXPECT_EQ(normal(one_node(9, "Clip", {attr("min", 0.0F)})), "%y: float64[2,3,4,5] = Clip-13(%x, y_min, y_max)");
  expect_untouched(one_node(13, "Clip", {}, [](GraphCase& g) { return std::vector<ValueId>{g.number("low", -1)}; }),
                   normalise_forms);
}

TEST(NormaliseForms, gives_old_softmax_todays_meaning_where_both_agree) {
  EXPECT_EQ(normal(one_node(11, "Softmax", {attr("axis", -1)})), "%y: float64[2,3,4,5] = Softmax-13(%x) {axis=3}");
  EXPECT_EQ(normal(one_node(11, "Softmax", {}, {}, Shape{2, 7, 1, 1})),
            "%y: float64[2,7,1,1] = Softmax-13(%x) {axis=1}");
  // Over two axes at once, which the operator of opset 13 cannot do.
  expect_untouched(one_node(11, "Softmax", {attr("axis", 2)}), normalise_forms);
}

TEST(NormaliseForms, turns_the_axis_of_a_softmax_to_the_end) {
  EXPECT_EQ(body(rewritten(one_node(13, "Softmax", {attr("axis", 1)}), normalise_forms).graph),
            "%y_rows: float64[2,5,4,3] = Transpose-13(%x) {perm=[0,3,2,1]}\n"
            "%y_of_rows: float64[2,5,4,3] = Softmax-13(%y_rows) {axis=3}\n"
            "%y: float64[2,3,4,5] = Transpose-13(%y_of_rows) {perm=[0,3,2,1]}\n"
            "return %y\n");
  expect_untouched(one_node(13, "Softmax", {attr("axis", 1)}, {}, Shape{2, 7, 1, 1}), normalise_forms);
  expect_untouched(one_node(13, "Softmax", {}), normalise_forms);
}

TEST(NormaliseForms, writes_a_convolution_over_one_axis_as_one_over_two) {
  const auto conv = [](std::vector<Attribute> attributes, Shape weights = {4, 3, 3}) {
    return one_node(
        11, "Conv", std::move(attributes),
        [weights](GraphCase& g) { return std::vector<ValueId>{g.random("w", weights), g.random("b", {weights[0]})}; },
        Shape{2, 6, 11});
  };
  for (const auto& attributes : std::vector<std::vector<Attribute>>{
           {attr("group", 2)},
           {attr("group", 2), attr("kernel_shape", Ints{3}), attr("strides", Ints{2}), attr("dilations", Ints{2}),
            attr("pads", Ints{1, 3})},
           {attr("group", 2), attr("auto_pad", "SAME_LOWER"), attr("strides", Ints{3})}}) {
    const Rewritten result = rewritten(conv(attributes), normalise_forms);
    EXPECT_EQ(histogram(result.graph), "1 Conv, 2 Reshape");
  }
  EXPECT_EQ(rewritten(conv({attr("group", 6)}, {6, 1, 5}), normalise_forms).rewrites, 1);
}

}  // namespace
}  // namespace kite
