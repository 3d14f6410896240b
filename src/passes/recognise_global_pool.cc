// SPDX-License-Identifier: Apache-2.0
// Writes every average over whole pictures as one operator: ReduceMean over the spatial axes, dimensions kept.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// A pool without padding whose window is as large as the picture, so that there is exactly one window.
bool covers_picture(const Graph& graph, const Node& node) {
  const Shape& x = shape_of(graph, node.inputs[0]);
  const auto kernel = node.attributes.get_ints("kernel_shape");
  const auto is = [](std::int64_t expected) { return [expected](std::int64_t value) { return value == expected; }; };
  return node.attributes.get_string("auto_pad", "NOTSET") == "NOTSET" &&
         std::ranges::all_of(node.attributes.get_ints("pads"), is(0)) &&
         std::ranges::all_of(node.attributes.get_ints("dilations"), is(1)) &&
         std::ranges::equal(kernel, x.dims().subspan(2)) &&
         std::ranges::all_of(shape_of(graph, node.outputs[0]).dims().subspan(2), is(1));
}

}  // namespace

Result<int> recognise_global_pool(Graph& graph) {
  int found = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool is_global = is_op(node, "GlobalAveragePool");
    if (!is_global && !(is_op(node, "AveragePool") && covers_picture(graph, node))) continue;
    std::vector<std::int64_t> axes(static_cast<std::size_t>(shape_of(graph, node.inputs[0]).rank() - 2));
    if (axes.empty()) continue;
    std::iota(axes.begin(), axes.end(), std::int64_t{2});
    Node mean = make_node("ReduceMean", 13, {node.inputs[0]});
    mean.attributes.set("axes", std::move(axes));
    mean.attributes.set("keepdims", std::int64_t{1});
    KITE_TRY(replace_node(graph, id, std::move(mean)));
    ++found;
  }
  return found;
}

}  // namespace kite
