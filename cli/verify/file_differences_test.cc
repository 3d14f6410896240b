// SPDX-License-Identifier: Apache-2.0
// What is stated differently is told, and what means the same is not.
#include "cli/verify/file_differences.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kite::cli {
namespace {

Graph one_node(const std::string& op, Attributes attributes, int opset = 17) {
  Graph graph;
  const ValueId x = graph.add_value("x"), y = graph.add_value("y");
  Node node;
  node.name = "n";
  node.op_type = op;
  node.opset = opset;
  node.attributes = std::move(attributes);
  node.inputs = {x};
  node.outputs = {y};
  graph.inputs.push_back({x, DType::kFloat32, {}});
  graph.add_node(std::move(node));
  graph.outputs.push_back(y);
  return graph;
}

std::vector<std::string> differences(const Graph& ours, const Graph& theirs) {
  std::vector<std::string> all;
  for (const NodeDifference& found : compare_nodes(ours, theirs, ValuePairs(ours, theirs), ours.order())) {
    all.push_back(found.what);
  }
  return all;
}

Attributes with(std::string name, Attribute::Value value) {
  Attributes attributes;
  attributes.set(std::move(name), std::move(value));
  return attributes;
}

TEST(FileDifferences, tell_an_attribute_that_one_side_does_not_state) {
  EXPECT_EQ(differences(one_node("Conv", with("group", std::int64_t{2})), one_node("Conv", {})),
            std::vector<std::string>{"attribute \"group\" is 2 here and not stated there"});
}

TEST(FileDifferences, are_silent_on_a_default_that_one_side_writes_out) {
  const std::vector<std::pair<std::string, Attributes>> cases = {
      {"Conv", with("group", std::int64_t{1})},
      {"Conv", with("dilations", std::vector<std::int64_t>{1, 1})},
      {"Conv", with("auto_pad", std::string("NOTSET"))},
      {"Conv", with("kernel_shape", std::vector<std::int64_t>{3, 3})},
      {"BatchNormalization", with("epsilon", 1e-5F)},
      {"LeakyRelu", with("alpha", 0.01F)},
  };
  for (const auto& [op, attributes] : cases) {
    EXPECT_EQ(differences(one_node(op, attributes), one_node(op, {})), std::vector<std::string>{}) << op;
    EXPECT_EQ(differences(one_node(op, {}), one_node(op, attributes)), std::vector<std::string>{}) << op;
  }
  EXPECT_EQ(differences(one_node("Elu", with("alpha", 0.01F)), one_node("Elu", {})).size(), 1U);
  EXPECT_EQ(
      differences(one_node("MaxPool", with("kernel_shape", std::vector<std::int64_t>{3, 3})), one_node("MaxPool", {}))
          .size(),
      1U);
}

TEST(FileDifferences, tell_another_opset_once) {
  EXPECT_EQ(differences(one_node("Relu", {}, 17), one_node("Relu", {}, 21)),
            std::vector<std::string>{"the opset is 17 here and 21 there"});
}

}  // namespace
}  // namespace kite::cli
