// SPDX-License-Identifier: Apache-2.0
// Regions: nodes that one step computes together. Up to here each of them stands in the graph by itself, where it is
// typed, folded, checked and interpreted as any other node, so no fused step needs a portable twin: where no rule takes
// the nodes together, each is lowered alone.
#pragma once

#include <cstddef>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "plan/lower/lowering.h"

namespace kite {

// In the order of the graph. Only the last node's results are read outside.
using Region = std::vector<NodeId>;

struct RegionRule {
  // The region that ends with `last` and that one step can compute here; empty where there is none.
  Region (*match)(const Lowering& lowering, NodeId last);
  // Appends the step of a region that match() gave.
  Status (*lower)(Lowering& lowering, std::span<const NodeId> region);
};

// Every region of a graph. No node is in two; of rules that match one node the first in the list wins, and of regions
// that overlap the one that ends last.
class Regions {
 public:
  explicit Regions(const Lowering& lowering);

  // Whether the node's result stays inside a region: the step of the region's last node computes it.
  [[nodiscard]] bool is_inside(NodeId id) const { return inside_.contains(id); }
  // Lowers the region that ends with `id`; false where none does.
  [[nodiscard]] Result<bool> lower(Lowering& lowering, NodeId id) const;

 private:
  struct Found {
    const RegionRule* rule;
    Region nodes;
  };
  std::unordered_map<NodeId, Found> by_last_;
  std::unordered_set<NodeId> inside_;
};

// One span of rules for each group, in the file of its name.
[[nodiscard]] std::span<const RegionRule> elementwise_region_rules() noexcept;  // lower_elementwise.cc

}  // namespace kite
