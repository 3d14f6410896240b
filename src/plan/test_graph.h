// SPDX-License-Identifier: Apache-2.0
// For tests of plans and sessions: builds small typed graphs, one of them with a step of every kernel family.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "kernels/target.h"
#include "ops/evaluate.h"
#include "paperkite/tensor.h"
#include "passes/pass.h"

namespace kite {

class TestGraph {
 public:
  using Attribute = std::pair<std::string, kite::Attribute::Value>;
  using Ints = std::vector<std::int64_t>;

  ValueId input(const std::string& name, const Shape& shape, DType dtype = DType::kFloat32) {
    const ValueId id = graph_.add_value(name);
    GraphInput input{id, dtype, {}};
    for (const std::int64_t dim : shape.dims()) input.dims.push_back({dim, ""});
    graph_.inputs.push_back(std::move(input));
    return id;
  }
  // Seeded values in [-0.5, 0.5), different for every constant.
  ValueId weights(const Shape& shape) {
    Tensor tensor(DType::kFloat32, shape);
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      tensor.as<float>()[i] = static_cast<float>(static_cast<std::int32_t>(random_())) * 0x1p-32f;
    }
    return graph_.add_constant("w", std::move(tensor));
  }
  ValueId number(float value) { return graph_.add_constant("n", Tensor::of<float>(Shape{}, {value})); }
  ValueId ints(const Ints& values) {
    Tensor tensor(DType::kInt64, Shape{static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, tensor.as<std::int64_t>());
    return graph_.add_constant("i", std::move(tensor));
  }
  // Seeded int8 weights.
  ValueId bytes(const Shape& shape) {
    Tensor tensor(DType::kInt8, shape);
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      tensor.as<std::int8_t>()[i] = static_cast<std::int8_t>(static_cast<int>(random_() % 256) - 128);
    }
    return graph_.add_constant("q", std::move(tensor));
  }
  // Weights that were dequantised from such, with scales along the first axis, and in blocks along the second where
  // block > 0.
  ValueId dequantised(const Shape& shape, std::int64_t block = 0) {
    const std::int64_t row = shape.elements(1, shape.rank()), blocks = block == 0 ? 1 : (row + block - 1) / block;
    const ValueId q = bytes(shape), scales = weights(block == 0 ? Shape{shape[0]} : Shape{shape[0], blocks});
    auto from = std::make_shared<Dequantisation>();
    from->q = *graph_.value(q).constant;
    from->scales = *graph_.value(scales).constant;
    from->axis = block == 0 ? 0 : 1;
    from->block = block;
    Tensor tensor(DType::kFloat32, shape);
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      const std::int64_t at = i / row * blocks + (block == 0 ? 0 : i % row / block);
      tensor.as<float>()[i] = static_cast<float>(from->q.as<std::int8_t>()[i]) * from->scales.as<float>()[at];
    }
    const ValueId id = graph_.add_constant("w", std::move(tensor));
    graph_.value(id).dequantised = std::move(from);
    return id;
  }
  ValueId byte(std::uint8_t value) { return graph_.add_constant("z", Tensor::of<std::uint8_t>(Shape{}, {value})); }
  ValueId microsoft(const std::string& op_type, std::vector<ValueId> inputs, std::vector<Attribute> attributes = {}) {
    return append(op_type, "com.microsoft", 1, std::move(inputs), std::move(attributes));
  }
  std::vector<ValueId> outputs_of(const std::string& op_type, int opset, std::vector<ValueId> inputs, int count) {
    Node node;
    node.op_type = op_type;
    node.opset = opset;
    node.inputs = std::move(inputs);
    for (int i = 0; i < count; ++i) node.outputs.push_back(graph_.add_value("y"));
    const std::vector<ValueId> outputs = node.outputs;
    graph_.add_node(std::move(node));
    return outputs;
  }
  ValueId node(const std::string& op_type, int opset, std::vector<ValueId> inputs,
               std::vector<Attribute> attributes = {}) {
    return append(op_type, "", opset, std::move(inputs), std::move(attributes));
  }
  ValueId internal(const std::string& op_type, std::vector<ValueId> inputs, std::vector<Attribute> attributes = {}) {
    return append(op_type, std::string(kInternalDomain), 1, std::move(inputs), std::move(attributes));
  }
  ValueId conv(ValueId x, const Shape& w, std::vector<Attribute> attributes, ValueId residual = kNoValue) {
    return internal("Conv", {x, weights(w), weights(Shape{w[0]}), residual}, std::move(attributes));
  }
  Graph take(std::vector<ValueId> outputs) {
    graph_.outputs = std::move(outputs);
    EXPECT_TRUE(bind_inputs(graph_, {}).ok());
    const Status typed = infer_types(graph_);
    EXPECT_TRUE(typed.ok()) << typed.error().message();
    return std::move(graph_);
  }

 private:
  ValueId append(const std::string& op_type, std::string domain, int opset, std::vector<ValueId> inputs,
                 std::vector<Attribute> attributes) {
    Node node;
    node.name = op_type + "_" + std::to_string(count_++);
    node.op_type = op_type;
    node.domain = std::move(domain);
    node.opset = opset;
    for (Attribute& attribute : attributes) node.attributes.set(attribute.first, std::move(attribute.second));
    while (!inputs.empty() && inputs.back() == kNoValue) inputs.pop_back();
    node.inputs = std::move(inputs);
    const ValueId y = graph_.add_value("y_" + std::to_string(count_));
    node.outputs = {y};
    graph_.add_node(std::move(node));
    return y;
  }
  Graph graph_;
  std::mt19937 random_{11};
  int count_ = 0;
};

