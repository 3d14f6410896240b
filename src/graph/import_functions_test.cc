// SPDX-License-Identifier: Apache-2.0
// Functions of the model stand in the places of their calls, graphs in attributes become bodies, and neither can blow
// up.
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "graph/body.h"
#include "graph/dump.h"
#include "graph/import.h"
#include "graph/verify.h"
#include "onnx/message_builder.h"

namespace kite {
namespace {

using onnx::test::GraphParts;
using onnx::test::int_attribute;
using onnx::test::Message;
using onnx::test::node;
using onnx::test::opset_import;
using onnx::test::value_info;

Message function(std::string_view name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                 const std::vector<Message>& nodes, std::string_view domain = "my", std::int64_t opset = 17) {
  Message message = Message().text(1, name).text(10, domain).message(9, opset_import("", opset));
  for (const std::string& input : inputs) message.text(4, input);
  for (const std::string& output : outputs) message.text(5, output);
  for (const Message& inner : nodes) message.message(7, inner);
  return message;
}

Message call(std::string_view name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
             const std::vector<Message>& attributes = {}, std::string_view node_name = {}) {
  return node(name, inputs, outputs, attributes, node_name, "my");
}

// Reads the value of the function's attribute `of`.
Message reference(std::string_view name, std::string_view of, std::int64_t type) {
  return Message().text(1, name).text(21, of).integer(20, type);
}

Message graph_attribute(std::string_view name, const Message& graph) {
  return Message().text(1, name).message(6, graph).integer(20, 5);
}

// One input x [2], the output y.
Message model(const std::vector<Message>& nodes, const std::vector<Message>& functions) {
  GraphParts parts;
  parts.nodes = nodes;
  parts.inputs = {value_info("x", onnx::kFloat, {2})};
  parts.outputs = {value_info("y", onnx::kFloat, {2})};
  Message message = onnx::test::model(onnx::test::graph(parts)).message(8, opset_import("my", 1));
  for (const Message& one : functions) message.message(25, one);
  return message;
}

std::string imported_dump(const Message& file) {
  const auto imported = import_bytes(file.span(), "m.onnx");
  if (!imported.ok()) return imported.error().message();
  const Status sound = verify(imported->graph);
  return sound.ok() ? dump(imported->graph) : sound.error().message();
}

TEST(ImportFunctions, a_call_becomes_the_nodes_of_the_function_under_scoped_names) {
  const Message twice =
      function("twice", {"a"}, {"b"}, {node("Neg", {"a"}, {"t"}, {}, "n"), node("Neg", {"t"}, {"b"})});
  EXPECT_EQ(imported_dump(model({call("twice", {"x"}, {"m"}, {}, "first"), call("twice", {"m"}, {"y"})}, {twice})),
            "input %x: float32[2]\n"
            "%first/t: ? = Neg-17(%x)  # first/n\n"
            "%m: ? = Neg-17(%first/t)\n"
            "%y/t: ? = Neg-17(%m)  # y/n\n"
            "%y: ? = Neg-17(%y/t)\n"
            "return %y\n");
}

TEST(ImportFunctions, nested_calls_keep_the_path_and_each_function_its_own_opset) {
  const Message inner = function("inner", {"a"}, {"b"}, {node("ReduceSum", {"a"}, {"b"}, {}, "s")}, "my", 11);
  Message outer = function("outer", {"a"}, {"b"},
                           {call("inner", {"a"}, {"t"}, {}, "call"), node("Relu", {"t"}, {"b"}, {}, "r")}, "my", 13);
  EXPECT_EQ(imported_dump(model({call("outer", {"x"}, {"y"}, {}, "block")}, {outer, inner})),
            "input %x: float32[2]\n"
            "%block/t: ? = ReduceSum-11(%x)  # block/call/s\n"
            "%y: ? = Relu-13(%block/t)  # block/r\n"
            "return %y\n");
}

TEST(ImportFunctions, attributes_are_those_of_the_call_else_the_defaults_else_left_out) {
  const Message leaky =
      function(
          "leaky", {"a"}, {"b"},
          {node("Op", {"a"}, {"b"}, {reference("p", "given", 2), reference("q", "left", 2), reference("r", "no", 2)})})
          .text(6, "given")
          .message(11, int_attribute("left", 5));
  EXPECT_EQ(imported_dump(model({call("leaky", {"x"}, {"y"}, {int_attribute("given", 3)})}, {leaky})),
            "input %x: float32[2]\n%y: ? = Op-17(%x) {p=3 q=5}\nreturn %y\n");
  EXPECT_EQ(imported_dump(model({call("leaky", {"x"}, {"y"}, {int_attribute("left", 1)})}, {leaky})),
            "input %x: float32[2]\n%y: ? = Op-17(%x) {q=1}\nreturn %y\n");
  EXPECT_EQ(imported_dump(model({node("Op", {"x"}, {"y"}, {reference("p", "given", 2)})}, {})),
            "attribute \"p\" refers to a function's attribute; m.onnx: node that makes \"y\" (Op)");
}

TEST(ImportFunctions, the_function_of_the_model_comes_before_an_operator_of_its_name) {
  const Message mine = function("Relu", {"a"}, {"b"}, {node("Neg", {"a"}, {"b"})}, "");
  const Message theirs = function("Gelu", {"a"}, {"b"}, {node("Abs", {"a"}, {"b"})}, "com.microsoft");
  EXPECT_EQ(imported_dump(model({node("Relu", {"x"}, {"m"}), node("Gelu", {"m"}, {"y"}, {}, "", "com.microsoft")},
                                {mine, theirs})),
            "input %x: float32[2]\n%m: ? = Neg-17(%x)\n%y: ? = Abs-17(%m)\nreturn %y\n");
}

TEST(ImportFunctions, an_overload_is_chosen_by_its_name) {
  const std::vector<Message> both = {function("f", {"a"}, {"b"}, {node("Neg", {"a"}, {"b"})}).text(13, "one"),
                                     function("f", {"a"}, {"b"}, {node("Abs", {"a"}, {"b"})}).text(13, "two")};
  EXPECT_EQ(imported_dump(model({call("f", {"x"}, {"y"}).text(8, "two")}, both)),
            "input %x: float32[2]\n%y: ? = Abs-17(%x)\nreturn %y\n");
  EXPECT_EQ(imported_dump(model({call("f", {"x"}, {"y"})}, {both[0], both[0]})),
            "the model defines the function twice; m.onnx: function \"f\"; export the model again");
}

TEST(ImportFunctions, results_that_are_inputs_constants_or_one_value_twice_are_passed_on) {
  const Message odd =
      function("odd", {"a"}, {"a", "k", "t", "t"},
               {node("Constant", {}, {"k"}, {int_attribute("value_int", 4)}), node("Neg", {"a"}, {"t"})});
  EXPECT_EQ(
      imported_dump(model({call("odd", {"x"}, {"p", "q", "r", "s"}), node("Op", {"p", "q", "r", "s"}, {"y"})}, {odd})),
      "input %x: float32[2]\n"
      "const p/k: int64[] = {4}\n"
      "%r: ? = Neg-17(%x)\n"
      "%p: ? = Identity-13(%x)\n"
      "%q: ? = Identity-13(p/k)\n"
      "%s: ? = Identity-13(%r)\n"
      "%y: ? = Op-17(%p, %q, %r, %s)\n"
      "return %y\n");
}

TEST(ImportFunctions, inputs_may_be_left_out_and_results_unused) {
  const Message cut = function("cut", {"a", "low", "high"}, {"b", "c"},
                               {node("Clip", {"a", "low", "high"}, {"b"}), node("Neg", {"a"}, {"c"})});
  EXPECT_EQ(imported_dump(model({call("cut", {"x", "", "x"}, {"y"})}, {cut})),
            "input %x: float32[2]\n%y: ? = Clip-17(%x, -, %x)\n%y/c: ? = Neg-17(%x)\nreturn %y\n");
  EXPECT_EQ(imported_dump(model({call("cut", {"x", "x", "x", "x"}, {"y"})}, {cut})),
            "the function has 3 inputs and 2 outputs, the call has more; m.onnx: node that makes \"y\" (my.cut)");
  EXPECT_EQ(imported_dump(model({call("none", {"x"}, {"y"})}, {function("none", {"a"}, {"b"}, {})})),
            "the function makes no value \"b\"; m.onnx: node that makes \"y\" (my.none)");
}

TEST(ImportFunctions, an_error_inside_names_the_way_to_it) {
  const Message inner = function("inner", {"a"}, {"b"}, {node("Neg", {"ghost"}, {"b"}, {}, "n")});
  const Message outer = function("outer", {"a"}, {"b"}, {call("inner", {"a"}, {"b"}, {}, "call")});
  EXPECT_EQ(imported_dump(model({call("outer", {"x"}, {"y"})}, {inner, outer})),
            "reads \"ghost\", which no node makes; m.onnx: node that makes \"y\" (my.outer): node \"call\" (my.inner): "
            "node \"n\" (Neg)");
}

TEST(ImportFunctions, a_function_that_is_not_called_may_be_anything) {
  const Message broken = function("f", {"a", "a"}, {"b"}, {node("Neg", {"ghost"}, {"c"})}, "my", 99);
  EXPECT_EQ(imported_dump(model({node("Neg", {"x"}, {"y"})}, {broken})),
            "input %x: float32[2]\n%y: ? = Neg-17(%x)\nreturn %y\n");
}

TEST(ImportFunctions, a_function_that_calls_itself_is_invalid) {
  const Message one = function("one", {"a"}, {"b"}, {call("two", {"a"}, {"b"})});
  const Message two = function("two", {"a"}, {"b"}, {call("one", {"a"}, {"b"})});
  EXPECT_EQ(
      imported_dump(model({call("one", {"x"}, {"y"})}, {one, two})),
      "the function calls itself; m.onnx: node that makes \"y\" (my.one): node that makes \"b\" (my.two): node that "
      "makes \"b\" (my.one)");
}

// f0 calls f1 twice, which calls f2 twice ...
TEST(ImportFunctions, calls_that_double_at_each_level_end_at_the_budget) {
  const auto chain = [](int levels) {
    std::vector<Message> functions;
    for (int i = 0; i < levels; ++i) {
      const std::string next = "f" + std::to_string(i + 1);
      functions.push_back(
          function("f" + std::to_string(i), {"a"}, {"b"}, {call(next, {"a"}, {"t"}), call(next, {"t"}, {"b"})}));
    }
    functions.push_back(function("f" + std::to_string(levels), {"a"}, {"b"}, {node("Neg", {"a"}, {"b"})}));
    return model({call("f0", {"x"}, {"y"})}, functions);
  };
  EXPECT_TRUE(imported_dump(chain(8)).starts_with("input %x"));
  const std::clock_t start = std::clock();
  const auto imported = import_bytes(chain(24).span(), "m.onnx");
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().code, ErrorCode::kLimit);
  // What no limit lets in is not supported.
  const auto says = [](const std::string& dump, std::string_view text) { return dump.find(text) != std::string::npos; };
  EXPECT_TRUE(says(imported_dump(chain(60)), "more than 1073741824 nodes")) << imported_dump(chain(60));
  EXPECT_TRUE(says(imported_dump(chain(100)), "more than 64 levels of calls")) << imported_dump(chain(100));
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 1.0);
}

