// SPDX-License-Identifier: Apache-2.0
// Operators that only rename memory: reshapes, and transposes that move nothing but dimensions of size 1.
#include "plan/lower/lowering.h"

namespace kite {

namespace {

Result<bool> lower_alias(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  lowering.alias(node.inputs[0], node.outputs[0]);
  return true;
}

constexpr LowerRule kAliasRules[] = {
    {"", "Reshape", lower_alias},   {"", "Flatten", lower_alias},  {"", "Squeeze", lower_alias},
    {"", "Unsqueeze", lower_alias}, {"", "Identity", lower_alias},
};

}  // namespace

std::span<const LowerRule> alias_rules() noexcept { return kAliasRules; }

}  // namespace kite