// `target`, where whatever can be one step is one: no graph is too small for it.
inline Target fusing(const Target& target) {
  Target all = target;
  all.tuning.expanded_bytes = all.tuning.scaled_pixels = 0;
  return all;
}

// Two branches, a step of every kernel family (for fusing() targets) and two portable ones, the second of which
// ("Gather", last) takes its indices from the input "rows": below ((side + 1) / 2 - 1)^2, which is 16 for side 9. From
// batch 8 and side 33 on, most steps are worth sharing between threads.
inline Graph every_family(std::int64_t batch = 2, std::int64_t side = 9) {
  using Ints = TestGraph::Ints;
  const std::int64_t tokens_side = (side + 1) / 2 - 1;
  TestGraph g;
  const ValueId x = g.input("x", Shape{batch, side, side, 8});
  const ValueId rows = g.input("rows", Shape{3}, DType::kInt64);
  const ValueId c1 = g.conv(x, Shape{24, 8, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}, {"activation", std::string("relu")}});
  const ValueId d1 = g.conv(c1, Shape{24, 1, 3, 3},
                            {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}, {"group", std::int64_t{24}}});
  const ValueId squeezed = g.node("ReduceMean", 13, {d1}, {{"axes", Ints{1, 2}}, {"keepdims", std::int64_t{1}}});
  const ValueId excited = g.node("Mul", 14, {d1, squeezed});
  const ValueId c2 = g.conv(excited, Shape{24, 24, 1, 1}, {{"activation", std::string("silu")}}, d1);
  const ValueId e1 = g.conv(c2, Shape{24, 24, 1, 1}, {{"activation", std::string("relu")}});
  const ValueId d2 = g.conv(e1, Shape{24, 1, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}, {"group", std::int64_t{24}}});
  const ValueId mean = g.node("ReduceMean", 13, {d2}, {{"axes", Ints{1, 2}}, {"keepdims", std::int64_t{0}}});
  const ValueId logits = g.internal("Linear", {mean, g.weights(Shape{24, 10}), g.weights(Shape{10})});
  const ValueId scores = g.node("Softmax", 13, {logits});
  const ValueId pooled = g.internal("MaxPool", {d2}, {{"kernel_shape", Ints{2, 2}}});
  const ValueId tokens = g.node("Reshape", 13, {pooled, g.ints({batch, tokens_side * tokens_side, 24})});
  const ValueId product_by_channel = g.node("Mul", 13, {tokens, g.weights(Shape{24})});
  const ValueId affine = g.node("Relu", 13, {g.node("Add", 13, {product_by_channel, g.weights(Shape{24})})});
  const ValueId norm = g.node("LayerNormalization", 17, {affine, g.weights(Shape{24}), g.weights(Shape{24})});
  const ValueId turned = g.node("Transpose", 13, {norm}, {{"perm", Ints{0, 2, 1}}});
  const ValueId product = g.node("MatMul", 13, {norm, turned});
  const ValueId scaled = g.node("Mul", 13, {product, g.number(0.2f)});
  const ValueId spread = g.node("ReduceMax", 13, {scaled}, {{"axes", Ints{0, 2}}});
  const ValueId picked = g.node("Gather", 13, {scaled, rows}, {{"axis", std::int64_t{1}}});
  const ValueId weights = g.node("Softmax", 13, {g.node("MatMul", 13, {norm, turned})});
  const ValueId attended = g.node("MatMul", 13, {weights, norm});
  const ValueId states = g.internal("LSTM", {attended, kNoValue, g.weights(Shape{1, 24, 6}), g.weights(Shape{1, 48})},
                                    {{"layout", std::int64_t{1}}});
  return g.take({scores, spread, picked, states});
}

