// SPDX-License-Identifier: Apache-2.0
// Which operators are resolved. Each has a row in ops/control_table.cc, too, which says so to users.
#include "passes/control/resolvers.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace kite {

namespace {

constexpr std::array<std::pair<std::string_view, Resolver>, 15> kResolvers = {{
    {"If", resolve_if},
    {"Loop", resolve_loop},
    {"Scan", resolve_scan},
    {"SequenceMap", resolve_sequence_map},
    {"SequenceConstruct", resolve_sequence_construct},
    {"SequenceEmpty", resolve_sequence_empty},
    {"SequenceInsert", resolve_sequence_insert},
    {"SequenceErase", resolve_sequence_erase},
    {"SequenceAt", resolve_sequence_at},
    {"SequenceLength", resolve_sequence_length},
    {"SplitToSequence", resolve_split_to_sequence},
    {"ConcatFromSequence", resolve_concat_from_sequence},
    {"Optional", resolve_optional},
    {"OptionalGetElement", resolve_optional_get_element},
    {"OptionalHasElement", resolve_optional_has_element},
}};

}  // namespace

Resolver resolver_of(const Node& node) {
  if (!node.domain.empty()) return nullptr;
  const auto found = std::ranges::find(kResolvers, node.op_type, &std::pair<std::string_view, Resolver>::first);
  return found == kResolvers.end() ? nullptr : found->second;
}

}  // namespace kite
