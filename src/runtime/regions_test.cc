// SPDX-License-Identifier: Apache-2.0
// Nodes that one step computes together give the bits that they give alone, on every target and for 1 and 2 threads.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/targets.h"
#include "plan/lower/planner.h"
#include "plan/test_graph.h"
#include "runtime/session.h"

namespace kite {
namespace {

std::string operators(const Plan& plan) {
  std::string text;
  for (const PlanStep& step : plan.steps()) text += (text.empty() ? "" : " ") + std::string(plan.text(step.record->op));
  return text;
}

std::vector<float> run(const std::shared_ptr<const Plan>& plan, const std::vector<Tensor>& inputs, int threads) {
  auto session = PlanSession::create(plan, threads);
  EXPECT_TRUE(session.ok() && (*session)->run(views_of(inputs)).ok());
  const TensorView y = (*session)->output(0);
  return {y.as<float>(), y.as<float>() + y.type.shape.elements()};
}

using AttributeList = std::vector<TestGraph::Attribute>;

// binary(x, other), then the activation. With `also` the value between is an output, too, so that nothing is fused.
Graph activated(const std::string& binary, const Shape& other, const std::string& activation,
                const AttributeList& attributes, bool also) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{2, 5, 7, 23});
  const ValueId between = g.node(binary, 14, {x, g.weights(other)});
  const std::string domain = activation == "Silu" ? std::string(kInternalDomain) : "";
  const ValueId y = domain.empty() ? g.node(activation, 14, {between}, attributes) : g.internal(activation, {between});
  return also ? g.take({y, between}) : g.take({y});
}

// `together` and `apart` compute one result, the first in one step, the other in several.
void expect_same_bits(const Graph& together, const Graph& apart, const std::string& one_step,
                      const std::string& steps) {
  const std::vector<Tensor> inputs = inputs_of(together);
  for (const Target* target : all_targets()) {
    if (!native_target().includes(*target)) continue;
    const Target all = fusing(*target);
    PlanOptions options;
    options.target = &all;
    const auto one = make_plan(together, options);
    const auto several = make_plan(apart, options);
    ASSERT_TRUE(one.ok() && several.ok());
    EXPECT_EQ(operators(**one), one_step);
    EXPECT_EQ(operators(**several), steps);
    for (const int threads : {1, 2, 3}) {
      const std::vector<float> a = run(*one, inputs, threads), b = run(*several, inputs, threads);
      ASSERT_EQ(a.size(), b.size());
      EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0) << target->name;
    }
  }
}

void expect_activation_joins(const std::string& binary, const Shape& other, const std::string& activation,
                             const AttributeList& attributes) {
  SCOPED_TRACE(binary + " of " + other.to_string() + ", " + activation);
  expect_same_bits(activated(binary, other, activation, attributes, false),
                   activated(binary, other, activation, attributes, true), binary + "+" + activation,
                   binary + " " + activation);
}

TEST(Regions, an_activation_joins_the_binary_operator_before_it) {
  for (const char* binary : {"Add", "Sub", "Mul", "Div"}) {
    for (const Shape& other : {Shape{2, 5, 7, 23}, Shape{23}, Shape{7, 1}, Shape{}}) {
      for (const char* activation : {"Relu", "Sigmoid", "HardSwish", "Tanh", "Silu"}) {
        expect_activation_joins(binary, other, activation, {});
      }
      expect_activation_joins(binary, other, "LeakyRelu", {{"alpha", 0.3F}});
    }
  }
}

