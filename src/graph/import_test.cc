// SPDX-License-Identifier: Apache-2.0
// From ONNX files to graphs: names, constants, order, versions, and everything a file can get wrong.
#include "graph/import.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/test_folder.h"
#include "graph/dump.h"
#include "graph/unreadable.h"
#include "graph/verify.h"
#include "onnx/message_builder.h"

namespace kite {
namespace {

using onnx::test::GraphParts;
using onnx::test::Message;
using onnx::test::node;
using onnx::test::value_info;

Result<ImportedModel> import(const Message& file) { return import_bytes(file.span(), "m.onnx"); }

std::string problem(const Message& file) {
  const auto imported = import(file);
  if (!imported.ok()) return imported.error().message();
  for (const NodeId id : imported->graph.order()) {
    if (auto error = unreadable_error(imported->graph.node(id))) return std::move(*error).in("m.onnx").message();
  }
  const Status sound = verify(imported->graph);
  return sound.ok() ? "ok" : sound.error().message();
}

// One input x [2], and the output y unless others are given.
Message with_nodes(std::vector<Message> nodes, std::vector<std::string> outputs = {"y"},
                   std::vector<Message> initializers = {}) {
  GraphParts parts;
  parts.nodes = std::move(nodes);
  parts.initializers = std::move(initializers);
  parts.inputs = {value_info("x", onnx::kFloat, {2})};
  for (const std::string& output : outputs) parts.outputs.push_back(value_info(output, onnx::kFloat, {2}));
  return onnx::test::model(onnx::test::graph(parts));
}

std::string dump_of(const Message& file) {
  const auto imported = import(file);
  return imported.ok() ? dump(imported->graph) : imported.error().message();
}

TEST(Import, turns_a_small_network_into_a_graph) {
  const Message file = onnx::test::small_network();
  const auto imported = import(file);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_TRUE(verify(imported->graph).ok());
  EXPECT_EQ(imported->opset, 17);
  EXPECT_EQ(imported->ir_version, 8);
  EXPECT_EQ(dump(imported->graph),
            "input %x: float32[d0,3,4,4]\n"
            "const w: float32[2,3,3,3]\n"
            "const b: float32[2] = {0.5,-0.5}\n"
            "const hw: float32[5,32]\n"
            "const hb: float32[5] = {1,2,3,4,5}\n"
            "%c: ? = Conv-17(%x, w, b) {kernel_shape=[3,3] pads=[1,1,1,1]}  # conv1\n"
            "%r: ? = Relu-17(%c)  # relu1\n"
            "%f: ? = Flatten-17(%r) {axis=1}\n"
            "%y: ? = Gemm-17(%f, hw, hb) {transB=1}  # head\n"
            "return %y\n");
}

TEST(Import, keeps_producer_and_metadata) {
  Message file = with_nodes({node("Relu", {"x"}, {"y"})});
  file.text(2, "pytorch").text(3, "2.5.1").message(14, Message().text(1, "labels").text(2, "[1]"));
  const auto imported = import(file);
  ASSERT_TRUE(imported.ok());
  EXPECT_EQ(imported->producer, "pytorch 2.5.1");
  EXPECT_EQ(imported->metadata.at("labels"), "[1]");
}

TEST(Import, large_weights_stay_in_the_file_and_small_constants_are_aligned) {
  const std::vector<float> large(5000, 1.F);  // 20,000 bytes: above kAlignedBytes
  for (std::size_t shift = 0; shift < 4; ++shift) {
    // The padding moves the data to every address modulo 4.
    Message file = Message().text(99, std::string(shift, 'p'));
    file.append(with_nodes(
        {node("Add", {"x", "small"}, {"s"}), node("Add", {"s", "large"}, {"y"})}, {"y"},
        {onnx::test::float_tensor("small", {2}, {1.F, 2.F}), onnx::test::float_tensor("large", {5000}, large)}));
    const auto imported = import(file);
    ASSERT_TRUE(imported.ok()) << imported.error().message();
    const auto begin = reinterpret_cast<std::uintptr_t>(file.span().data());
    const auto address_of = [&](ValueId id) {
      return reinterpret_cast<std::uintptr_t>(imported->graph.value(id).constant->data);
    };
    EXPECT_EQ(address_of(0) % 4, 0U);
    EXPECT_TRUE(address_of(1) > begin && address_of(1) < begin + file.span().size());
    EXPECT_EQ(imported->graph.value(0).constant->as<float>()[1], 2.F);
  }
}

TEST(Import, constant_nodes_become_constants) {
  const auto floats = Message().text(1, "value_floats").packed_floats(7, {0.5F, 2.F}).integer(20, 6);
  const Message file = with_nodes(
      {node("Constant", {}, {"a"}, {onnx::test::tensor_attribute("value", onnx::test::float_tensor("", {1}, {3.F}))}),
       node("Constant", {}, {"b"}, {floats}),
       node("Constant", {}, {"c"}, {Message().text(1, "value_float").real(2, 1.5F).integer(20, 1)}, "", "ai.onnx"),
       node("Constant", {}, {"d"}, {onnx::test::int_attribute("value_int", -3)}),
       node("Constant", {}, {"e"}, {onnx::test::ints_attribute("value_ints", {7, 8})}),
       node("Op", {"x", "a", "b", "c", "d", "e"}, {"y"})});
  EXPECT_EQ(dump_of(file),
            "input %x: float32[2]\n"
            "const a: float32[1] = {3}\n"
            "const b: float32[2] = {0.5,2}\n"
            "const c: float32[] = {1.5}\n"
            "const d: int64[] = {-3}\n"
            "const e: int64[2] = {7,8}\n"
            "%y: ? = Op-17(%x, a, b, c, d, e)\n"
            "return %y\n");
  const Message text = Message().text(1, "value_string").text(4, "s").integer(20, 3);
  EXPECT_EQ(problem(with_nodes({node("Constant", {}, {"y"}, {text})})),
            "attribute \"value_string\" is not supported; m.onnx: node that makes \"y\" (Constant); supported are "
            "value, sparse_value, value_float(s) and value_int(s)");
  EXPECT_EQ(problem(with_nodes({node("Constant", {}, {"y"}, {onnx::test::int_attribute("value_floats", 1)})})),
            "attribute \"value_floats\" does not define a constant; m.onnx: node that makes \"y\" (Constant)");
  EXPECT_EQ(problem(with_nodes({node("Constant", {}, {"y"}, {}, "k")})),
            "expected exactly one attribute, found 0; m.onnx: node \"k\" (Constant)");
}

TEST(Import, an_output_may_be_a_constant_or_an_input) {
  const Message file =
      with_nodes({node("Constant", {}, {"c"}, {onnx::test::int_attribute("value_int", 4)})}, {"c", "x"});
  EXPECT_EQ(dump_of(file), "input %x: float32[2]\nconst c: int64[] = {4}\nreturn c, %x\n");
  EXPECT_EQ(problem(file), "ok");
}

TEST(Import, initializers_that_are_listed_as_inputs_are_no_inputs) {
  GraphParts parts;
  parts.nodes = {node("Add", {"x", "w"}, {"y"})};
  parts.initializers = {onnx::test::float_tensor("w", {2}, {1.F, 2.F})};
  parts.inputs = {value_info("w", onnx::kFloat, {2}), value_info("x", onnx::kFloat, {2})};
  parts.outputs = {value_info("y", onnx::kFloat, {2})};
  const auto imported = import(onnx::test::model(onnx::test::graph(parts), 8, 3));
  ASSERT_TRUE(imported.ok());
  ASSERT_EQ(imported->graph.inputs.size(), 1U);
  EXPECT_EQ(imported->graph.value(imported->graph.inputs[0].value).name, "x");
}

TEST(Import, inputs_keep_fixed_named_and_free_dimensions) {
  const Message shape = Message()
                            .message(1, Message().text(2, "batch"))
                            .message(1, Message().integer(1, 3))
                            .message(1, Message())
                            .message(1, Message().integer(1, -1))
                            .message(1, Message().integer(1, 0));
  const Message type = Message().message(1, Message().integer(1, onnx::kUint8).message(2, shape));
  GraphParts parts;
  parts.inputs = {Message().text(1, "x").message(2, type)};
  parts.outputs = parts.inputs;
  EXPECT_EQ(dump_of(onnx::test::model(onnx::test::graph(parts))), "input %x: uint8[batch,3,?,?,0]\nreturn %x\n");
}

TEST(Import, an_input_denoted_as_an_image_is_kept_with_the_metadata) {
  const auto input = [](std::string_view denotation) {
    const Message shape = Message().message(1, Message().integer(1, 4));
    const Message tensor = Message().integer(1, onnx::kFloat).message(2, shape);
    return Message().text(1, "x").message(2, Message().message(1, tensor).text(6, denotation));
  };
  for (const auto& [denotation, is_kept] : {std::pair{"IMAGE", true}, std::pair{"TENSOR", false}}) {
    GraphParts parts;
    parts.nodes = {node("Relu", {"x"}, {"y"})};
    parts.inputs = {input(denotation)};
    parts.outputs = {value_info("y", onnx::kFloat, {4})};
    const auto imported = import(onnx::test::model(onnx::test::graph(parts)));
    ASSERT_TRUE(imported.ok()) << imported.error().message();
    EXPECT_EQ(imported->metadata.contains(kImageDenotation), is_kept) << denotation;
  }
}

TEST(Import, left_out_inputs_and_outputs_are_kept_apart_from_trailing_ones) {
  EXPECT_EQ(dump_of(with_nodes({node("Clip", {"x", "", "x"}, {"y", ""}), node("Relu", {"x", ""}, {"z"})})),
            "input %x: float32[2]\n"
            "%y: ?, - = Clip-17(%x, -, %x)\n"
            "%z: ? = Relu-17(%x)\n"
            "return %y\n");
}

TEST(Import, unsorted_nodes_are_sorted_and_otherwise_left_in_place) {
  EXPECT_EQ(dump_of(with_nodes(
                {node("C", {"b"}, {"y"}), node("A", {"x"}, {"a"}), node("D", {"x"}, {"d"}), node("B", {"a"}, {"b"})})),
            "input %x: float32[2]\n"
            "%a: ? = A-17(%x)\n"
            "%d: ? = D-17(%x)\n"
            "%b: ? = B-17(%a)\n"
            "%y: ? = C-17(%b)\n"
            "return %y\n");
}

TEST(Import, cycles_are_refused) {
  EXPECT_EQ(
      problem(with_nodes({node("A", {"b"}, {"a"}, {}, "first"), node("B", {"a"}, {"b"}), node("C", {"b"}, {"y"})})),
      "the graph has a cycle of 2 nodes; m.onnx: node \"first\" (A)");
  EXPECT_EQ(problem(with_nodes({node("A", {"y"}, {"y"})})),
            "the graph has a cycle of 1 nodes; m.onnx: node that makes \"y\" (A)");
}

TEST(Import, names_must_be_defined_once_and_used_names_must_exist) {
  const std::string taken = " is already taken by another value; m.onnx: ";
  EXPECT_EQ(problem(with_nodes({node("A", {"x"}, {"y"}), node("B", {"x"}, {"y"}, {}, "b")})),
            "the name \"y\"" + taken + "node \"b\" (B)");
  EXPECT_EQ(problem(with_nodes({node("A", {"x"}, {"y", "y"})})),
            "the name \"y\"" + taken + "node that makes \"y\" (A)");
  EXPECT_EQ(problem(with_nodes({node("A", {"w"}, {"x"})}, {"x"})),
            "the name \"x\"" + taken + "node that makes \"x\" (A)");
  const Message w = onnx::test::float_tensor("w", {1}, {1.F});
  EXPECT_EQ(problem(with_nodes({node("A", {"x"}, {"w"})}, {"w"}, {w})),
            "the name \"w\"" + taken + "node that makes \"w\" (A)");
  EXPECT_EQ(problem(with_nodes({node("A", {"x"}, {"y"})}, {"y"}, {w, w})), "the name \"w\"" + taken + "initializer");
  EXPECT_EQ(problem(with_nodes({node("A", {"ghost"}, {"y"})})),
            "reads \"ghost\", which no node makes; m.onnx: node that makes \"y\" (A)");
  EXPECT_EQ(problem(with_nodes({node("A", {"x"}, {"y"})}, {"y", "ghost"})),
            "no node makes this graph output; m.onnx: output \"ghost\"");
  EXPECT_EQ(problem(with_nodes({node("A", {"x"}, {"y"})}, {"y", "y"})),
            "the graph lists the output twice; m.onnx: output \"y\"");
  EXPECT_EQ(problem(with_nodes({node("A", {"x"}, {"y"})}, {})),
            "the graph has no outputs; m.onnx; export the model again");
  EXPECT_EQ(problem(with_nodes({node("", {"x"}, {"y"})})),
            "a node without an operator; m.onnx: node that makes \"y\" ()");
}

TEST(Import, duplicate_and_empty_node_names_are_legal) {
  EXPECT_EQ(problem(with_nodes(
                {node("A", {"x"}, {"a"}, {}, "n"), node("B", {"a"}, {"b"}, {}, "n"), node("C", {"b"}, {"y"})})),
            "ok");
}

TEST(Import, a_graph_without_nodes_or_inputs_is_legal) {
  GraphParts parts;
  parts.initializers = {onnx::test::float_tensor("w", {1}, {1.F})};
  parts.outputs = {value_info("w", onnx::kFloat, {1})};
  EXPECT_EQ(problem(onnx::test::model(onnx::test::graph(parts))), "ok");
}

TEST(Import, versions_outside_the_supported_range_are_refused_with_the_range) {
  const Message body = onnx::test::graph(
      {{node("Relu", {"x"}, {"y"})}, {}, {value_info("x", onnx::kFloat, {1})}, {value_info("y", onnx::kFloat, {1})}});
  for (const std::int64_t version : {-1, 0, 15, 99}) {
    EXPECT_EQ(problem(onnx::test::model(body, 17, version)),
              "ir_version " + std::to_string(version) +
                  " is not supported; m.onnx; supported are 1 to 14; export the model again");
  }
  for (const std::int64_t opset : {-1, 0, 29, 999}) {
    EXPECT_EQ(problem(onnx::test::model(body, opset)),
              "opset " + std::to_string(opset) +
                  " is not supported; m.onnx; supported are 1 to 28; export the model with one of them (PyTorch: "
                  "opset_version=17)");
  }
  for (const std::int64_t opset : {1, 7, 28}) EXPECT_EQ(problem(onnx::test::model(body, opset, 14)), "ok");
  for (const std::int64_t version : {3, 8}) {
    EXPECT_EQ(problem(Message().integer(1, version).message(7, body)),
              "the model states no opset of the standard operators; m.onnx; export the model again");
  }
  // Before IR version 3 a file could not state an opset: there was only the first one.
  for (const std::int64_t version : {1, 2}) {
    const Message file = Message().integer(1, version).message(7, body);
    EXPECT_EQ(problem(file), "ok");
    EXPECT_EQ(import(file)->opset, 1);
  }
  EXPECT_EQ(problem(onnx::test::model(body).message(8, onnx::test::opset_import("ai.onnx", 18))),
            "the operator domain \"\" is imported in version 17 and in version 18; m.onnx");
  EXPECT_EQ(problem(onnx::test::model(body).message(8, onnx::test::opset_import("ai.onnx", 17))), "ok");
}

TEST(Import, other_domains_are_kept_for_the_list_of_unsupported_operators) {
  Message file =
      with_nodes({node("Tokenizer", {"x"}, {"a"}, {}, "", "ai.onnx.contrib"),
                  node("Relu", {"a"}, {"b"}, {}, "", "ai.onnx"), node("Thing", {"b"}, {"y"}, {}, "", "none")});
  file.message(8, onnx::test::opset_import("ai.onnx.contrib", 3));
  EXPECT_EQ(dump_of(file),
            "input %x: float32[2]\n"
            "%a: ? = ai.onnx.contrib.Tokenizer-3(%x)\n"
            "%b: ? = Relu-17(%a)\n"
            "%y: ? = none.Thing-0(%b)\n"
            "return %y\n");
}

TEST(Import, the_internal_domain_is_closed_to_files) {
  EXPECT_EQ(problem(with_nodes({node("Conv", {"x"}, {"y"}, {}, "", "paperkite")})),
            "the operator domain \"paperkite\" may not be used by a file; m.onnx: node that makes \"y\" "
            "(paperkite.Conv)");
  Message file = with_nodes({node("Relu", {"x"}, {"y"})});
  EXPECT_EQ(problem(file.message(8, onnx::test::opset_import("paperkite", 1))),
            "the operator domain \"paperkite\" may not be imported by a file; m.onnx");
}

TEST(Import, inputs_that_are_no_tensors_are_unsupported) {
  const auto with_input = [](const Message& input) {
    GraphParts parts;
    parts.inputs = {input};
    parts.outputs = {value_info("x", onnx::kFloat, {})};
    return onnx::test::model(onnx::test::graph(parts));
  };
  const std::string no_tensor = "the input is not a tensor (sequence, map, optional or no type); m.onnx: input \"x\"";
  EXPECT_EQ(problem(with_input(Message().text(1, "x").message(2, Message().message(4, Message())))), no_tensor);
  EXPECT_EQ(problem(with_input(Message().text(1, "x"))), no_tensor);
  EXPECT_EQ(problem(with_input(value_info("", onnx::kFloat, {1}))), "a value without a name; m.onnx: input \"\"");
  EXPECT_EQ(
      problem(with_input(value_info("x", 8, {1}))),
      "element type STRING is not supported; m.onnx: input \"x\"; supported are FLOAT, DOUBLE, FLOAT16, BFLOAT16, "
      "BOOL, and INT and UINT of 2 to 64 bits");
  EXPECT_EQ(problem(with_input(value_info("x", onnx::kFloat, {1, 1, 1, 1, 1, 1, 1, 1, 1}))),
            "an input of rank 9 exceeds the supported rank 8; m.onnx: input \"x\"");
  const Message no_shape = Message().message(1, Message().integer(1, onnx::kFloat));
  EXPECT_EQ(problem(with_input(Message().text(1, "x").message(2, no_shape))),
            "the input declares no shape; m.onnx: input \"x\"; export the model with input shapes");
  const Message dims = Message().message(1, Message().integer(1, -2));
  const Message negative = Message().message(1, Message().integer(1, onnx::kFloat).message(2, dims));
  EXPECT_EQ(problem(with_input(Message().text(1, "x").message(2, negative))),
            "negative dimension -2; m.onnx: input \"x\"");
}

TEST(Import, attributes_hold_one_value_of_their_declared_type) {
  const auto with_attribute = [](const Message& attribute) {
    return problem(with_nodes({node("Op", {"x"}, {"y"}, {attribute}, "n")}));
  };
  const std::string at = "; m.onnx: node \"n\" (Op)";
  EXPECT_EQ(with_attribute(Message().text(1, "a").integer(3, 1)), "ok") << "older files do not state the type";
  EXPECT_EQ(with_attribute(Message().text(1, "a").integer(20, 2)), "ok") << "a zero may be left out";
  EXPECT_EQ(with_attribute(Message().text(1, "a").integer(20, 7)), "ok") << "an empty list";
  EXPECT_EQ(with_attribute(Message().text(1, "a").integer(3, 1).real(2, 1.F)),
            "attribute \"a\" has several values" + at);
  EXPECT_EQ(with_attribute(Message().text(1, "a")), "attribute \"a\" has neither type nor value" + at);
  EXPECT_EQ(with_attribute(Message().text(1, "a").integer(8, 1).integer(20, 6)),
            "attribute \"a\" is declared as floats but holds another value" + at);
  EXPECT_EQ(with_attribute(Message().text(1, "a").integer(20, 4)),
            "attribute \"a\" is declared as a tensor and holds none" + at);
  EXPECT_EQ(with_attribute(Message().integer(3, 1).integer(20, 2)), "attribute \"\" has no name" + at);
  EXPECT_EQ(with_attribute(Message().text(1, "a").text(21, "b").integer(20, 2)),
            "attribute \"a\" refers to a function's attribute" + at);
  EXPECT_EQ(problem(with_nodes({node("Op", {"x"}, {"y"}, std::vector<Message>(2, onnx::test::int_attribute("a", 1)))})),
            "attribute \"a\" is given twice; m.onnx: node that makes \"y\" (Op)");
  const Message two = onnx::test::float_tensor("t", {1}, {1.F}).packed_floats(4, {2.F});
  EXPECT_TRUE(with_attribute(onnx::test::tensor_attribute("a", two))
                  .starts_with("the tensor holds data in 2 places (raw_data, float_data), expected one" + at +
                               ", attribute \"a\": tensor \"t\""));
  EXPECT_EQ(
      problem(with_nodes({node("Op", {"x"}, {"y"}, std::vector<Message>(2000, onnx::test::int_attribute("a", 1)))})),
      "the node has more than 1024 attributes; m.onnx: node that makes \"y\" (Op); raise the limit with --limit "
      "node-attributes=NUMBER where the file is to be trusted");
}

TEST(Import, deep_chains_and_a_million_nodes_load_in_linear_time) {
  std::string nodes;
  constexpr int kNodes = 1'000'000;
  const auto name = [](int i) { return i == kNodes ? "y" : i == 0 ? "x" : "v" + std::to_string(i); };
  for (int i = 0; i < kNodes; ++i) {
    nodes += Message().message(1, node("Identity", {name(i)}, {name(i + 1)})).bytes();
  }
  GraphParts rest;
  rest.inputs = {value_info("x", onnx::kFloat, {2})};
  rest.outputs = {value_info("y", onnx::kFloat, {2})};
  const Message file = onnx::test::model(Message().raw(nodes).append(onnx::test::graph(rest)));
  const std::clock_t start = std::clock();
  const auto imported = import(file);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->graph.order().size(), static_cast<std::size_t>(kNodes));
  // Processor time is measured, so that a busy machine does not matter: about 3 s in a release build. Quadratic work
  // takes hours; the bound leaves room for sanitizers.
  EXPECT_LT(seconds, 30.0);
}

TEST(Import, every_truncation_and_every_flipped_bit_is_an_error_or_a_sound_graph) {
  const std::string bytes = onnx::test::small_network().bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto imported = import_bytes(std::as_bytes(std::span(cut)), "cut");
    if (!imported.ok()) continue;
    EXPECT_TRUE(verify(imported->graph).ok()) << size;
  }
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    const auto imported = import_bytes(std::as_bytes(std::span(flipped)), "flipped");
    if (!imported.ok()) continue;
    EXPECT_TRUE(verify(imported->graph).ok()) << "bit " << i;
    EXPECT_FALSE(dump(imported->graph).empty());
  }
}