TEST(ImportFunctions, long_names_are_not_copied_without_end) {
  const Message leaf = function("leaf", {"a"}, {"b"}, {node("Neg", {"a"}, {"b"})});
  std::vector<Message> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(call("leaf", {"a"}, {"t" + std::to_string(i)}, {}, std::string(1 << 20, 'n')));
  }
  calls.push_back(node("Neg", {"t0"}, {"b"}));
  const auto imported =
      import_bytes(model({call("f", {"x"}, {"y"})}, {leaf, function("f", {"a"}, {"b"}, calls)}).span(), "m.onnx");
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().what, "the model has more than 268435456 bytes of names");
}

TEST(ImportBodies, a_graph_in_an_attribute_captures_what_it_reads_from_outside) {
  GraphParts branch;
  branch.nodes = {node("Add", {"x", "w"}, {"t"}), node("Mul", {"t", "late"}, {"r"})};
  branch.initializers = {onnx::test::float_tensor("w", {1}, {2.F})};
  branch.outputs = {value_info("r", onnx::kFloat, {2})};
  // `late` is made by a node that the file lists behind its reader.
  const Message file = model({node("If", {"x"}, {"y"}, {graph_attribute("then_branch", onnx::test::graph(branch))}),
                              node("Neg", {"x"}, {"late"})},
                             {});
  const auto imported = import_bytes(file.span(), "m.onnx");
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(dump(imported->graph),
            "input %x: float32[2]\n"
            "%late: ? = Neg-17(%x)\n"
            "%y: ? = If-17(%x, %x, %late) {then_branch=graph of 2 nodes}\n"
            "return %y\n");
  const Node& node = imported->graph.node(imported->graph.order().back());
  const Body* const body = body_of(node, "then_branch");
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->captures, 2U);
  EXPECT_EQ(body->first_capture, 1U);
  EXPECT_EQ(own_inputs(node), 1U);
  EXPECT_EQ(body->declared_inputs(), 0U);
  EXPECT_EQ(body->outputs.size(), 1U);
}

