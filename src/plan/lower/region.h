// SPDX-License-Identifier: Apache-2.0
// Regions: nodes that one step computes together. Before lowering, each of them is an ordinary node of the graph, and
// is typed, folded, checked and interpreted like any other. So a fused step needs no portable version: where no rule
// combines the nodes, each is lowered alone.
#pragma once

#include <cstddef>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "plan/lower/lowering.h"

namespace kite {

// In the order of the graph. Only the results of the last node are read outside the region.
using Region = std::vector<NodeId>;

struct RegionRule {
  // The region that ends with `last` and that one step can compute here; empty where no such region exists.
  Region (*match)(const Lowering& lowering, NodeId last);
  // Appends the step of a region that match() gave.
  Status (*lower)(Lowering& lowering, std::span<const NodeId> region);
};

// Every region of a graph. No node is in two regions. When several rules match one node, the first rule in region.cc is
// used; when regions overlap, the one that ends last is used.
class Regions {
 public:
  explicit Regions(const Lowering& lowering);

  // Whether the node's result stays inside a region: the step of the region's last node computes it.
  [[nodiscard]] bool is_inside(NodeId id) const { return inside_.contains(id); }
  // Lowers the region that ends with `id`; false where no region ends there.
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
[[nodiscard]] std::span<const RegionRule> affine_region_rules() noexcept;       // lower_affine.cc
[[nodiscard]] std::span<const RegionRule> conv_region_rules() noexcept;         // lower_conv.cc
[[nodiscard]] std::span<const RegionRule> attention_region_rules() noexcept;    // lower_attention.cc
[[nodiscard]] std::span<const RegionRule> elementwise_region_rules() noexcept;  // lower_elementwise.cc
[[nodiscard]] std::span<const RegionRule> quantised_region_rules() noexcept;    // lower_quantised.cc

}  // namespace kite
