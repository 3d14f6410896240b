// SPDX-License-Identifier: Apache-2.0
// Values of two graphs find each other under other names, and behind a node that only one of them has.
#include "cli/verify/value_pairs.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kite::cli {
namespace {

using Chain = std::vector<std::pair<std::string, std::string>>;  // operator and the name of its result

Graph chain(const std::string& input, const Chain& steps) {
  Graph graph;
  ValueId last = graph.add_value(input);
  graph.inputs.push_back({last, DType::kFloat32, {}});
  for (const auto& [op, name] : steps) {
    Node node;
    node.op_type = op;
    node.inputs = {last};
    last = graph.add_value(name);
    node.outputs = {last};
    graph.add_node(std::move(node));
  }
  graph.outputs.push_back(last);
  return graph;
}

std::string partner(const Graph& ours, const Graph& theirs, const std::string& name) {
  const ValueId found = ValuePairs(ours, theirs).theirs(name);
  return found == kNoValue ? "" : theirs.value(found).name;
}

TEST(ValuePairs, are_found_where_every_name_is_another) {
  const Graph ours = chain("x", {{"Conv", "c"}, {"Relu", "r"}, {"Softmax", "p"}});
  const Graph theirs = chain("images", {{"Conv", "1"}, {"Relu", "2"}, {"Softmax", "3"}});
  EXPECT_EQ(partner(ours, theirs, "x"), "images");
  EXPECT_EQ(partner(ours, theirs, "c"), "1");
  EXPECT_EQ(partner(ours, theirs, "r"), "2");
  EXPECT_EQ(partner(ours, theirs, "p"), "3");
  EXPECT_EQ(partner(ours, theirs, "q"), "");
}

TEST(ValuePairs, keep_their_names_where_a_node_is_missing) {
  const Graph ours = chain("x", {{"Conv", "a"}, {"Conv", "b"}, {"Conv", "c"}});
  const Graph theirs = chain("x", {{"Conv", "a"}, {"Conv", "c"}});
  EXPECT_EQ(partner(ours, theirs, "a"), "a");
  EXPECT_EQ(partner(ours, theirs, "b"), "");
  EXPECT_EQ(partner(ours, theirs, "c"), "c");
}

TEST(ValuePairs, of_one_name_stay_pairs_where_the_operators_differ) {
  const Graph ours = chain("x", {{"MaxPool", "a"}, {"Relu", "b"}});
  const Graph theirs = chain("x", {{"AveragePool", "a"}, {"Relu", "b"}});
  EXPECT_EQ(partner(ours, theirs, "a"), "a");
}

TEST(MatchByName, takes_the_order_only_for_names_that_are_not_there) {
  const std::vector<std::string> ours = {"a", "b", "c"}, theirs = {"c", "q", "a"};
  EXPECT_EQ(match_by_name(ours, theirs), (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_EQ(match_by_name(ours, std::vector<std::string>{"b"}), (std::vector<std::size_t>{1, 0, 1}));
}

}  // namespace
}  // namespace kite::cli
