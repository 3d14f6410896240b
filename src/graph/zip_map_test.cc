// SPDX-License-Identifier: Apache-2.0
// Classifiers that end in a ZipMap, and other things that the importer sets aside instead of refusing the file.
#include "graph/zip_map.h"

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
using onnx::test::Message;
using onnx::test::node;
using onnx::test::value_info;

// x -> Softmax -> p -> ZipMap -> z; the outputs are those named.
Message zipped(const Message& labels, const std::vector<std::string>& outputs) {
  GraphParts parts;
  Message zip = node("ZipMap", {"p"}, {"z"}, {labels});
  zip.text(7, "ai.onnx.ml");
  parts.nodes = {node("Softmax", {"x"}, {"p"}), zip};
  parts.inputs = {value_info("x", onnx::kFloat, {1, 2})};
  for (const std::string& output : outputs) parts.outputs.push_back(Message().text(1, output));
  return onnx::test::model(onnx::test::graph(parts));
}

Message strings(const std::string& name, const std::vector<std::string>& values) {
  Message attribute = Message().text(1, name).integer(20, 8);
  for (const std::string& value : values) attribute.text(9, value);
  return attribute;
}

TEST(ZipMap, at_the_end_gives_way_to_its_tensor_and_leaves_its_labels) {
  const Message file = zipped(strings("classlabels_strings", {"a \"cat\"", "dog"}), {"z"});
  const auto imported = import_bytes(file.span(), "m.onnx");
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_TRUE(verify(imported->graph).ok());
  EXPECT_EQ(dump(imported->graph), "input %x: float32[1,2]\n%p: ? = Softmax-17(%x)\nreturn %p as z\n");
  EXPECT_EQ(imported->graph.output_name(0), "z");
  EXPECT_EQ(imported->metadata.at(kZipMapLabels), "[\"a \\\"cat\\\"\",\"dog\"]");
}

TEST(ZipMap, may_stand_beside_its_own_tensor) {
  const Message file = zipped(onnx::test::ints_attribute("classlabels_int64s", {3, 7}), {"p", "z"});
  const auto imported = import_bytes(file.span(), "m.onnx");
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_TRUE(verify(imported->graph).ok());
  EXPECT_EQ(imported->graph.outputs[0], imported->graph.outputs[1]);
  EXPECT_EQ(imported->metadata.at(kZipMapLabels), "[\"3\",\"7\"]");
}

TEST(Import, puts_aside_what_it_cannot_read_and_says_why) {
  GraphParts parts;
  parts.nodes = {node("Relu", {"x"}, {"y"})};
  parts.initializers = {onnx::test::tensor_head("names", 8, {1}).text(6, "cat")};
  parts.inputs = {value_info("x", onnx::kFloat, {2})};
  parts.outputs = {value_info("y", onnx::kFloat16, {2})};
  const Message file = onnx::test::model(onnx::test::graph(parts));
  const auto imported = import_bytes(file.span(), "m.onnx");
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_TRUE(verify(imported->graph).ok());
  const auto error = unreadable_error(imported->graph.node(imported->graph.order().front()));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->what, "element type STRING is not supported");
  EXPECT_EQ(imported->graph.output_dtypes[0], DType::kFloat16);
}

}  // namespace
}  // namespace kite
