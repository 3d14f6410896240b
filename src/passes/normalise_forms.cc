// SPDX-License-Identifier: Apache-2.0
// Gives one form to operators that different opsets write in different ways, so that later passes and the planner need
// to handle only this one.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
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

// Reductions: axes as an attribute, ascending and counted from the front.
Result<bool> normalise_reduction(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto axes = reduction_axes(graph, node);
  if (!axes || axes->empty()) return false;
  const std::vector<std::int64_t> wanted(axes->begin(), axes->end());
  const int opset = reduction_opset(node);
  if (node.opset == opset && std::ranges::equal(node.attributes.get_ints("axes"), wanted)) return false;
  Node reduction = make_node(node.op_type, opset, {node.inputs[0]});
  reduction.attributes.set("axes", wanted);
  reduction.attributes.set("keepdims", node.attributes.get_int("keepdims", 1));
  KITE_TRY(replace_node(graph, id, std::move(reduction)));
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

// Softmax of opset 13 over an inner axis: the same over the last axis between two Transposes, because its kernel reads
// rows. The Transposes often cancel with those of the attention around it.
Result<bool> softmax_over_rows(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Shape& x = shape_of(graph, node.inputs[0]);
  if (node.opset < 13 || x.rank() == 0) return false;
  const int axis = from_front(node.attributes.get_int("axis", -1), x.rank());
  if (x.elements(axis + 1, x.rank()) <= 1 || x.elements() == 0) return false;
  std::vector<int> swapped(static_cast<std::size_t>(x.rank()));
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped[static_cast<std::size_t>(axis)], swapped.back());
  const std::string name = graph.value(node.outputs[0]).name;
  KITE_TRY_ASSIGN(const ValueId rows, add_before(graph, id, make_transpose(node.inputs[0], swapped), name + "_rows"));
  Node softmax = make_node("Softmax", 13, {rows});
  softmax.attributes.set("axis", std::int64_t{x.rank() - 1});
  softmax.name = graph.node(id).name;
  KITE_TRY_ASSIGN(const ValueId y, add_before(graph, id, std::move(softmax), name + "_of_rows"));
  KITE_TRY(replace_node(graph, id, make_transpose(y, swapped)));
  return true;
}

// A list of a window's numbers for one axis as the list for two, the first of which does nothing.
void add_axis(Attributes& attributes, std::string name, std::int64_t neutral) {
  const auto old = attributes.get_ints(name);
  std::vector<std::int64_t> numbers;
  for (const std::int64_t number : old) {
    numbers.push_back(neutral);
    numbers.push_back(number);
  }
  if (!old.empty()) attributes.set(std::move(name), std::move(numbers));
}

// Conv over [N,C,L] with constant weights: a convolution over [N,C,1,L] between two Reshapes, for which there are
// kernels.
Result<bool> conv_over_a_picture(Graph& graph, NodeId id) {
  const Node& conv = graph.node(id);
  const Shape x = shape_of(graph, conv.inputs[0]);
  const Shape y = shape_of(graph, conv.outputs[0]);
  if (x.rank() != 3 || !is_float(dtype_of(graph, conv.inputs[0])) || !graph.is_constant(conv.inputs[1])) return false;
  const Shape w = shape_of(graph, conv.inputs[1]);
  const auto name = graph.value(conv.outputs[0]).name;
  Node wide = conv;
  wide.outputs.clear();
  add_axis(wide.attributes, "kernel_shape", 1);
  add_axis(wide.attributes, "strides", 1);
  add_axis(wide.attributes, "dilations", 1);
  add_axis(wide.attributes, "pads", 0);
  wide.inputs[1] = constant_as(graph, conv.inputs[1], {w[0], w[1], 1, w[2]});
  KITE_TRY_ASSIGN(wide.inputs[0], reshape_before(graph, id, wide.inputs[0], {x[0], x[1], 1, x[2]}));
  KITE_TRY_ASSIGN(const ValueId out, add_before(graph, id, std::move(wide), name + "_wide"));
  KITE_TRY(replace_node(graph, id, make_reshape(graph, out, y)));
  return true;
}

}  // namespace

Result<int> normalise_forms(Graph& graph) {
  int changed = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    bool done = false;
    if (reduction_opset(node) != 0) {
      KITE_TRY_ASSIGN(done, normalise_reduction(graph, id));
    } else if (is_op(node, "Clip")) {
      KITE_TRY_ASSIGN(done, normalise_clip(graph, id));
    } else if (is_op(node, "Softmax")) {
      KITE_TRY_ASSIGN(done, normalise_softmax(graph, id));
      KITE_TRY_ASSIGN(const bool turned, softmax_over_rows(graph, id));
      done = done || turned;
    } else if (is_op(node, "Conv")) {
      KITE_TRY_ASSIGN(done, conv_over_a_picture(graph, id));
    }
    changed += done ? 1 : 0;
  }
  return changed;
}

}  // namespace kite