class ImportFile : public testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view bytes) const { return folder_.write(name, bytes); }
  TestFolder folder_;
};

TEST_F(ImportFile, weights_point_into_the_mapped_file_and_outlive_the_import) {
  Message file = with_nodes({node("Add", {"x", "w"}, {"y"})}, {"y"},
                            {onnx::test::float_tensor("w", {100, 100}, std::vector<float>(10'000, 2.5F))});
  auto imported = import_file(write("m.onnx", file.bytes()));
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  ASSERT_TRUE(imported->external_files.empty());
  const auto mapping = imported->source.bytes;
  const std::byte* data = imported->graph.value(0).constant->data;
  EXPECT_TRUE(data > mapping.data() && data + 40'000 <= mapping.data() + mapping.size());
  const Graph graph = std::move(imported->graph);
  imported->source.file.reset();
  float last = 0.F;
  std::memcpy(&last, graph.value(0).constant->data + 39'996, 4);
  EXPECT_EQ(last, 2.5F);
}

TEST_F(ImportFile, external_data_is_mapped_and_listed) {
  write("w.bin", std::string(16, '\0') + onnx::test::raw_bytes(std::vector<float>(10'000, 2.5F)));
  const Message external = onnx::test::tensor_head("w", onnx::kFloat, {100, 100})
                               .message(13, Message().text(1, "location").text(2, "w.bin"))
                               .message(13, Message().text(1, "offset").text(2, "16"))
                               .integer(14, 1);
  const std::string path = write("m.onnx", with_nodes({node("Add", {"x", "w"}, {"y"})}, {"y"}, {external}).bytes());
  auto imported = import_file(path);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  ASSERT_EQ(imported->external_files.size(), 1U);
  const MappedFile& weights = *imported->external_files.at("w.bin");
  EXPECT_EQ(weights.path(), folder_ / "w.bin");
  EXPECT_EQ(imported->graph.value(0).constant->data, weights.bytes().data() + 16);
  const Graph graph = std::move(imported->graph);
  imported->external_files.clear();
  float last = 0.F;
  std::memcpy(&last, graph.value(0).constant->data + 39'996, 4);
  EXPECT_EQ(last, 2.5F) << "the graph alone keeps the mapping";
  std::filesystem::remove(folder_ / "w.bin");
  EXPECT_EQ(import_file(path).error().message(),
            "the file does not exist; " + path +
                ": tensor \"w\": external data \"w.bin\"; put it beside the model, name its folder "
                "with --data-dir, or export the model as a single file");
}

TEST_F(ImportFile, relative_paths_find_their_folder) {
  write("w.bin", std::string(8, '\0'));
  const Message external = onnx::test::tensor_head("w", onnx::kFloat, {2})
                               .message(13, Message().text(1, "location").text(2, "w.bin"))
                               .integer(14, 1);
  write("m.onnx", with_nodes({node("Add", {"x", "w"}, {"y"})}, {"y"}, {external}).bytes());
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  const bool beside = import_file("m.onnx").ok();
  const bool dotted = import_file("./m.onnx").ok();
  std::filesystem::current_path(before);
  EXPECT_TRUE(beside);
  EXPECT_TRUE(dotted);
}

TEST_F(ImportFile, files_of_other_kinds_are_named_with_their_path) {
  const std::string text = write("notes.onnx", "shopping list\n");
  EXPECT_EQ(import_file(text).error().message(), "not an ONNX model: a text file; " + text + "; name an .onnx file");
  EXPECT_EQ(import_file(folder_.path()).error().message(),
            "expected a file, found a directory; " + folder_.path() + "; name a regular file");
}

}  // namespace
}  // namespace kite