// One step of every family of 8-bit numbers, some in several forms.
inline Graph every_quantised_family(std::int64_t batch = 2, std::int64_t side = 9) {
  using Ints = TestGraph::Ints;
  TestGraph g;
  const ValueId x = g.input("x", Shape{batch, side, side, 8});
  const ValueId scale = g.number(0.02f), zero = g.byte(100);
  const auto conv = [&](ValueId from, const Shape& w, std::vector<TestGraph::Attribute> attributes) {
    return g.internal("QLinearConv", {from, scale, zero, g.bytes(w), g.number(0.01f), kNoValue, scale, zero},
                      std::move(attributes));
  };
  const ValueId q = g.node("QuantizeLinear", 13, {x, scale, zero});
  const ValueId c1 = conv(q, Shape{24, 8, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}});
  const ValueId d1 = conv(c1, Shape{24, 1, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}, {"group", std::int64_t{24}}});
  const ValueId c2 = conv(d1, Shape{24, 24, 1, 1}, {});
  const ValueId sum = g.microsoft("QLinearAdd", {c1, scale, zero, c2, scale, zero, scale, zero});
  const ValueId pooled = g.internal("MaxPool", {sum}, {{"kernel_shape", Ints{2, 2}}});
  const ValueId mean =
      g.microsoft("QLinearGlobalAveragePool", {pooled, scale, zero, scale, zero}, {{"channels_last", std::int64_t{1}}});
  const ValueId real = g.node("DequantizeLinear", 13, {mean, scale, zero});
  const std::vector<ValueId> dynamic = g.outputs_of("DynamicQuantizeLinear", 11, {real}, 3);
  const ValueId scores = g.microsoft(
      "MatMulIntegerToFloat",
      {dynamic[0], g.bytes(Shape{24, 10}), dynamic[1], g.number(0.01f), dynamic[2], kNoValue, g.weights(Shape{10})});
  const ValueId c3 = g.internal("Conv", {x, g.dequantised(Shape{24, 8, 3, 3}), g.weights(Shape{24})});
  const ValueId d3 = g.internal("Conv", {c3, g.dequantised(Shape{24, 1, 3, 3})}, {{"group", std::int64_t{24}}});
  const ValueId linear =
      g.internal("Linear", {d3, g.dequantised(Shape{10, 24}, 16)}, {{"transposed", std::int64_t{1}}});
  return g.take({scores, pooled, linear});
}

// Seeded values in [-2, 2), and for integers 0, 1, 2 ...
inline std::vector<Tensor> inputs_of(const Graph& graph) {
  std::mt19937 random(5);
  std::vector<Tensor> tensors;
  for (const GraphInput& input : graph.inputs) {
    Tensor tensor(*graph.value(input.value).type);
    for (std::int64_t i = 0; i < tensor.shape().elements(); ++i) {
      if (tensor.dtype() == DType::kFloat32)
        tensor.as<float>()[i] = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-30f;
      if (tensor.dtype() == DType::kInt64) tensor.as<std::int64_t>()[i] = i;
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

inline std::vector<TensorView> views_of(const std::vector<Tensor>& tensors) {
  std::vector<TensorView> views;
  for (const Tensor& tensor : tensors) views.push_back(tensor.view());
  return views;
}

}  // namespace kite
