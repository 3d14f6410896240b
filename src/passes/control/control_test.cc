// SPDX-License-Identifier: Apache-2.0
// What stands in the places of nodes with bodies, under which names, and how errors name what they refuse. The values
// are tested against ONNX Runtime by tests/cli/test_control_flow.py.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "graph/dump.h"
#include "graph/import.h"
#include "graph/verify.h"
#include "onnx/message_builder.h"
#include "passes/pass.h"
#include "passes/refusals.h"

namespace kite {
namespace {

using onnx::test::GraphParts;
using onnx::test::Message;
using onnx::test::node;
using onnx::test::value_info;

Message graph_attribute(std::string_view name, const Message& graph) {
  return Message().text(1, name).message(6, graph).integer(20, 5);
}

Message body(const std::vector<Message>& nodes, const std::vector<std::string>& outputs,
             const std::vector<std::string>& inputs = {}) {
  GraphParts parts;
  parts.nodes = nodes;
  for (const std::string& input : inputs) parts.inputs.push_back(value_info(input, onnx::kFloat, {}));
  for (const std::string& output : outputs) parts.outputs.push_back(value_info(output, onnx::kFloat, {}));
  return onnx::test::graph(parts);
}

Message scalar(std::string_view name, std::int32_t type, std::int64_t value) {
  return onnx::test::tensor_head(name, type, {}).packed(type == onnx::kInt64 ? 7 : 5, {value});
}

// x float32 [2] and q bool [], the outputs, and the constants yes, no and n = 3.
Message model(const std::vector<Message>& nodes, const std::vector<std::string>& outputs = {"y"}, std::int64_t n = 3) {
  GraphParts parts;
  parts.nodes = nodes;
  parts.initializers = {scalar("yes", onnx::kBool, 1), scalar("no", onnx::kBool, 0), scalar("n", onnx::kInt64, n)};
  parts.inputs = {value_info("x", onnx::kFloat, {2}), value_info("q", onnx::kBool, {})};
  for (const std::string& output : outputs) parts.outputs.push_back(value_info(output, onnx::kFloat, {2}));
  return onnx::test::model(onnx::test::graph(parts));
}

// The typed graph without its inputs and constants, or the error.
std::string resolved(const Message& file, std::int64_t nodes = 1000) {
  auto imported = import_bytes(file.span(), "m.onnx");
  if (!imported.ok()) return imported.error().message();
  imported->graph.budget().set_left(Limit::kNodes, nodes);
  Status status = bind_inputs(imported->graph, {});
  if (status.ok()) status = infer_types(imported->graph);
  if (!status.ok()) return status.error().message();
  if (const Status sound = verify(imported->graph); !sound.ok()) return "unsound: " + sound.error().message();
  std::string text = dump(imported->graph);
  for (std::size_t at = 0; text.starts_with("input ") || text.starts_with("const ");) {
    at = text.find('\n');
    text.erase(0, at + 1);
  }
  return text;
}

Message if_node(std::string_view condition, const Message& then, const Message& otherwise) {
  return node("If", {std::string(condition)}, {"y"},
              {graph_attribute("then_branch", then), graph_attribute("else_branch", otherwise)}, "branch");
}

Message loop(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs, const Message& inner) {
  return node("Loop", inputs, outputs, {graph_attribute("body", inner)}, "loop");
}

const Message kNegate = body({node("Neg", {"x"}, {"t"}, {}, "n")}, {"t"});
const Message kUnknown = body({node("Thing", {"x"}, {"t"}, {}, "u")}, {"t"});
// y = a + x for carried a.
const Message kAdd = body({node("Add", {"a", "x"}, {"b"}, {}, "/add")}, {"c", "b"}, {"i", "c", "a"});

TEST(ControlFlow, the_branch_that_runs_stands_in_the_place_of_the_if) {
  EXPECT_EQ(resolved(model({if_node("yes", kNegate, kUnknown)})),
            "%y: float32[2] = Neg-17(%x)  # branch/then/n\nreturn %y\n");
  EXPECT_EQ(
      resolved(model({if_node("no", kNegate, kUnknown)})),
      "the model needs operators that paperkite does not have: \"Thing\" (1 node: node \"branch/else/u\" (Thing)); "
      "kite inspect --ops lists the supported operators");
}

TEST(ControlFlow, what_only_a_dead_branch_reads_is_not_needed) {
  EXPECT_EQ(
      resolved(model({node("Thing", {"x"}, {"u"}), if_node("yes", kNegate, body({node("Neg", {"u"}, {"t"})}, {"t"}))})),
      "%y: float32[2] = Neg-17(%x)  # branch/then/n\nreturn %y\n");
}

TEST(ControlFlow, a_condition_of_the_run_chooses_between_results_of_one_shape) {
  EXPECT_EQ(resolved(model({if_node("q", kNegate, body({node("Abs", {"x"}, {"t"}, {}, "a")}, {"t"}))})),
            "%branch/then/t: float32[2] = Neg-17(%x)  # branch/then/n\n"
            "%branch/else/t: float32[2] = Abs-17(%x)  # branch/else/a\n"
            "%y: float32[2] = Where-13(%q, %branch/then/t, %branch/else/t)  # branch\n"
            "return %y\n");
  const Message whole = body({node("ReduceSum", {"x"}, {"t"})}, {"t"});
  EXPECT_EQ(resolved(model({if_node("q", kNegate, whole)})),
            "the shape of its result is only known at run time: [2] or [1]; node \"branch\" (If)");
}

TEST(ControlFlow, a_loop_becomes_its_iterations_under_numbered_names) {
  EXPECT_EQ(resolved(model({loop({"n", "", "x"}, {"y"}, kAdd)})),
            "%loop/0/b: float32[2] = Add-17(%x, %x)  # loop/0/add\n"
            "%loop/1/b: float32[2] = Add-17(%loop/0/b, %x)  # loop/1/add\n"
            "%loop/2/b: float32[2] = Add-17(%loop/1/b, %x)  # loop/2/add\n"
            "%y: float32[2] = Identity-13(%loop/2/b)  # loop\n"
            "return %y\n");
}

TEST(ControlFlow, a_loop_that_a_run_may_end_keeps_its_state_from_then_on) {
  const Message inner =
      body({node("Add", {"a", "x"}, {"b"}), node("Identity", {"q"}, {"d"})}, {"d", "b"}, {"i", "c", "a"});
  EXPECT_EQ(resolved(model({loop({"n", "q", "x"}, {"y"}, inner)}, {"y"}, 1)),
            "%loop/0/b: float32[2] = Add-17(%x, %x)\n"
            "%loop/state: float32[2] = Where-13(%q, %loop/0/b, %x)  # loop\n"
            "%y: float32[2] = Identity-13(%loop/state)  # loop\n"
            "return %y\n");
  EXPECT_EQ(resolved(model({loop({"n", "q", "x"}, {"y"}, inner)}, {"y"}, 1025)),
            "its condition is only known at run time; node \"loop\" (Loop); export the model with a fixed number of "
            "iterations");
}

TEST(ControlFlow, a_loop_without_end_ends_at_the_budget) {
  const std::string limit =
      "with this node unrolled, the model has more than 2097152 nodes; node \"loop\" (Loop); export the model with "
      "fewer iterations, or raise the limit with --limit nodes=NUMBER where the file is to be trusted";
  EXPECT_EQ(resolved(model({loop({"n", "", "x"}, {"y"}, kAdd)}, {"y"}, std::int64_t{1} << 60)), limit);
  EXPECT_EQ(resolved(model({loop({"", "yes", "x"}, {"y"}, kAdd)})), limit);
  EXPECT_EQ(resolved(model({loop({"n", "", "x"}, {"y"}, body({}, {"c", "a"}, {"i", "c", "a"}))}, {"y"}, 1 << 20)),
            limit);
}

TEST(ControlFlow, bodies_that_do_not_fit_their_nodes_are_refused) {
  EXPECT_EQ(resolved(model({loop({"n", "", "x", "x"}, {"y"}, kAdd)})),
            "its graph has 2 outputs, which do not fit those of the node and its carried values; node \"loop\" (Loop)");
  EXPECT_EQ(resolved(model({loop({"n", "", "x"}, {"y"}, body({}, {"c", "a"}, {"c", "a"}))})),
            "its graph has 2 inputs, expected 3; node \"loop\" (Loop)");
  EXPECT_EQ(resolved(model({node("If", {"yes"}, {"y"}, {}, "bare")})),
            "it has no graph \"then_branch\"; node \"bare\" (If)");
}

TEST(ControlFlow, sequences_leave_only_their_tensors_behind) {
  EXPECT_EQ(resolved(model({node("Neg", {"x"}, {"t"}), node("SequenceConstruct", {"x", "t"}, {"s"}),
                            node("SequenceLength", {"s"}, {"l"}), node("SequenceAt", {"s", "k"}, {"u"}),
                            node("Constant", {}, {"k"}, {onnx::test::int_attribute("value_int", -1)}),
                            node("Abs", {"u"}, {"y"})})),
            "%t: float32[2] = Neg-17(%x)\n%y: float32[2] = Abs-17(%t)\nreturn %y\n");
  EXPECT_EQ(resolved(model({node("SequenceConstruct", {"x"}, {"y"})})),
            "the output is a sequence or an optional, not a tensor; output \"y\"; export the model with its tensors as "
            "outputs");
  EXPECT_EQ(resolved(model({node("SequenceConstruct", {"x"}, {"s"}), node("Neg", {"s"}, {"y"}, {}, "n")})),
            "input 0 is a sequence or an optional, expected a tensor; node \"n\" (Neg)");
  EXPECT_EQ(resolved(model({node("SequenceEmpty", {}, {"s"}), node("SequenceAt", {"s", "n"}, {"y"}, {}, "at")})),
            "position 3 lies outside a sequence of 0 elements; node \"at\" (SequenceAt)");
}

TEST(ControlFlow, a_survey_goes_on_behind_what_is_refused) {
  const Message file = model(
      {if_node("yes", kUnknown, body({node("Other", {"x"}, {"t"})}, {"t"})), node("Neg", {"y"}, {"behind"}),
       node("ReduceSum", {"x"}, {"s"}), node("Cast", {"s"}, {"m"}, {onnx::test::int_attribute("to", onnx::kInt64)}),
       loop({"m", "", "x"}, {"z"}, kAdd), node("Abs", {"z"}, {"w"})},
      {"behind", "w"});
  auto imported = import_bytes(file.span(), "m.onnx");
  ASSERT_TRUE(imported.ok());
  ASSERT_TRUE(bind_inputs(imported->graph, {}).ok());
  const Refusals found = find_refusals(imported->graph);
  ASSERT_EQ(found.list.size(), 2U);
  EXPECT_EQ(found.list[0].op_type, "Thing");
  EXPECT_EQ(found.list[0].error.where, "node \"branch/then/u\" (Thing)");
  EXPECT_EQ(found.list[1].error.message(),
            "the number of iterations is only known at run time; node \"loop\" (Loop); export the model with a fixed "
            "number of iterations");
  EXPECT_EQ(found.unreached, 2);
}

TEST(ControlFlow, every_flipped_bit_is_an_error_or_a_sound_graph) {
  const Message twice = Message()
                            .text(1, "twice")
                            .text(4, "a")
                            .text(5, "b")
                            .message(7, node("Add", {"a", "a"}, {"b"}))
                            .message(9, onnx::test::opset_import("", 17))
                            .text(10, "my");
  const Message grow = body({node("SequenceInsert", {"s", "x"}, {"t"})}, {"c", "t"}, {"i", "c", "s"});
  const Message row = body({node("Add", {"a", "b"}, {"d"})}, {"d", "d"}, {"a", "b"});
  const Message file =
      model({node("SequenceEmpty", {}, {"e"}), loop({"n", "", "e"}, {"l"}, grow),
             node("ConcatFromSequence", {"l"}, {"k"}, {onnx::test::int_attribute("axis", 0)}),
             if_node("q", kNegate, body({node("Abs", {"x"}, {"t"})}, {"t"})), node("twice", {"y"}, {"u"}, {}, "", "my"),
             node("ReduceSum", {"x"}, {"s0"}, {onnx::test::int_attribute("keepdims", 0)}),
             node("Scan", {"s0", "u"}, {"s1", "v"},
                  {graph_attribute("body", row), onnx::test::int_attribute("num_scan_inputs", 1)})},
            {"k", "v"})
          .message(25, twice);
  ASSERT_TRUE(resolved(file).ends_with("return %k, %v\n")) << resolved(file);
  const std::string& bytes = file.bytes();
  int sound = 0;
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    const std::string text = resolved(Message().raw(flipped), 300);
    EXPECT_FALSE(text.starts_with("unsound: ")) << text;
    sound += text.find("return ") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(sound, 100);
}

TEST(ControlFlow, a_long_sequence_costs_its_length) {
  const Message split = node("SplitToSequence", {"big"}, {"s"}, {}, "split");
  Message file = model({node("Constant", {}, {"dims"}, {onnx::test::ints_attribute("value_ints", {1 << 30})}),
                        node("Expand", {"x1", "dims"}, {"big"}), node("ReduceSum", {"x"}, {"x1"}), split,
                        node("SequenceAt", {"s", "n"}, {"y"})});
  EXPECT_EQ(resolved(file),
            "the model has more than 8388608 inputs and outputs of nodes; node \"split\" (SplitToSequence); "
            "raise the limit with --limit node-values=NUMBER where the file is to be trusted");
}

}  // namespace
}  // namespace kite
