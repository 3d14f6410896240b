// SPDX-License-Identifier: Apache-2.0
// Finds the regions of a graph and hands them to their rules.
#include "plan/lower/region.h"

#include <ranges>
#include <utility>

namespace kite {

namespace {

// The first rule that matches, and its region; null where no rule matches.
std::pair<const RegionRule*, Region> find_region(const Lowering& lowering, NodeId last) {
  for (const auto rules : {affine_region_rules(), attention_region_rules(), conv_region_rules(),
                           elementwise_region_rules(), quantised_region_rules()}) {
    for (const RegionRule& rule : rules) {
      if (Region region = rule.match(lowering, last); !region.empty()) return {&rule, std::move(region)};
    }
  }
  return {nullptr, {}};
}

}  // namespace

Regions::Regions(const Lowering& lowering) {
  // From the end of the graph, so that the longest chain is found first. A value inside a region is read only by nodes
  // of the region, so a region that is found later cannot reach into one that was found before.
  for (const NodeId last : lowering.graph().order() | std::views::reverse) {
    if (inside_.contains(last)) continue;
    auto [rule, nodes] = find_region(lowering, last);
    if (rule == nullptr) continue;
    inside_.insert(nodes.begin(), nodes.end() - 1);
    by_last_.emplace(last, Found{rule, std::move(nodes)});
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
