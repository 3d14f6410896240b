// SPDX-License-Identifier: Apache-2.0
// Old nodes, and what they become. That the values are the same is for the conformance cases of old opsets to say.
#include "graph/upgrade.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "graph/dump.h"
#include "graph/import.h"
#include "graph/unreadable.h"
#include "graph/verify.h"
#include "onnx/message_builder.h"

namespace kite {
namespace {

using onnx::test::GraphParts;
using onnx::test::int_attribute;
using onnx::test::ints_attribute;
using onnx::test::Message;
using onnx::test::node;
using onnx::test::value_info;

Message string_attribute(std::string_view name, std::string_view value) {
  return Message().text(1, name).text(4, value).integer(20, 3);
}
Message float_attribute(std::string_view name, float value) {
  return Message().text(1, name).real(2, value).integer(20, 1);
}

// The nodes that the one node of a model of `opset` becomes, one line each; the message where it is refused.
std::string upgraded(int opset, Message old, std::vector<Message> initializers = {},
                     std::vector<std::string> inputs = {"x"}) {
  GraphParts parts;
  parts.nodes = {std::move(old)};
  parts.initializers = std::move(initializers);
  for (const std::string& input : inputs) parts.inputs.push_back(value_info(input, onnx::kFloat, {2, 3, 4}));
  parts.outputs = {value_info("y", onnx::kFloat, {2, 3, 4})};
  const Message file = onnx::test::model(onnx::test::graph(parts), opset, 3);
  const auto imported = import_bytes(file.span(), "m.onnx");
  if (!imported.ok()) return imported.error().message();
  const Graph& graph = imported->graph;
  const Status sound = verify(graph);
  if (!sound.ok()) return sound.error().message();
  std::string lines;
  for (const NodeId id : graph.order()) {
    if (auto error = unreadable_error(graph.node(id))) return error->message();
    lines += dump_node(graph, id) + '\n';
  }
  return lines;
}

const Message kSlope = onnx::test::float_tensor("b", {3}, {1, 2, 3});

TEST(Upgrade, what_did_not_change_only_gets_the_new_opset) {
  EXPECT_EQ(upgraded(1, node("Relu", {"x"}, {"y"}, {ints_attribute("consumed_inputs", {0})})), "%y: ? = Relu-7(%x)\n");
  EXPECT_EQ(upgraded(6, node("Flatten", {"x"}, {"y"}, {int_attribute("axis", 2)})), "%y: ? = Flatten-7(%x) {axis=2}\n");
  EXPECT_EQ(upgraded(7, node("Dropout", {"x"}, {"y"})), "%y: ? = Dropout-7(%x)\n");
}

TEST(Upgrade, operands_broadcast_from_their_axis_on) {
  EXPECT_EQ(upgraded(6, node("Add", {"x", "b"}, {"y"}, {int_attribute("broadcast", 1)}), {kSlope}),
            "%y: ? = Add-7(%x, b)\n");
  EXPECT_EQ(upgraded(6, node("Mul", {"x", "b"}, {"y"}, {int_attribute("axis", 1)}), {kSlope}), "%y: ? = Mul-7(%x, b)\n")
      << "without broadcast the axis says nothing";
  const std::string aligned =
      upgraded(6, node("Add", {"x", "b"}, {"y"}, {int_attribute("broadcast", 1), int_attribute("axis", 1)}), {kSlope});
  EXPECT_EQ(aligned.substr(aligned.rfind("%y:")), "%y: ? = Add-7(%x, %y_upgraded_11)\n") << aligned;
  EXPECT_NE(aligned.find(" = Reshape-13(b, "), std::string::npos) << aligned;
  const std::string slope = upgraded(6, node("PRelu", {"x", "b"}, {"y"}), {kSlope});
  EXPECT_NE(slope.find(" = Reshape-13(b, "), std::string::npos) << slope;
  EXPECT_EQ(upgraded(6, node("PRelu", {"x", "b"}, {"y"}), {onnx::test::float_tensor("b", {1}, {0.5F})}),
            "%y: ? = PRelu-7(%x, b)\n");
  EXPECT_EQ(
      upgraded(6, node("Add", {"x", "b"}, {"y"}, {int_attribute("broadcast", 1), int_attribute("axis", -1)}), {kSlope}),
      "attribute 'axis' is -1; m.onnx: node that makes \"y\" (Add)");
}

TEST(Upgrade, attributes_get_their_new_form) {
  const std::pair<std::string, std::string> rows[] = {
      {upgraded(1, node("Cast", {"x"}, {"y"}, {string_attribute("to", "INT32")})), "%y: ? = Cast-7(%x) {to=6}\n"},
      {upgraded(1, node("Cast", {"x"}, {"y"}, {string_attribute("to", "int32")})),
       "attribute 'to' is \"int32\", which names no element type; m.onnx: node that makes \"y\" (Cast)"},
      {upgraded(3, node("Concat", {"x", "x"}, {"y"})), "%y: ? = Concat-7(%x, %x) {axis=1}\n"},
      {upgraded(1, node("Pad", {"x"}, {"y"}, {ints_attribute("paddings", {0, 1, 0, 1})})),
       "%y: ? = Pad-7(%x) {pads=[0,1,0,1]}\n"},
      {upgraded(5, node("Selu", {"x"}, {"y"})), "%y: ? = Selu-7(%x) {alpha=1.67320001 gamma=1.05069995}\n"},
      {upgraded(6, node("Selu", {"x"}, {"y"})), "%y: ? = Selu-7(%x)\n"},
      {upgraded(1, node("Upsample", {"x"}, {"y"},
                        {float_attribute("width_scale", 3), float_attribute("height_scale", 2),
                         string_attribute("mode", "bilinear")})),
       "%y: ? = Upsample-9(%x, y_upgraded) {mode=\"linear\"}\n"},
      {upgraded(8, node("Upsample", {"x"}, {"y"})), "%y: ? = Upsample-9(%x, y_upgraded)\n"},
      {upgraded(9, node("Upsample", {"x", "b"}, {"y"}), {kSlope}), "%y: ? = Upsample-9(%x, b)\n"},
      {upgraded(10, node("Scatter", {"x", "i", "b"}, {"y"}, {int_attribute("axis", 1)}), {kSlope}, {"x", "i"}),
       "%y: ? = ScatterElements-11(%x, %i, b) {axis=1}\n"},
      {upgraded(1, node("GlobalLpPool", {"x"}, {"y"}, {float_attribute("p", 3)})),
       "%y: ? = GlobalLpPool-7(%x) {p=3}\n"},
      {upgraded(1, node("LpPool", {"x"}, {"y"}, {float_attribute("p", 2.5F)})),
       "attribute 'p' is not a positive integer; node that makes \"y\" (LpPool)"},
      {upgraded(6, node("Gemm", {"x", "b", "b"}, {"y"}, {int_attribute("broadcast", 1)}), {kSlope}),
       "%y: ? = Gemm-7(%x, b, b)\n"},
      {upgraded(1, node("Split", {"x", "b"}, {"y"}), {kSlope}), "%y: ? = Split-7(%x) {split=[1,2,3]}\n"},
      {upgraded(1, node("Split", {"x", "z"}, {"y"}), {}, {"x", "z"}),
       "input 'split' is only known at run time; node that makes \"y\" (Split)"},
  };
  for (const auto& [found, expected] : rows) EXPECT_EQ(found, expected);
  const std::string shaped = upgraded(1, node("Reshape", {"x"}, {"y"}, {ints_attribute("shape", {0, -1})}));
  EXPECT_EQ(shaped, "%y: ? = Reshape-7(%x, y_upgraded)\n");
}

TEST(Upgrade, copies_along_one_axis_become_one_number_for_each_axis) {
  const std::string tiled = upgraded(1, node("Tile", {"x", "n", "a"}, {"y"}),
                                     {onnx::test::float_tensor("n", {}, {2}), onnx::test::float_tensor("a", {}, {1})});
  EXPECT_NE(tiled.find(" = OneHot-13("), std::string::npos) << tiled;
  EXPECT_EQ(tiled.substr(tiled.rfind("%y:")).substr(0, 21), "%y: ? = Tile-7(%x, %y") << tiled;
}

TEST(Upgrade, nodes_that_train_are_refused) {
  for (const std::string op : {"Dropout", "BatchNormalization"}) {
    EXPECT_EQ(upgraded(6, node(op, {"x"}, {"y"}, {int_attribute("is_test", 1)})), "%y: ? = " + op + "-7(%x)\n");
    EXPECT_EQ(upgraded(6, node(op, {"x"}, {"y"})),
              "attribute 'is_test' is 0: the node trains; node that makes \"y\" (" + op +
                  "); export the model for inference");
  }
}

TEST(Upgrade, added_nodes_are_taken_from_the_budget) {
  Graph graph;
  graph.budget().set_left(Limit::kNodes, 3);
  Node add;
  add.op_type = "Add";
  add.opset = 6;
  Body body;
  add.inputs = {body.add_value("a"), body.add_value("b")};
  add.outputs = {body.add_value("y")};
  add.attributes.set("broadcast", std::int64_t{1});
  add.attributes.set("axis", std::int64_t{1});
  const Status status = upgrade(graph, body, add);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace kite
