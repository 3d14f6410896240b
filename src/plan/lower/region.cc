// SPDX-License-Identifier: Apache-2.0
// Finds the regions of a graph and hands them to their rules.
#include "plan/lower/region.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace kite {

Regions::Regions(const Lowering& lowering) {
  // From the end of the graph, so that the longest chain is found first.
  for (const NodeId last : lowering.graph().order() | std::views::reverse) {
    if (inside_.contains(last)) continue;
    for (const RegionRule& rule : elementwise_region_rules()) {
      Region nodes = rule.match(lowering, last);
      const auto is_taken = [&](NodeId id) { return inside_.contains(id) || by_last_.contains(id); };
      if (nodes.empty() || std::ranges::any_of(nodes, is_taken)) continue;
      inside_.insert(nodes.begin(), nodes.end() - 1);
      by_last_.emplace(last, Found{&rule, std::move(nodes)});
      break;
    }
  }
}

Result<bool> Regions::lower(Lowering& lowering, NodeId id) const {
  const auto found = by_last_.find(id);
  if (found == by_last_.end()) return false;
  const auto& [rule, nodes] = found->second;
  if (Status status = rule->lower(lowering, nodes); !status.ok()) return std::move(status).error();
  lowering.name_region(nodes);
  return true;
}

}  // namespace kite
