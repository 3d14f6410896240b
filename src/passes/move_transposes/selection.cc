// SPDX-License-Identifier: Apache-2.0
// Operators that add, select or resample positions along named axes: Pad, Slice, Gather, Resize.
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "passes/constants.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/move_transposes/rules.h"
#include "passes/rewrite.h"

namespace kite {

Result<bool> move_through_pad(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto transposed = as_transposed(graph, node.inputs[0]);
  const auto amounts = transposed ? pad_amounts(graph, node) : std::nullopt;
  const DType dtype = dtype_of(graph, node.inputs[0]);
  if (!amounts || !is_float(dtype)) return false;
  const Perm& perm = transposed->perm;
  std::vector<std::int64_t> pads(2 * perm.size());
  for (std::size_t i = 0; i < perm.size(); ++i) {
    const auto axis = static_cast<std::size_t>(perm[i]);
    pads[axis] = amounts->begin[i];
    pads[axis + perm.size()] = amounts->end[i];
  }
  const std::string name = graph.value(node.outputs[0]).name;
  Node moved = make_node("Pad", 13, {transposed->source, add_int_constant(graph, name + "_pads", pads)});
  moved.name = node.name;
  moved.inputs.push_back(
      add_float_constant(graph, name + "_value", dtype, Shape{}, std::vector<double>{amounts->value}));
  return replace_transposed(graph, id, std::move(moved), perm);
}

// Its lists stay as they are: attribute `axes` says which axis each of their numbers is about. The file format has it
// since opset 18, the operator reads it in each.
Result<bool> move_through_resize(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto transposed = as_transposed(graph, node.inputs[0]);
  if (!transposed) return false;
  const Perm& perm = transposed->perm;
  std::vector<std::int64_t> axes(perm.size());
  std::iota(axes.begin(), axes.end(), std::int64_t{0});
  const auto stated = node.attributes.get_ints("axes");
  if (!stated.empty()) axes.assign(stated.begin(), stated.end());
  for (std::int64_t& axis : axes)
    axis = perm[static_cast<std::size_t>(from_front(axis, static_cast<int>(perm.size())))];
  Node moved = node;
  moved.inputs[0] = transposed->source;
  moved.attributes.set("axes", axes);
  return replace_transposed(graph, id, std::move(moved), perm);
}

Result<bool> move_through_slice(Graph& graph, NodeId id) {
  constexpr int kListsAreInputs = 10;
  const Node& node = graph.node(id);
  const auto transposed = as_transposed(graph, node.inputs[0]);
  if (!transposed) return false;
  const Perm& perm = transposed->perm;

  const bool from_inputs = node.opset >= kListsAreInputs;
  std::vector<std::int64_t> axes;
  if (from_inputs) {
    const auto starts = int_constant(graph, input_of(node, 1));
    const auto stated = int_constant(graph, input_of(node, 3));
    if (!starts || (!stated && input_of(node, 3) != kNoValue)) return false;
    axes.resize(starts->size());
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
    if (stated) axes = *stated;
  } else {
    const auto stated = node.attributes.get_ints("axes");
    axes.resize(node.attributes.get_ints("starts").size());
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
    if (!stated.empty()) axes.assign(stated.begin(), stated.end());
  }
  for (std::int64_t& axis : axes) {
    axis = perm[static_cast<std::size_t>(from_front(axis, static_cast<int>(perm.size())))];
  }
  Node moved = node;
  moved.inputs[0] = transposed->source;
  if (from_inputs) {
    if (moved.inputs.size() < 4) moved.inputs.resize(4, kNoValue);
    moved.inputs[3] = add_int_constant(graph, graph.value(node.outputs[0]).name + "_axes", axes);
  } else {
    moved.attributes.set("axes", std::move(axes));
  }
  return replace_transposed(graph, id, std::move(moved), perm);
}

// Gather replaces one axis of the data by the axes of its indices.
Result<bool> move_through_gather(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto transposed = as_transposed(graph, node.inputs[0]);
  if (!transposed || !graph.is_constant(node.inputs[1])) return false;
  const Perm& perm = transposed->perm;
  const int rank = static_cast<int>(perm.size());
  const int axis = from_front(node.attributes.get_int("axis", 0), rank);
  const int index_rank = shape_of(graph, node.inputs[1]).rank();
  if (rank - 1 + index_rank > kMaxRank) return false;

  const int source_axis = perm[static_cast<std::size_t>(axis)];
  // Position of a source axis, or of axis j of the indices, in the result that is gathered from the source.
  const auto position = [&](int of) { return of < source_axis ? of : of - 1 + index_rank; };
  Perm rest;
  for (int i = 0; i < rank; ++i) {
    if (i != axis) {
      rest.push_back(position(perm[static_cast<std::size_t>(i)]));
      continue;
    }
    for (int j = 0; j < index_rank; ++j) rest.push_back(source_axis + j);
  }
  Node moved = node;
  moved.inputs[0] = transposed->source;
  moved.attributes.set("axis", std::int64_t{source_axis});
  return replace_transposed(graph, id, std::move(moved), rest);
}

}  // namespace kite
