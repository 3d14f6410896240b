// SPDX-License-Identifier: Apache-2.0
// Gives one form to operators that different opsets write in different ways, so that later passes and the planner need
// to handle only this one.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// ReduceMean: axes as an attribute (opset 13), ascending and counted from the front.
Result<bool> normalise_mean(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto axes = reduction_axes(graph, node);
  if (!axes || axes->empty()) return false;
  const std::vector<std::int64_t> wanted(axes->begin(), axes->end());
  if (node.opset == 13 && std::ranges::equal(node.attributes.get_ints("axes"), wanted)) return false;
  Node mean = make_node("ReduceMean", 13, {node.inputs[0]});
  mean.attributes.set("axes", wanted);
  mean.attributes.set("keepdims", node.attributes.get_int("keepdims", 1));
  KITE_TRY(replace_node(graph, id, std::move(mean)));
  return true;
}

// Clip: limits as constant scalars (opset 13). A Clip from zero without an upper limit does not become a Relu: it turns
// infinity into the largest finite number.
Result<bool> normalise_clip(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.opset >= 11) return false;
  const auto limits = clip_limits(graph, node);
  const DType dtype = dtype_of(graph, node.inputs[0]);
  if (!limits || !is_float(dtype)) return false;
  Node clip = make_node("Clip", 13, {node.inputs[0], kNoValue, kNoValue});
  const std::string name = graph.value(node.outputs[0]).name;
  clip.inputs[1] = add_float_constant(graph, name + "_min", dtype, Shape{}, std::vector<double>{limits->low});
  clip.inputs[2] = add_float_constant(graph, name + "_max", dtype, Shape{}, std::vector<double>{limits->high});
  KITE_TRY(replace_node(graph, id, std::move(clip)));
  return true;
}

// Softmax before opset 13 runs over all axes from `axis` (default 1) on as if they were one axis. Where only one of
// them is larger than 1, it is the Softmax of opset 13 over this axis.
Result<bool> normalise_softmax(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.opset >= 13) return false;
  const Shape& x = shape_of(graph, node.inputs[0]);
  int axis = x.rank() - 1;
  int larger = 0;
  for (int i = from_front(node.attributes.get_int("axis", 1), x.rank()); i < x.rank(); ++i) {
    if (x[i] == 1) continue;
    axis = i;
    ++larger;
  }
  if (larger > 1 || x.rank() == 0) return false;
  Node softmax = make_node("Softmax", 13, {node.inputs[0]});
  softmax.attributes.set("axis", std::int64_t{axis});
  KITE_TRY(replace_node(graph, id, std::move(softmax)));
  return true;
}

}  // namespace

Result<int> normalise_forms(Graph& graph) {
  int changed = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    bool done = false;
    if (is_op(node, "ReduceMean")) {
      KITE_TRY_ASSIGN(done, normalise_mean(graph, id));
    } else if (is_op(node, "Clip")) {
      KITE_TRY_ASSIGN(done, normalise_clip(graph, id));
    } else if (is_op(node, "Softmax")) {
      KITE_TRY_ASSIGN(done, normalise_softmax(graph, id));
    }
    changed += done ? 1 : 0;
  }
  return changed;
}

}  // namespace kite
