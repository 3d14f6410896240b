// SPDX-License-Identifier: Apache-2.0
// Weights that were dequantised: passes that fold, move and scale them keep the numbers that they stand for.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "passes/constants.h"
#include "passes/graph_case.h"
#include "passes/match.h"

namespace kite {
namespace {

struct DequantisedCase : GraphCase {
  using GraphCase::GraphCase;

  template <typename T>
  ValueId seeded(DType dtype, const Shape& shape) {
    Tensor tensor(dtype, shape);
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      const auto number = static_cast<int>(random_() % 100);
      tensor.as<T>()[i] = std::is_same_v<T, float> ? static_cast<T>(1 + number) / 64 : static_cast<T>(number);
    }
    return constant("c", std::move(tensor));
  }
  ValueId floats(const Shape& shape) { return seeded<float>(DType::kFloat32, shape); }
  ValueId weights(const Shape& shape, const Shape& scales, Attrs attributes = {}) {
    return n("w" + std::to_string(count_++), "DequantizeLinear",
             {seeded<std::uint8_t>(DType::kUInt8, shape), floats(scales), seeded<std::uint8_t>(DType::kUInt8, scales)},
             attributes);
  }

 private:
  std::mt19937 random_{3};
  int count_ = 0;
};

// Runs all passes, and expects that each of the graph's products reads weights that are what they were dequantised
// from; or, where `stays` is false, that none knows such.
void expect_kept(DequantisedCase& g, int products, bool stays = true) {
  Graph graph = g.take();
  const auto reports = run_passes(graph, {});
  ASSERT_TRUE(reports.ok()) << reports.error().message();
  int seen = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!is_op(node, "Conv", kInternalDomain) && !is_op(node, "Linear", kInternalDomain)) continue;
    ++seen;
    const Value& weights = graph.value(node.inputs[1]);
    ASSERT_EQ(weights.dequantised != nullptr, stays) << graph.describe(id);
    if (!stays) continue;
    const Dequantisation& from = *weights.dequantised;
    DequantisedCase again(21);
    const auto copied = [&](const TensorView& view) { return again.constant("c", Tensor::copy_of(view)); };
    std::vector<ValueId> inputs = {copied(from.q), copied(from.scales)};
    if (from.zeros.data != nullptr) inputs.push_back(copied(from.zeros));
    again.returns(again.n("w", "DequantizeLinear", inputs,
                          {attr("axis", std::max(from.axis, 0)), attr("block_size", from.block)}));
    const Graph alone = again.take();
    const auto outputs = interpret(alone, {});
    ASSERT_TRUE(outputs.ok()) << outputs.error().message();
    const auto want = outputs->front().view().bytes(), have = weights.constant->bytes();
    ASSERT_EQ(want.size(), have.size());
    EXPECT_EQ(std::memcmp(want.data(), have.data(), have.size()), 0) << graph.describe(id);
  }
  EXPECT_EQ(seen, products);
}

TEST(DequantisedWeights, stay_known_through_all_passes) {
  for (const bool per_channel : {false, true}) {
    const auto scales = [&](std::int64_t channels) { return per_channel ? Shape{channels} : Shape{}; };
    DequantisedCase g(21);
    const ValueId x = g.input("x", Shape{1, 6, 9}, DType::kFloat32);
    // A convolution over one axis becomes one over two; its norm goes into the scales.
    ValueId y = g.n("c", "Conv", {x, g.weights(Shape{8, 6, 3}, scales(8), {attr("axis", 0)})});
    y = g.n("n", "BatchNormalization",
            {y, g.floats(Shape{8}), g.floats(Shape{8}), g.floats(Shape{8}), g.floats(Shape{8})});
    y = g.n("t", "Transpose", {y}, {attr("perm", Ints{0, 2, 1})});
    y = g.n("m", "MatMul", {y, g.weights(Shape{8, 5}, scales(5), {attr("axis", 1)})});
    y = g.n("s", "Mul", {y, g.floats(Shape{5})});
    y = g.n("r", "Reshape", {y, g.ints("rows", {7, 5})});
    const ValueId w = g.weights(Shape{4, 5}, scales(4), {attr("axis", 0)});
    g.returns(g.n("y", "Gemm", {y, w, g.floats(Shape{4})}, {attr("transB", 1)}));
    expect_kept(g, 3);
  }
}

TEST(DequantisedWeights, stay_known_with_scales_of_blocks) {
  DequantisedCase g(21);
  const ValueId x = g.input("x", Shape{2, 7, 10}, DType::kFloat32);
  const ValueId w = g.weights(Shape{10, 6}, Shape{3, 6}, {attr("axis", 0), attr("block_size", 4)});
  ValueId y = g.n("s", "Mul", {g.n("m", "MatMul", {x, w}), g.floats(Shape{6})});
  const ValueId v = g.weights(Shape{8, 6}, Shape{8, 2}, {attr("axis", 1), attr("block_size", 3)});
  y = g.n("p", "MatMul", {y, g.n("t", "Transpose", {v}, {attr("perm", Ints{1, 0})})});
  g.returns(g.n("y", "Mul", {y, g.floats(Shape{8})}));
  expect_kept(g, 2);
}

TEST(DequantisedWeights, are_floats_once_scales_of_inputs_meet_factors_of_outputs) {
  DequantisedCase g(21);
  const ValueId x = g.input("x", Shape{2, 7, 10}, DType::kFloat32);
  const ValueId w = g.weights(Shape{10, 6}, Shape{10}, {attr("axis", 0)});
  g.returns(g.n("y", "Mul", {g.n("m", "MatMul", {x, w}), g.floats(Shape{6})}));
  expect_kept(g, 1, false);
}

}  // namespace
}  // namespace kite