TEST(ImportBodies, an_error_inside_names_the_way_to_it) {
  GraphParts branch;
  branch.nodes = {node("Neg", {"ghost"}, {"t"})};
  branch.outputs = {value_info("t", onnx::kFloat, {2})};
  EXPECT_EQ(
      imported_dump(model({node("If", {"x"}, {"y"}, {graph_attribute("then_branch", onnx::test::graph(branch))})}, {})),
      "reads \"ghost\", which no node makes; m.onnx: node that makes \"y\" (If), graph \"then_branch\": node that "
      "makes \"t\" (Neg)");
}

TEST(ImportBodies, graphs_in_graphs_have_a_limit) {
  const auto nested = [](int depth) {
    Message inner = onnx::test::graph({{node("Relu", {"x"}, {"r"})}, {}, {}, {value_info("r", onnx::kFloat, {2})}});
    for (int i = 0; i < depth; ++i) {
      inner = onnx::test::graph({{node("If", {"x"}, {"r"}, {graph_attribute("then_branch", inner)})},
                                 {},
                                 {},
                                 {value_info("r", onnx::kFloat, {2})}});
    }
    return model({node("If", {"x"}, {"y"}, {graph_attribute("then_branch", inner)})}, {});
  };
  EXPECT_EQ(imported_dump(nested(60)),
            "input %x: float32[2]\n%y: ? = If-17(%x, %x) {then_branch=graph of 1 node}\nreturn %y\n");
  for (const int depth : {64, 2000}) {
    EXPECT_TRUE(imported_dump(nested(depth)).starts_with("the model has more than 64 levels of graphs; m.onnx: byte "))
        << depth;
  }
}

TEST(ImportBodies, sparse_initializers_are_constants) {
  const Message sparse = Message()
                             .message(1, onnx::test::float_tensor("w", {1}, {3.F}))
                             .message(2, onnx::test::tensor_head("", onnx::kInt64, {1}).packed(7, {1}))
                             .integer(3, 2);
  GraphParts parts;
  const Message value = Message().text(1, "sparse_value").message(22, sparse).integer(20, 11);
  parts.nodes = {node("Constant", {}, {"k"}, {value}), node("Op", {"w", "k"}, {"y"})};
  parts.outputs = {value_info("y", onnx::kFloat, {2})};
  EXPECT_EQ(imported_dump(onnx::test::model(onnx::test::graph(parts).message(15, sparse))),
            "const w: float32[2] = {0,3}\nconst k: float32[2] = {0,3}\n%y: ? = Op-17(w, k)\nreturn %y\n");
}

}  // namespace
}  // namespace kite