TEST(Regions, scale_bias_and_activation_of_channels_join) {
  const auto build = [](const Shape& scale, const Shape& bias, const std::string& activation, bool turned, bool also) {
    TestGraph g;
    const ValueId x = g.input("x", Shape{2, 5, 7, 23});
    const ValueId s = g.weights(scale);
    const ValueId product = turned ? g.node("Mul", 14, {s, x}) : g.node("Mul", 14, {x, s});
    const ValueId sum = g.node("Add", 14, {product, g.weights(bias)});
    const ValueId y = activation.empty() ? sum : g.node(activation, 14, {sum});
    return also ? g.take({y, product, sum}) : g.take({y});
  };
  for (const bool turned : {false, true}) {
    for (const char* activation : {"", "Relu", "Sigmoid", "HardSwish"}) {
      const std::string name = activation;
      expect_same_bits(build({23}, {1, 1, 1, 23}, name, turned, false), build({23}, {1, 1, 1, 23}, name, turned, true),
                       name.empty() ? "Mul+Add" : "Mul+Add+" + name, name.empty() ? "Mul Add" : "Mul Add " + name);
    }
  }
  // By row, or a whole tensor: those are no channels.
  const auto plan = make_plan(build({7, 1}, {23}, "Relu", false, false), {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(operators(**plan), "Mul Add+Relu");
}

TEST(Regions, an_activation_joins_a_product_of_bytes_whose_result_is_real) {
  const auto build = [](const std::string& activation, bool is_matrix, bool also) {
    TestGraph g;
    const ValueId scale = g.number(0.02F), zero = g.byte(100), w_scale = g.number(0.002F);
    const ValueId q = g.node("QuantizeLinear", 13, {g.input("x", Shape{2, 5, 7, 23}), scale, zero});
    const ValueId product =
        is_matrix ? g.microsoft("MatMulIntegerToFloat",
                                {q, g.bytes(Shape{23, 70}), scale, w_scale, zero, kNoValue, g.weights(Shape{70})})
                  : g.internal("QLinearConv", {q, scale, zero, g.bytes(Shape{70, 23, 3, 3}), w_scale});
    std::vector<ValueId> operands = {product};
    if (activation == "Clip") operands.insert(operands.end(), {g.number(-0.5F), g.number(0.75F)});
    const ValueId y =
        activation == "Silu" ? g.internal(activation, operands) : g.node(activation, 20, std::move(operands));
    return also ? g.take({y, product}) : g.take({y});
  };
  for (const char* activation : {"Relu", "Clip", "HardSwish", "Gelu", "Silu"}) {
    for (const bool is_matrix : {false, true}) {
      const std::string name = activation, product = is_matrix ? "MatMulIntegerToFloat" : "QLinearConv";
      SCOPED_TRACE(product + ", " + name);
      expect_same_bits(build(name, is_matrix, false), build(name, is_matrix, true),
                       "QuantizeLinear " + product + "+" + name, "QuantizeLinear " + product + " " + name);
    }
  }
}

// x, 1x1, depthwise; with `also` what lies between is an output, too.
Graph inverted(const AttributeList& expand, AttributeList depthwise, bool also, const Shape& x = {2, 40, 29, 6},
               const Shape& filter = {88, 1, 3, 3}) {
  TestGraph g;
  depthwise.push_back({"group", std::int64_t{filter[0]}});
  const ValueId between = g.conv(g.input("x", x), Shape{filter[0], x[3], 1, 1}, expand);
  const ValueId y = g.conv(between, filter, std::move(depthwise));
  return also ? g.take({y, between}) : g.take({y});
}

TEST(Regions, a_depthwise_convolution_joins_the_1x1_one_before_it) {
  using Ints = TestGraph::Ints;
  for (const char* activation : {"none", "relu", "clip", "silu", "hard_swish"}) {
    for (const std::int64_t stride : {1, 2}) {
      for (const std::int64_t kernel : {3, 5}) {
        SCOPED_TRACE(std::string(activation) + " " + std::to_string(stride) + " " + std::to_string(kernel));
        const AttributeList expand = {
            {"activation", std::string(activation)}, {"activation_a", -0.25F}, {"activation_b", 0.5F}};
        AttributeList depthwise = expand;
        depthwise.push_back({"strides", Ints{stride, stride}});
        depthwise.push_back({"pads", Ints{kernel / 2, kernel / 2, kernel / 2, kernel / 2 - 1}});
        const Shape x{2, 40, 29, 6}, filter{88, 1, kernel, kernel};
        expect_same_bits(inverted(expand, depthwise, false, x, filter), inverted(expand, depthwise, true, x, filter),
                         "Conv+Conv", "Conv Conv");
      }
    }
  }
}

TEST(Regions, a_1x1_convolution_scales_its_channels) {
  const auto build = [](bool turned, bool residual, bool also) {
    TestGraph g;
    const ValueId x = g.input("x", Shape{2, 20, 19, 40});
    const ValueId scale =
        g.node("ReduceMean", 13, {x}, {{"axes", TestGraph::Ints{1, 2}}, {"keepdims", std::int64_t{1}}});
    const ValueId scaled = turned ? g.node("Mul", 14, {scale, x}) : g.node("Mul", 14, {x, scale});
    const ValueId y =
        g.conv(scaled, Shape{40, 40, 1, 1}, {{"activation", std::string("silu")}}, residual ? x : kNoValue);
    return also ? g.take({y, scaled}) : g.take({y});
  };
  for (const bool turned : {false, true}) {
    for (const bool residual : {false, true}) {
      expect_same_bits(build(turned, residual, false), build(turned, residual, true), "ReduceMean Mul+Conv",
                       "ReduceMean Mul Conv");
    }
  }
}

TEST(Regions, a_step_of_several_nodes_names_its_parts) {
  const Target all = fusing(native_target());
  const auto plan = make_plan(inverted({}, {}, false), {.target = &all});
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ((*plan)->steps().size(), 1u);
  const auto parts = (*plan)->steps()[0].parts;
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ((*plan)->text(parts[0].node), "Conv_0");
  EXPECT_EQ((*plan)->text(parts[1].node), "Conv_1");
  EXPECT_EQ((*plan)->text(parts[1].op), "Conv");
  EXPECT_EQ(parts[0].macs, 2u * 40 * 29 * 6 * 88);
  EXPECT_EQ(parts[1].macs, 2u * 38 * 27 * 9 * 88);
  EXPECT_EQ((*plan)->steps()[0].record->macs, parts[0].macs + parts[1].macs);
  const auto apart = make_plan(inverted({}, {}, true), {.target = &all});
  ASSERT_TRUE(apart.ok());
  EXPECT_TRUE((*apart)->steps()[0].parts.empty());
}

// A residual, weights of 8 bits, a reader more, another kind of convolution, or a small picture.
TEST(Regions, convolutions_that_are_no_such_pair_are_computed_alone) {
  const Target all = fusing(targets::generic);
  const auto steps = [&](const Target& target, const std::function<ValueId(TestGraph&, ValueId)>& build) {
    TestGraph g;
    const ValueId y = build(g, g.input("x", Shape{1, 12, 12, 8}));
    const auto plan = make_plan(g.take({y}), {.target = &target});
    EXPECT_TRUE(plan.ok());
    return plan.ok() ? operators(**plan) : "";
  };
  const AttributeList same = {{"group", std::int64_t{24}}, {"pads", TestGraph::Ints{1, 1, 1, 1}}};
  const auto pair = [&](TestGraph& g, ValueId x) {
    return g.conv(g.conv(x, Shape{24, 8, 1, 1}, {}), Shape{24, 1, 3, 3}, same);
  };
  EXPECT_EQ(steps(all, pair), "Conv+Conv");
  EXPECT_EQ(steps(targets::generic, pair), "Conv Conv");
  EXPECT_EQ(steps(all,
                  [&](TestGraph& g, ValueId x) {
                    const ValueId between = g.conv(x, Shape{24, 8, 1, 1}, {});
                    return g.conv(between, Shape{24, 1, 3, 3}, same, between);
                  }),
            "Conv Conv");
  EXPECT_EQ(steps(all,
                  [&](TestGraph& g, ValueId x) {
                    const ValueId between = g.conv(x, Shape{24, 8, 1, 1}, {});
                    return g.node("Add", 14, {g.conv(between, Shape{24, 1, 3, 3}, same), between});
                  }),
            "Conv Conv Add");
  EXPECT_EQ(steps(all,
                  [&](TestGraph& g, ValueId x) {
                    const ValueId between = g.internal("Conv", {x, g.dequantised(Shape{24, 8, 1, 1})});
                    return g.conv(between, Shape{24, 1, 3, 3}, same);
                  }),
            "Conv Conv");
  EXPECT_EQ(steps(all,
                  [&](TestGraph& g, ValueId x) {
                    return g.conv(g.conv(x, Shape{24, 8, 3, 3}, {{"pads", TestGraph::Ints{1, 1, 1, 1}}}),
                                  Shape{24, 1, 3, 3}, same);
                  }),
            "Conv Conv");
}

// Attention as exporters write it, q, k and v from one product. `also`: the softmax is an output, too.
struct AttentionForm {
  std::int64_t items = 2, heads = 3;
  bool splits = true;          // by Split, else by Gather
  bool heads_follow = true;    // heads are between a row's q, k, v and its channels, and are moved in front of the rows
  int sums = 0;                // what is added to the scores; the second one by items, between two Reshapes
  bool scales_scores = false;  // else q
};
Graph attention(const AttentionForm& form, bool also) {
  using Ints = TestGraph::Ints;
  constexpr std::int64_t kRows = 17, kChannels = 8;
  const std::int64_t items = form.items, heads = form.heads;
  TestGraph g;
  const ValueId x = g.input("x", Shape{items, kRows, 3 * heads * kChannels});
  const ValueId apart = g.node("Reshape", 13, {x, g.ints({items, kRows, 3, heads, kChannels})});
  const ValueId turned = g.node("Transpose", 13, {apart}, {{"perm", Ints{2, 0, 3, 1, 4}}});
  std::vector<ValueId> qkv;
  if (form.splits) {
    for (const ValueId part : g.outputs_of("Split", 13, {turned, g.ints({1, 1, 1})}, 3)) {
      qkv.push_back(g.node("Squeeze", 13, {part, g.ints({0})}));
    }
  } else {
    for (const std::int64_t i : {0, 1, 2}) qkv.push_back(g.node("Gather", 13, {turned, g.ints({i})}));
    for (ValueId& part : qkv) part = g.node("Reshape", 13, {part, g.ints({items, heads, kRows, kChannels})});
  }
  if (!form.scales_scores) qkv[0] = g.node("Mul", 13, {qkv[0], g.number(0.3F)});
  const ValueId k = g.node("Transpose", 13, {qkv[1]}, {{"perm", Ints{0, 1, 3, 2}}});
  ValueId scores = g.node("MatMul", 13, {qkv[0], k});
  if (form.scales_scores) scores = g.node("Mul", 13, {g.number(0.3F), scores});
  if (form.sums > 0) scores = g.node("Add", 13, {scores, g.weights(Shape{1, heads, kRows, kRows})});
  if (form.sums > 1) {
    scores = g.node("Reshape", 13, {scores, g.ints({1, items, heads, kRows, kRows})});
    scores = g.node("Add", 13, {scores, g.weights(Shape{1, items, 1, kRows, kRows})});
    scores = g.node("Reshape", 13, {scores, g.ints({items, heads, kRows, kRows})});
  }
  const ValueId weights = g.node("Softmax", 13, {scores});
  ValueId y = g.node("MatMul", 13, {weights, qkv[2]});
  if (form.heads_follow) y = g.node("Transpose", 13, {y}, {{"perm", Ints{0, 2, 1, 3}}});
  return also ? g.take({y, weights}) : g.take({y});
}

TEST(Regions, attention_is_one_step_that_reads_its_operands_where_they_lie) {
  const auto expect_joins = [](const AttentionForm& form, const std::string& one, const std::string& steps) {
    expect_same_bits(attention(form, false), attention(form, true), one, steps);
  };
  expect_joins({}, "Reshape+Transpose+Split+Squeeze+Squeeze+Squeeze+Mul+Transpose+MatMul+Softmax+MatMul+Transpose",
               "Transpose Split Split Split Mul Transpose MatMul Softmax MatMul Transpose");
  expect_joins({.splits = false, .heads_follow = false, .sums = 1, .scales_scores = true},
               "Reshape+Transpose+Gather+Gather+Gather+Reshape+Reshape+Reshape+Transpose+MatMul+Mul+Add+Softmax+MatMul",
               "Transpose Gather Gather Gather Transpose MatMul Mul Add Softmax MatMul");
  expect_joins({.items = 4, .heads = 2, .sums = 2},
               "Reshape+Transpose+Split+Squeeze+Squeeze+Squeeze+Mul+Transpose+MatMul+Add+Reshape+Add+Reshape+Softmax+"
               "MatMul+Transpose",
               "Transpose Split Split Split Mul Transpose MatMul Add Add Softmax MatMul Transpose");
}

// Keys that are read elsewhere are made, and the step reads what was made.
TEST(Regions, attention_leaves_alone_what_others_read) {
  using Ints = TestGraph::Ints;
  const auto build = [](bool also) {
    TestGraph g;
    const ValueId x = g.input("x", Shape{2, 17, 24});
    const ValueId q = g.node("Mul", 13, {x, g.number(0.3F)});
    const ValueId k = g.node("Transpose", 13, {x}, {{"perm", Ints{0, 2, 1}}});
    const ValueId weights = g.node("Softmax", 13, {g.node("MatMul", 13, {q, k})});
    const ValueId y = g.node("MatMul", 13, {weights, x});
    return also ? g.take({y, k, weights}) : g.take({y, k});
  };
  expect_same_bits(build(false), build(true), "Mul Transpose MatMul+Softmax+MatMul",
                   "Mul Transpose MatMul Softmax MatMul");
  // A softmax over another axis, and a product of it from the left.
  TestGraph g;
  const ValueId x = g.input("x", Shape{2, 6, 6});
  const ValueId weights = g.node("Softmax", 13, {g.node("MatMul", 13, {x, x})}, {{"axis", std::int64_t{1}}});
  const auto plan = make_plan(g.take({g.node("MatMul", 13, {weights, x})}), {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(operators(**plan), "MatMul Softmax MatMul");
}

TEST(Regions, what_is_read_twice_is_computed_alone) {
  TestGraph g;
  const ValueId sum = g.node("Add", 14, {g.input("x", Shape{6}), g.weights(Shape{6})});
  const ValueId y = g.node("Mul", 14, {g.node("Relu", 14, {sum}), sum});
  const auto plan = make_plan(g.take({y}), {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(operators(**plan), "Add Relu Mul");
}

TEST(Regions, a_chain_is_cut_from_its_end) {
  TestGraph g;
  const ValueId sum = g.node("Add", 14, {g.input("x", Shape{6}), g.weights(Shape{6})});
  const ValueId product = g.node("Mul", 14, {g.node("Relu", 14, {sum}), g.weights(Shape{6})});
  const auto plan = make_plan(g.take({g.node("Sigmoid", 14, {g.node("Tanh", 14, {product})})}), {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(operators(**plan), "Add+Relu Mul+Tanh Sigmoid");
}

TEST(Regions, what_has_no_kernel_together_is_computed_alone) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{6}, DType::kInt32);
  const ValueId sum = g.node("Add", 14, {x, x});
  const auto plan = make_plan(g.take({g.node("Relu", 14, {sum})}), {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(operators(**plan), "Add Relu");
}

}  // namespace
}  // namespace kite
