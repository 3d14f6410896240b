// SPDX-License-Identifier: Apache-2.0
// Kahn's algorithm, taking the earliest ready node of the file each time.
#include "graph/node_order.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

namespace kite {

namespace {

bool is_sorted(const Dependencies& dependencies) {
  for (std::size_t i = 0; i < dependencies.size(); ++i) {
    for (const std::int32_t on : dependencies[i]) {
      if (static_cast<std::size_t>(on) >= i) return false;
    }
  }
  return true;
}

// Every node that was never ready waits for another such node: following these edges must lead to a cycle.
std::vector<std::int32_t> find_cycle(const Dependencies& dependencies, const std::vector<std::size_t>& waiting) {
  const auto first = std::ranges::find_if(waiting, [](std::size_t count) { return count > 0; });
  std::vector<std::int32_t> path;
  std::vector<bool> on_path(dependencies.size());
  auto at = static_cast<std::int32_t>(first - waiting.begin());
  while (!on_path[static_cast<std::size_t>(at)]) {
    on_path[static_cast<std::size_t>(at)] = true;
    path.push_back(at);
    const auto on = dependencies[static_cast<std::size_t>(at)];
    at = *std::ranges::find_if(on, [&](std::int32_t i) { return waiting[static_cast<std::size_t>(i)] > 0; });
  }
  path.erase(path.begin(), std::ranges::find(path, at));
  return path;
}

}  // namespace

NodeOrder sort_nodes(const Dependencies& dependencies) {
  const std::size_t n = dependencies.size();
  NodeOrder result;
  if (is_sorted(dependencies)) {
    result.order.resize(n);
    std::iota(result.order.begin(), result.order.end(), 0);
    return result;
  }
  // The reverse edges, in the same compressed form.
  std::vector<std::size_t> reader_end(n + 1);
  for (const std::int32_t on : dependencies.of) ++reader_end[static_cast<std::size_t>(on) + 1];
  std::partial_sum(reader_end.begin(), reader_end.end(), reader_end.begin());
  std::vector<std::size_t> fill(reader_end.begin(), reader_end.end() - 1);
  std::vector<std::int32_t> readers(dependencies.of.size());
  std::vector<std::size_t> waiting(n);  // reads that are not yet made
  std::priority_queue<std::int32_t, std::vector<std::int32_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < n; ++i) {
    waiting[i] = dependencies[i].size();
    if (waiting[i] == 0) ready.push(static_cast<std::int32_t>(i));
    for (const std::int32_t on : dependencies[i])
      readers[fill[static_cast<std::size_t>(on)]++] = static_cast<std::int32_t>(i);
  }
  while (!ready.empty()) {
    const std::int32_t done = ready.top();
    ready.pop();
    result.order.push_back(done);
    const auto i = static_cast<std::size_t>(done);
    for (std::size_t r = reader_end[i]; r < reader_end[i + 1]; ++r) {
      if (--waiting[static_cast<std::size_t>(readers[r])] == 0) ready.push(readers[r]);
    }
  }
  if (result.order.size() < n) {
    result.cycle = find_cycle(dependencies, waiting);
    result.order.clear();
  }
  return result;
}

}  // namespace kite
