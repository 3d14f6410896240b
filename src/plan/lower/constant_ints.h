// SPDX-License-Identifier: Apache-2.0
// Lists such as axes and starts, which operators take as an attribute or, from some opset on, as a constant input.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "ops/axes.h"

namespace kite {

// The list `name`: an attribute before opset `input_since`, input number `input` from that opset on. Empty when it is
// left out; nullopt when it is computed at run time. infer() has checked its values.
[[nodiscard]] inline std::optional<std::vector<std::int64_t>> constant_ints(const Graph& graph, const Node& node,
                                                                            std::string_view name, std::size_t input,
                                                                            int input_since) {
  if (node.opset < input_since) {
    const auto list = node.attributes.get_ints(name);
    return std::vector<std::int64_t>(list.begin(), list.end());
  }
  if (input >= node.inputs.size() || node.inputs[input] == kNoValue) return std::vector<std::int64_t>{};
  if (!graph.is_constant(node.inputs[input])) return std::nullopt;
  const IndexView view(*graph.value(node.inputs[input]).constant);
  std::vector<std::int64_t> list;
  for (std::int64_t i = 0; i < view.size(); ++i) list.push_back(view[i]);
  return list;
}

}  // namespace kite
