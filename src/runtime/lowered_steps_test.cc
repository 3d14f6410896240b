// SPDX-License-Identifier: Apache-2.0
// Small graphs of one operator each: which kernels they become, and that running the plan gives what the portable
// implementation gives, on every instruction set and for 1 and 2 threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "kernels/targets.h"
#include "ops/evaluate.h"
#include "passes/pass.h"
#include "plan/lower/planner.h"
#include "runtime/session.h"

namespace kite {
namespace {

using Ints = std::vector<std::int64_t>;

class OneNode {
 public:
  explicit OneNode(std::string op_type, int opset = 18, std::string domain = "") {
    node_.op_type = std::move(op_type);
    node_.domain = std::move(domain);
    node_.opset = opset;
  }
  OneNode& input(const Shape& shape, DType dtype = DType::kFloat32) {
    const ValueId id = graph_.add_value("x" + std::to_string(node_.inputs.size()));
    GraphInput input{id, dtype, {}};
    for (const std::int64_t dim : shape.dims()) input.dims.push_back({dim, ""});
    graph_.inputs.push_back(std::move(input));
    node_.inputs.push_back(id);
    return *this;
  }
  OneNode& ints(const Ints& values) {
    Tensor tensor(DType::kInt64, Shape{static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, tensor.as<std::int64_t>());
    return constant(std::move(tensor));
  }
  OneNode& number(float value) { return constant(Tensor::of<float>(Shape{}, {value})); }
  OneNode& index(std::int64_t value) { return constant(Tensor::of<std::int64_t>(Shape{}, {value})); }
  OneNode& floats(const Shape& shape) {
    Tensor tensor(DType::kFloat32, shape);
    std::mt19937 random(7);
    for (std::int64_t i = 0; i < shape.elements(); ++i)
      tensor.as<float>()[i] = 0.5f + static_cast<float>(random()) * 0x1p-32f;
    return constant(std::move(tensor));
  }
  OneNode& left_out() {
    node_.inputs.push_back(kNoValue);
    return *this;
  }
  OneNode& set(const std::string& name, Attribute::Value value) {
    node_.attributes.set(name, std::move(value));
    return *this;
  }
  OneNode& outputs(int count) {
    outputs_ = count;
    return *this;
  }
  Graph take() {
    for (int i = 0; i < outputs_; ++i) {
      node_.outputs.push_back(graph_.add_value("y" + std::to_string(i)));
      graph_.outputs.push_back(node_.outputs.back());
    }
    graph_.add_node(std::move(node_));
    EXPECT_TRUE(bind_inputs(graph_, {}).ok());
    const Status typed = infer_types(graph_);
    EXPECT_TRUE(typed.ok()) << typed.error().message();
    return std::move(graph_);
  }

 private:
  OneNode& constant(Tensor tensor) {
    node_.inputs.push_back(graph_.add_constant("c" + std::to_string(node_.inputs.size()), std::move(tensor)));
    return *this;
  }
  Graph graph_;
  Node node_;
  int outputs_ = 1;
};

std::vector<Tensor> make_inputs(const Graph& graph) {
  std::mt19937 random(1);
  std::vector<Tensor> tensors;
  for (const GraphInput& input : graph.inputs) {
    Tensor tensor(*graph.value(input.value).type);
    const std::int64_t count = tensor.shape().elements();
    for (std::int64_t i = 0; i < count; ++i) {
      const float value = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-30f;  // [-2, 2)
      if (tensor.dtype() == DType::kFloat32) tensor.as<float>()[i] = value;
      if (tensor.dtype() == DType::kFloat64) tensor.as<double>()[i] = static_cast<double>(value);
      if (tensor.dtype() == DType::kInt32) tensor.as<std::int32_t>()[i] = static_cast<std::int32_t>(i);
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

std::string families(const Plan& plan) {
  std::string text;
  for (const PlanStep& step : plan.steps()) {
    if (!text.empty()) text += ' ';
    text += step.family == nullptr ? "portable" : step.family->name();
  }
  return text;
}

// 1e-6 of the largest value: a few roundings; sums here have at most some hundred terms and partial sums.
void expect_close(const TensorView& found, const Tensor& wanted) {
  ASSERT_EQ(found.type, wanted.type());
  if (wanted.dtype() != DType::kFloat32) {
    EXPECT_EQ(std::memcmp(found.data, wanted.view().data, found.bytes().size()), 0);
    return;
  }
  float largest = 0, difference = 0;
  for (std::int64_t i = 0; i < wanted.shape().elements(); ++i) {
    const float a = wanted.as<float>()[i], b = found.as<float>()[i];
    if (std::isnan(a) && std::isnan(b)) continue;
    ASSERT_TRUE(std::isfinite(b)) << i;
    largest = std::max(largest, std::fabs(a));
    difference = std::max(difference, std::fabs(a - b));
  }
  EXPECT_LE(difference, 1e-6f * largest);
  EXPECT_GT(largest, 0) << "a test on zeros shows nothing";
}

// `expected`: the families of the plan's steps in order.
void expect_steps(OneNode& one, const std::string& expected) {
  const Graph graph = one.take();
  const std::vector<Tensor> inputs = make_inputs(graph);
  std::vector<TensorView> views;
  for (const Tensor& tensor : inputs) views.push_back(tensor.view());
  const auto wanted = interpret(graph, views);
  ASSERT_TRUE(wanted.ok()) << wanted.error().message();
  for (const Target* target : all_targets()) {
    if (!native_target().includes(*target))
      continue;  // each kernel's own test counts the instruction sets that are missing as skipped
    PlanOptions options;
    options.target = target;
    const auto plan = make_plan(graph, options);
    ASSERT_TRUE(plan.ok()) << plan.error().message();
    EXPECT_EQ(families(**plan), expected);
    for (const int threads : {1, 2}) {
      auto session = PlanSession::create(*plan, threads);
      ASSERT_TRUE(session.ok()) << session.error().message();
      ASSERT_TRUE((*session)->run(views).ok());
      for (std::size_t i = 0; i < wanted->size(); ++i) {
        SCOPED_TRACE(std::string(target->name) + ", threads " + std::to_string(threads) + ", output " +
                     std::to_string(i));
        expect_close((*session)->output(i), (*wanted)[i]);
      }
    }
  }
}

void expect_steps(OneNode&& one, const std::string& expected) { expect_steps(one, expected); }

TEST(LoweredSteps, pool_channels_last_pictures) {
  const auto pool = [](const char* op) {
    OneNode one(op, 1, "paperkite");
    one.input(Shape{2, 15, 13, 37})
        .set("kernel_shape", Ints{3, 3})
        .set("strides", Ints{2, 2})
        .set("pads", Ints{1, 1, 1, 1});
    return one;
  };
  expect_steps(pool("MaxPool"), "pool");
  expect_steps(pool("MaxPool").set("dilations", Ints{2, 3}), "pool");
  expect_steps(pool("MaxPool").set("ceil_mode", std::int64_t{1}), "pool");
  expect_steps(pool("AveragePool"), "pool");
  expect_steps(pool("AveragePool").set("count_include_pad", std::int64_t{1}).set("ceil_mode", std::int64_t{1}), "pool");
  expect_steps(OneNode("AveragePool", 1, "paperkite").input(Shape{1, 8, 9, 16}).set("kernel_shape", Ints{2, 4}),
               "pool");
  expect_steps(OneNode("MaxPool", 1, "paperkite")
                   .input(Shape{1, 8, 9, 16})
                   .set("kernel_shape", Ints{2, 4})
                   .set("auto_pad", std::string("SAME_UPPER")),
               "portable");
  expect_steps(OneNode("MaxPool", 1, "paperkite").input(Shape{1, 9, 16}).set("kernel_shape", Ints{2}), "portable");
}

TEST(LoweredSteps, average_over_axes) {
  expect_steps(OneNode("ReduceMean", 13).input(Shape{2, 7, 7, 40}).set("axes", Ints{1, 2}), "reduce");
  expect_steps(
      OneNode("ReduceMean", 13).input(Shape{2, 7, 7, 40}).set("axes", Ints{-2, 1}).set("keepdims", std::int64_t{0}),
      "reduce");
  expect_steps(OneNode("ReduceMean", 18).input(Shape{2, 40, 7, 7}).ints({2, 3}), "reduce");
  expect_steps(OneNode("ReduceMean", 18).input(Shape{3, 5, 77}).ints({-1}).set("keepdims", std::int64_t{0}), "reduce");
  expect_steps(OneNode("ReduceMean", 13).input(Shape{1, 7, 1, 40}).set("axes", Ints{0, 1}), "reduce");
  expect_steps(OneNode("ReduceMean", 13).input(Shape{3, 7, 2, 40}).set("axes", Ints{0, 2}), "reduce reduce");
  expect_steps(OneNode("ReduceMean", 13).input(Shape{5, 6, 2, 9, 16}).set("axes", Ints{4, 0, 1}), "reduce reduce");
  expect_steps(OneNode("ReduceMean", 13).input(Shape{5, 1, 2, 9, 4, 3}).set("axes", Ints{0, 1, 3, 5}),
               "reduce reduce reduce");
  expect_steps(OneNode("ReduceMean", 13).input(Shape{3, 7}), "portable");
}

TEST(LoweredSteps, sum_over_axes) {
  expect_steps(OneNode("ReduceSum", 11).input(Shape{2, 7, 7, 40}).set("axes", Ints{1, 2}), "reduce");
  expect_steps(OneNode("ReduceSum", 13).input(Shape{2, 40, 7, 7}).ints({2, 3}), "reduce");
  expect_steps(OneNode("ReduceSum", 13).input(Shape{3, 7, 2, 40}).ints({0, 2}), "reduce reduce");
  expect_steps(OneNode("ReduceSum", 13).input(Shape{3, 7}, DType::kInt64).ints({1}), "portable");
  expect_steps(OneNode("ReduceL2", 13).input(Shape{2, 7, 40}).set("axes", Ints{-1}), "reduce");
  expect_steps(OneNode("ReduceL2", 18).input(Shape{2, 7, 40}).ints({1}).set("keepdims", std::int64_t{0}), "reduce");
  expect_steps(OneNode("ReduceL2", 18).input(Shape{3, 7, 2, 40}).ints({0, 2}), "reduce reduce");
}

TEST(LoweredSteps, compute_binary_operators_with_any_broadcast_of_four_dimensions) {
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"}) {
    expect_steps(OneNode(op, 14).input(Shape{2, 5, 6, 24}).floats(Shape{2, 5, 6, 24}), "elementwise");
    expect_steps(OneNode(op, 14).input(Shape{2, 5, 6, 24}).floats(Shape{24}), "elementwise");
    expect_steps(OneNode(op, 14).input(Shape{2, 5, 6, 24}).floats(Shape{2, 1, 1, 24}), "elementwise");
    expect_steps(OneNode(op, 14).input(Shape{2, 5, 6, 24}).number(3.0f), "elementwise");
    expect_steps(OneNode(op, 14).input(Shape{1, 5, 1, 24}).floats(Shape{3, 1, 6, 1}), "elementwise");
  }
  expect_steps(OneNode("Sub", 14).number(1.0f).input(Shape{33}), "elementwise");
  expect_steps(OneNode("Mul", 14).input(Shape{2, 1, 2, 1, 2}).input(Shape{1, 3, 1, 3, 1}), "portable");
  expect_steps(OneNode("Add", 14).input(Shape{40}, DType::kFloat64).input(Shape{40}, DType::kFloat64), "portable");
  expect_steps(OneNode("Add", 14).input(Shape{40}, DType::kInt32).input(Shape{40}, DType::kInt32), "portable");
}

TEST(LoweredSteps, compute_unary_operators) {
  for (const char* op : {"Relu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "LeakyRelu", "Erf", "Elu", "Selu",
                         "Celu", "Softplus", "Softsign", "ThresholdedRelu"}) {
    expect_steps(OneNode(op, 14).input(Shape{3, 5, 21}), "elementwise");
  }
  for (const char* op : {"Abs", "Ceil", "Floor", "Neg", "Reciprocal", "Round", "Sign", "Sqrt"}) {
    expect_steps(OneNode(op, 14).input(Shape{3, 5, 21}), "elementwise");
    expect_steps(OneNode(op, 14).input(Shape{40}, DType::kFloat64), "portable");
  }
  expect_steps(OneNode("Max", 13).input(Shape{5}).input(Shape{5}).input(Shape{5}), "portable");
  expect_steps(OneNode("Min", 13).input(Shape{5}), "portable");
  expect_steps(OneNode("Pow", 13).input(Shape{3, 5, 21}).number(2.0f), "elementwise");
  expect_steps(OneNode("Pow", 13).input(Shape{3, 5, 21}).number(3.0f), "portable");
  expect_steps(OneNode("Pow", 13).input(Shape{5}).input(Shape{5}), "portable");
  expect_steps(OneNode("HardSigmoid", 14).input(Shape{77}).set("alpha", 0.3f).set("beta", 0.1f), "elementwise");
  expect_steps(OneNode("Silu", 1, "paperkite").input(Shape{77}), "elementwise");
  expect_steps(OneNode("Gelu", 20).input(Shape{77}), "elementwise");
  expect_steps(OneNode("Mish", 18).input(Shape{77}), "elementwise");
  expect_steps(OneNode("Elu", 14).input(Shape{77}).set("alpha", 0.3f), "elementwise");
  expect_steps(OneNode("Celu", 14).input(Shape{77}).set("alpha", 2.0f), "elementwise");
  expect_steps(OneNode("Celu", 14).input(Shape{77}).set("alpha", -2.0f), "portable");
  expect_steps(OneNode("Selu", 14).input(Shape{77}).set("gamma", 2.0f), "elementwise");
  expect_steps(OneNode("ThresholdedRelu", 14).input(Shape{77}).set("alpha", -0.1f), "elementwise");
  expect_steps(OneNode("Gelu", 20).input(Shape{77}).set("approximate", std::string("tanh")), "portable");
  expect_steps(OneNode("Clip", 13).input(Shape{77}).number(-0.5f).number(1.0f), "elementwise");
  expect_steps(OneNode("Clip", 13).input(Shape{77}).left_out().number(1.0f), "elementwise");
  expect_steps(OneNode("Clip", 13).input(Shape{77}).number(0.25f), "elementwise");
  expect_steps(OneNode("Clip", 7).input(Shape{77}).set("max", 0.5f), "elementwise");
  expect_steps(OneNode("Clip", 13).input(Shape{77}).number(-0.5f).input(Shape{}), "portable");
}

// A pass that spells an activation wrongly must not make a step without it.
TEST(LoweredSteps, refuse_an_activation_that_they_do_not_know) {
  OneNode conv("Conv", 1, "paperkite"), linear("Linear", 1, "paperkite");
  conv.input(Shape{1, 8, 8, 4}).floats(Shape{4, 4, 1, 1});
  linear.input(Shape{1, 4}).floats(Shape{4, 4});
  for (OneNode* one : {&conv, &linear}) {
    Graph graph = one->take();
    graph.node(0).attributes.set("activation", std::string("swish"));
    const auto plan = make_plan(graph, {});
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, ErrorCode::kInvalidModel);
    EXPECT_NE(plan.error().message().find("swish"), std::string::npos) << plan.error().message();
  }
}

TEST(LoweredSteps, normalise_rows) {
  const auto norm = [] {
    OneNode one("LayerNormalization", 17);
    one.input(Shape{2, 9, 50});
    return one;
  };
  expect_steps(norm().floats(Shape{50}).floats(Shape{50}), "layer_norm");
  expect_steps(norm().floats(Shape{50}).set("epsilon", 0.1f), "layer_norm");
  expect_steps(norm().floats(Shape{9, 50}).floats(Shape{9, 50}).set("axis", std::int64_t{1}), "layer_norm");
  expect_steps(norm().floats(Shape{50}).floats(Shape{50}).set("axis", std::int64_t{1}), "portable");
  expect_steps(norm().floats(Shape{1}), "portable");
  expect_steps(norm().floats(Shape{50}).floats(Shape{50}).outputs(3), "portable");
}

TEST(LoweredSteps, normalise_channels_and_groups) {
  const auto norm = [](const char* op, int opset, int scales) {
    OneNode one(op, opset);
    one.input(Shape{2, 12, 5, 7}).floats(Shape{scales}).floats(Shape{scales});
    return one;
  };
  expect_steps(norm("InstanceNormalization", 6 + 1, 12), "layer_norm");
  expect_steps(norm("InstanceNormalization", 22, 12).set("epsilon", 0.1f), "layer_norm");
  expect_steps(norm("GroupNormalization", 18, 3).set("num_groups", std::int64_t{3}), "layer_norm");
  expect_steps(norm("GroupNormalization", 21, 12).set("num_groups", std::int64_t{3}), "layer_norm");
  expect_steps(norm("GroupNormalization", 21, 12).set("num_groups", std::int64_t{12}), "layer_norm");
  expect_steps(OneNode("InstanceNormalization", 7).input(Shape{1, 1, 9000}).floats(Shape{1}).floats(Shape{1}),
               "layer_norm");
  expect_steps(OneNode("InstanceNormalization", 7).input(Shape{2, 5, 1}).floats(Shape{5}).floats(Shape{5}),
               "layer_norm");
  expect_steps(OneNode("InstanceNormalization", 7)
                   .input(Shape{2, 5, 9}, DType::kFloat64)
                   .input(Shape{5}, DType::kFloat64)
                   .input(Shape{5}, DType::kFloat64),
               "portable");
}

TEST(LoweredSteps, take_softmax_of_rows) {
  expect_steps(OneNode("Softmax", 13).input(Shape{2, 9, 50}), "softmax");
  expect_steps(OneNode("Softmax", 13).input(Shape{2, 9, 50}).set("axis", std::int64_t{2}), "softmax");
  expect_steps(OneNode("Softmax", 13).input(Shape{2, 9, 1}).set("axis", std::int64_t{1}), "softmax");
  expect_steps(OneNode("Softmax", 13).input(Shape{2, 9, 50}).set("axis", std::int64_t{1}), "portable");
  expect_steps(OneNode("Softmax", 11).input(Shape{2, 9, 50}), "softmax");
}

TEST(LoweredSteps, take_lstms_that_have_the_usual_cells) {
  const auto lstm = [](const Shape& r) {
    OneNode one("LSTM", 1, std::string(kInternalDomain));
    one.input(Shape{5, 3, r[0] * r[1]}).left_out().floats(r);
    return one;
  };
  const Shape r{1, 24, 6}, both{2, 24, 6}, states{2, 3, 6};
  expect_steps(lstm(r), "lstm");
  expect_steps(lstm(r).set("direction", std::string("reverse")), "lstm");
  expect_steps(lstm(both).floats(Shape{2, 48}).set("direction", std::string("bidirectional")), "lstm");
  expect_steps(lstm(both).left_out().left_out().input(states).input(states).outputs(3).set(
                   "direction", std::string("bidirectional")),
               "lstm");
  expect_steps(lstm(r).set("layout", std::int64_t{1}), "lstm");
  expect_steps(lstm(r).set("activations", std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}), "lstm");
  expect_steps(lstm(r).set("activations", std::vector<std::string>{"Sigmoid", "Relu", "Tanh"}), "portable");
  expect_steps(lstm(r).set("clip", 1.0f), "portable");
  expect_steps(lstm(r).set("input_forget", std::int64_t{1}), "portable");
  expect_steps(lstm(r).left_out().input(Shape{3}, DType::kInt32), "portable");
  expect_steps(lstm(r).left_out().left_out().left_out().left_out().floats(Shape{1, 18}), "portable");
}

TEST(LoweredSteps, look_at_large_tensors_before_they_quantise_them) {
  expect_steps(OneNode("DynamicQuantizeLinear", 11).input(Shape{5, 100, 300}).outputs(3), "bytes bytes");
  expect_steps(OneNode("DynamicQuantizeLinear", 11).input(Shape{5, 100}).outputs(3), "bytes");
}

TEST(LoweredSteps, transpose_or_rename) {
  expect_steps(OneNode("Transpose", 13).input(Shape{2, 19, 3, 32}).set("perm", Ints{0, 2, 1, 3}), "strided_copy");
  expect_steps(OneNode("Transpose", 13).input(Shape{2, 19, 3, 32}).set("perm", Ints{0, 2, 3, 1}), "strided_copy");
  expect_steps(OneNode("Transpose", 13).input(Shape{2, 3, 4, 5}), "strided_copy");
  expect_steps(OneNode("Transpose", 13).input(Shape{2, 19}, DType::kInt32), "strided_copy");
  expect_steps(OneNode("Transpose", 13).input(Shape{1, 19, 1, 32}).set("perm", Ints{0, 2, 1, 3}), "");
  expect_steps(OneNode("Transpose", 13).input(Shape{4, 6}, DType::kFloat64), "portable");
}

TEST(LoweredSteps, move_blocks) {
  expect_steps(OneNode("Concat", 13).input(Shape{2, 1, 24}).input(Shape{2, 9, 24}).set("axis", std::int64_t{1}),
               "strided_copy strided_copy");
  expect_steps(
      OneNode("Concat", 13).input(Shape{2, 5}).input(Shape{2, 0}).floats(Shape{2, 3}).set("axis", std::int64_t{-1}),
      "strided_copy strided_copy");
  expect_steps(OneNode("Split", 13).input(Shape{2, 12, 5}).ints({3, 9}).set("axis", std::int64_t{1}).outputs(2),
               "strided_copy strided_copy");
  expect_steps(OneNode("Split", 18)
                   .input(Shape{2, 12})
                   .set("axis", std::int64_t{-1})
                   .set("num_outputs", std::int64_t{3})
                   .outputs(3),
               "strided_copy strided_copy strided_copy");
  expect_steps(OneNode("Slice", 13).input(Shape{3, 12, 5}).ints({-9, 1}).ints({100, 3}).ints({1, 0}), "strided_copy");
  expect_steps(OneNode("Slice", 13).input(Shape{3, 12, 5}).ints({1}).ints({11}).ints({1}).ints({3}), "strided_copy");
  expect_steps(OneNode("Slice", 13).input(Shape{3, 12, 5}).ints({1}).ints({12}).ints({1}).ints({INT64_MAX}),
               "strided_copy");
  expect_steps(OneNode("Slice", 13).input(Shape{3, 12}).ints({1, 2}).ints({3, 9}), "strided_copy");
  expect_steps(OneNode("Slice", 9).input(Shape{3, 12}).set("starts", Ints{2}).set("ends", Ints{9}).set("axes", Ints{1}),
               "strided_copy");
  expect_steps(OneNode("Slice", 13).input(Shape{3, 12}).ints({11}).ints({2}).ints({1}).ints({-2}), "portable");
  expect_steps(OneNode("Gather", 13).input(Shape{2, 9, 24}).index(0).set("axis", std::int64_t{1}), "strided_copy");
  expect_steps(OneNode("Gather", 13).input(Shape{2, 9, 24}).ints({-1}).set("axis", std::int64_t{2}), "strided_copy");
  expect_steps(OneNode("Gather", 13).input(Shape{2, 9, 24}).ints({1, 0}).set("axis", std::int64_t{1}), "portable");
  expect_steps(OneNode("Expand", 13).input(Shape{1, 24}).ints({3, 5, 24}), "strided_copy");
  expect_steps(OneNode("Expand", 13).input(Shape{5, 1}).ints({2, 5, 7}), "strided_copy");
  expect_steps(OneNode("Expand", 13).input(Shape{5}).ints({1, 5}), "");
}

}  // namespace
}  // namespace kite
