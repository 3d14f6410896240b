// SPDX-License-Identifier: Apache-2.0
// Stable sorting, and cycles.
#include "graph/node_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace kite {
namespace {

Dependencies depend(const std::vector<std::vector<std::int32_t>>& nodes) {
  Dependencies dependencies;
  for (const auto& node : nodes) {
    dependencies.of.insert(dependencies.of.end(), node.begin(), node.end());
    dependencies.begin.push_back(dependencies.of.size());
  }
  return dependencies;
}

using Order = std::vector<std::int32_t>;

TEST(NodeOrder, leaves_a_sorted_list_alone) {
  EXPECT_EQ(sort_nodes(depend({{}, {0}, {}, {1, 2, 1}})).order, (Order{0, 1, 2, 3}));
  EXPECT_EQ(sort_nodes(depend({})).order, Order{});
}

TEST(NodeOrder, moves_only_what_must_wait) {
  EXPECT_EQ(sort_nodes(depend({{2}, {}, {}})).order, (Order{1, 2, 0}));
  EXPECT_EQ(sort_nodes(depend({{1}, {2}, {3}, {}})).order, (Order{3, 2, 1, 0}));
  EXPECT_EQ(sort_nodes(depend({{3, 3}, {}, {0}, {1}})).order, (Order{1, 3, 0, 2})) << "a value read twice";
}

TEST(NodeOrder, names_the_nodes_of_a_cycle_and_no_others) {
  EXPECT_EQ(sort_nodes(depend({{0}})).cycle, Order{0});
  // 0 waits for the cycle 1 -> 3 -> 2 -> 1; 4 is free.
  const NodeOrder sorted = sort_nodes(depend({{1}, {3, 4}, {1}, {2}, {}}));
  EXPECT_TRUE(sorted.order.empty());
  EXPECT_EQ(sorted.cycle, (Order{1, 3, 2}));
}

TEST(NodeOrder, any_shuffled_graph_comes_out_in_order) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::int32_t n = 1 + static_cast<std::int32_t>(random() % 40);
    std::vector<std::int32_t> place(static_cast<std::size_t>(n));
    std::iota(place.begin(), place.end(), 0);
    std::ranges::shuffle(place, random);
    std::vector<std::vector<std::int32_t>> nodes(static_cast<std::size_t>(n));
    for (std::int32_t i = 1; i < n; ++i) {
      for (auto reads = random() % 3; reads > 0; --reads) {
        const auto on = static_cast<std::size_t>(random() % static_cast<unsigned>(i));
        nodes[static_cast<std::size_t>(place[static_cast<std::size_t>(i)])].push_back(place[on]);
      }
    }
    const Order order = sort_nodes(depend(nodes)).order;
    ASSERT_EQ(order.size(), nodes.size()) << "round " << round;
    std::vector<bool> done(nodes.size());
    for (const std::int32_t node : order) {
      for (const std::int32_t on : nodes[static_cast<std::size_t>(node)]) {
        ASSERT_TRUE(done[static_cast<std::size_t>(on)]) << "round " << round;
      }
      done[static_cast<std::size_t>(node)] = true;
    }
  }
}

}  // namespace
}  // namespace kite
