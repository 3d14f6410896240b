// SPDX-License-Identifier: Apache-2.0
// Every value that is shown under a name of the file is that value, in the file's layout: it is compared with the same
// graph in double precision, for each rewrite that moves or renames values.
#include "cli/verify/engine_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/test_folder.h"
#include "cli/verify/difference.h"
#include "cli/verify/oracle_graph.h"
#include "onnx/message_builder.h"

namespace kite::cli {
namespace {

Tensor numbers(const TensorType& type) {
  Tensor tensor(type);
  std::uint32_t state = 1;
  for (std::int64_t i = 0; i < type.shape.elements(); ++i) {
    state = state * 1664525U + 1013904223U;
    tensor.as<float>()[i] = static_cast<float>(state >> 8) * 0x1p-23F - 1.0F;
  }
  return tensor;
}

// The names of the values that are seen; each is tested against the oracle.
std::vector<std::string> seen_values(const std::string& path) {
  auto engine = EngineValues::open(path, ModelOptions());
  EXPECT_TRUE(engine.ok()) << engine.error().message();
  if (!engine.ok()) return {};
  InputShapes shapes;
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  for (const EngineValues::Input& input : engine->inputs()) {
    shapes.emplace(input.name, input.type.shape);
    inputs.push_back(numbers(input.type));
  }
  for (const Tensor& input : inputs) views.push_back(input.view());
  const auto values = engine->run(views);
  const auto oracle = OracleGraph::open(path, shapes, {}, std::int64_t{1} << 32);
  EXPECT_TRUE(values.ok() && oracle.ok());
  if (!values.ok() || !oracle.ok()) return {};
  KnownValues known;
  for (std::size_t i = 0; i < views.size(); ++i) known.emplace(oracle->inputs()[i], views[i]);
  std::vector<std::string> seen;
  std::vector<Tensor> kept;
  for (const ValueId id : oracle->made()) {
    const auto value = values->find(id);
    if (value == values->end()) continue;
    seen.emplace_back(oracle->name(id));
    auto expected = oracle->compute(known, id);
    EXPECT_TRUE(expected.ok());
    if (!expected.ok()) continue;
    EXPECT_EQ(value->second.tensor.shape(), expected->shape()) << seen.back();
    EXPECT_LT(compare(value->second.tensor.view(), expected->view()).relative(), 1e-5) << seen.back();
    kept.push_back(std::move(expected).value());
    known.insert_or_assign(id, kept.back().view());
  }
  return seen;
}

TEST(EngineValues, of_a_network_have_the_numbers_of_the_oracle) {
  const std::vector<std::string> seen = seen_values("models/regnet_x_400mf.onnx");
  EXPECT_GT(seen.size(), 70U);
  EXPECT_EQ(seen.back(), "logits");
}

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>((i * 37) % 23) * 0.05F - 0.5F;
  return values;
}

// Everything that moves a value to another layout or memory: a stem that reads NCHW, convolutions between Transposes, a
// Concat of two steps, an epilogue, a sum in place, tokens, products, a chain of reshapes, an Identity before an
// output.
std::string moving_network() {
  namespace t = onnx::test;
  t::GraphParts parts;
  const auto pads = [] { return t::ints_attribute("pads", {1, 1, 1, 1}); };
  parts.nodes = {t::node("Conv", {"x", "w1"}, {"a"}, {pads()}, "a"),
                 t::node("Relu", {"a"}, {"ra"}, {}, "ra"),
                 t::node("Conv", {"ra", "w2"}, {"b"}, {pads()}, "b"),
                 t::node("Conv", {"ra", "w2"}, {"c"}, {pads()}, "c"),
                 t::node("Sigmoid", {"c"}, {"sc"}, {}, "sc"),
                 t::node("Concat", {"b", "sc"}, {"cat"}, {t::int_attribute("axis", 1)}, "cat"),
                 t::node("MaxPool", {"cat"}, {"mp"},
                         {t::ints_attribute("kernel_shape", {2, 2}), t::ints_attribute("strides", {2, 2})}, "mp"),
                 t::node("Add", {"mp", "mp"}, {"twice"}, {}, "twice"),
                 t::node("Tanh", {"twice"}, {"th"}, {}, "th"),
                 t::node("Reshape", {"th", "tokens"}, {"flat"}, {}, "flat"),
                 t::node("Transpose", {"flat"}, {"tok"}, {t::ints_attribute("perm", {0, 2, 1})}, "tok"),
                 t::node("MatMul", {"tok", "wm"}, {"q"}, {}, "q"),
                 t::node("Transpose", {"q"}, {"qt"}, {t::ints_attribute("perm", {0, 2, 1})}, "qt"),
                 t::node("MatMul", {"q", "qt"}, {"scores"}, {}, "scores"),
                 t::node("Softmax", {"scores"}, {"p"}, {t::int_attribute("axis", -1)}, "p"),
                 t::node("MatMul", {"p", "q"}, {"mixed"}, {}, "mixed"),
                 t::node("Transpose", {"th"}, {"last"}, {t::ints_attribute("perm", {0, 2, 3, 1})}, "last"),
                 t::node("Identity", {"mixed"}, {"y"}, {}, "y")};
  parts.initializers = {t::float_tensor("w1", {4, 3, 3, 3}, ramp(108)), t::float_tensor("w2", {4, 4, 3, 3}, ramp(144)),
                        t::float_tensor("wm", {8, 8}, ramp(64)),
                        t::tensor_head("tokens", 7, {3}).packed(7, {1, 8, 12})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {1, 3, 8, 6})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {1, 12, 8}), t::value_info("last", onnx::kFloat, {1, 4, 3, 8})};
  return t::model(t::graph(parts)).bytes();
}

TEST(EngineValues, are_those_of_the_file_behind_every_kind_of_move) {
  const TestFolder folder;
  const std::vector<std::string> seen = seen_values(folder.write("moving.onnx", moving_network()));
  for (const char* name : {"ra", "cat", "mp", "th", "flat", "tok", "q", "qt", "mixed", "last", "y"}) {
    EXPECT_NE(std::ranges::find(seen, name), seen.end()) << name;
  }
}

TEST(EngineValues, of_a_value_inside_a_step_are_left_out) {
  const TestFolder folder;
  const std::vector<std::string> seen = seen_values(folder.write("moving.onnx", moving_network()));
  EXPECT_EQ(std::ranges::find(seen, "a"), seen.end());  // the Relu is the epilogue of its Conv
  EXPECT_EQ(std::ranges::find(seen, "p"), seen.end());  // the softmax is a part of an attention
}

}  // namespace
}  // namespace kite::cli
