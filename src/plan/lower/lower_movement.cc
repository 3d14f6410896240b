// SPDX-License-Identifier: Apache-2.0
// Lowers operators that only move elements: one strided copy for each piece, or no copy where the
// order in memory stays.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/strided_copy/strided_copy.h"
#include "plan/lower/constant_ints.h"
#include "plan/lower/lowering.h"

namespace kite {

namespace {

using Strides = std::array<std::int64_t, kMaxRank>;

Strides dense_strides(const Shape& shape) {
  Strides strides{};
  for (int axis = 0; axis < shape.rank(); ++axis) {
    strides[static_cast<std::size_t>(axis)] = shape.elements(axis + 1, shape.rank());
  }
  return strides;
}

// The kernels move elements of 4 bytes, of any type.
bool can_move(const Lowering& lowering, ValueId from, ValueId to) {
  return dtype_size(lowering.type(from).dtype) == 4 && lowering.shape(from).elements() != 0 &&
         lowering.shape(to).elements() != 0;
}

// Appends the copy of one view. The caller has checked that collapse_copy() accepts it.
void append_copy(Lowering& lowering, NodeId id, const StridedCopyParams& params, ValueId from, ValueId to) {
  lowering.step(id, kStridedCopy, params, {lowering.operand(from)}, {lowering.operand(to)});
}

bool lower_view(Lowering& lowering, NodeId id, std::span<const CopyAxis> axes, std::int64_t in_first, ValueId from,
                ValueId to) {
  StridedCopyParams params{};
  params.in_first = in_first;
  if (!collapse_copy(axes, params)) return false;
  append_copy(lowering, id, params, from, to);
  return true;
}

Result<bool> lower_transpose(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0], to = node.outputs[0];
  const Shape& x = lowering.shape(from);
  const Shape& y = lowering.shape(to);
  const auto perm = node.attributes.get_ints("perm");
  const Strides in = dense_strides(x), out = dense_strides(y);
  std::vector<CopyAxis> axes;
  bool in_order = true;  // apart from axes of size 1 nothing moves
  int before = -1;
  for (int axis = 0; axis < y.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const int source = perm.empty() ? y.rank() - 1 - axis : static_cast<int>(perm[a]);
    axes.push_back({y[axis], in[static_cast<std::size_t>(source)], out[a]});
    if (y[axis] == 1) continue;
    in_order = in_order && source > before;
    before = source;
  }
  if (in_order) {
    lowering.alias(from, to);
    return true;
  }
  return can_move(lowering, from, to) && lower_view(lowering, id, axes, 0, from, to);
}

// Each input that has elements is copied to its place along the axis.
Result<bool> lower_concat(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId to = node.outputs[0];
  const Shape& y = lowering.shape(to);
  std::int64_t along = node.attributes.get_int("axis", 1);
  if (along < 0) along += y.rank();
  if (dtype_size(lowering.type(to).dtype) != 4 || y.elements() == 0) return false;
  const Strides out = dense_strides(y);
  std::vector<std::pair<StridedCopyParams, ValueId>> copies;
  std::int64_t position = 0;
  for (const ValueId from : node.inputs) {
    const Shape& x = lowering.shape(from);
    const Strides in = dense_strides(x);
    std::vector<CopyAxis> axes;
    for (int axis = 0; axis < x.rank(); ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      axes.push_back({x[axis], in[a], out[a]});
    }
    StridedCopyParams params{};
    params.out_first = position * out[static_cast<std::size_t>(along)];
    position += x[static_cast<int>(along)];
    if (x.elements() == 0) continue;
    if (!collapse_copy(axes, params)) return false;
    copies.emplace_back(params, from);
  }
  for (const auto& [params, from] : copies) append_copy(lowering, id, params, from, to);
  return true;
}

Result<bool> lower_split(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0];
  const Shape& x = lowering.shape(from);
  std::int64_t along = node.attributes.get_int("axis", 0);
  if (along < 0) along += x.rank();
  if (dtype_size(lowering.type(from).dtype) != 4 || x.elements() == 0 ||
      std::ranges::count(node.outputs, kNoValue) != 0) {
    return false;
  }
  const Strides in = dense_strides(x);
  std::vector<std::pair<StridedCopyParams, ValueId>> copies;
  std::int64_t position = 0;
  for (const ValueId to : node.outputs) {
    const Shape& y = lowering.shape(to);
    const Strides out = dense_strides(y);
    std::vector<CopyAxis> axes;
    for (int axis = 0; axis < y.rank(); ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      axes.push_back({y[axis], in[a], out[a]});
    }
    StridedCopyParams params{};
    params.in_first = position * in[static_cast<std::size_t>(along)];
    position += y[static_cast<int>(along)];
    if (y.elements() == 0) continue;
    if (!collapse_copy(axes, params)) return false;
    copies.emplace_back(params, to);
  }
  for (const auto& [params, to] : copies) append_copy(lowering, id, params, from, to);
  return true;
}

// Only forward steps: a copy backwards is left to the portable operator.
Result<bool> lower_slice(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Graph& graph = lowering.graph();
  const ValueId from = node.inputs[0], to = node.outputs[0];
  const Shape& x = lowering.shape(from);
  const Shape& y = lowering.shape(to);
  const auto starts = constant_ints(graph, node, "starts", 1, 10);
  const auto listed = constant_ints(graph, node, "axes", 3, 10);
  const auto steps = node.opset < 10 ? std::vector<std::int64_t>{} : constant_ints(graph, node, "steps", 4, 10);
  if (!can_move(lowering, from, to) || !starts || !listed || !steps) return false;
  const Strides in = dense_strides(x), out = dense_strides(y);
  std::array<std::int64_t, kMaxRank> first{}, step{};
  step.fill(1);
  for (std::size_t i = 0; i < starts->size(); ++i) {
    std::int64_t axis = listed->empty() ? static_cast<std::int64_t>(i) : (*listed)[i];
    if (axis < 0) axis += x.rank();
    const std::int64_t size = x[static_cast<int>(axis)];
    const std::int64_t wanted = steps->empty() ? 1 : (*steps)[i];
    if (wanted < 1) return false;
    const std::int64_t start = (*starts)[i] < 0 ? (*starts)[i] + size : (*starts)[i];
    first[static_cast<std::size_t>(axis)] = std::clamp<std::int64_t>(start, 0, size);
    step[static_cast<std::size_t>(axis)] = std::min(wanted, size);  // one longer than the axis is never taken twice
  }
  std::vector<CopyAxis> axes;
  std::int64_t in_first = 0;
  for (int axis = 0; axis < y.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    in_first += first[a] * in[a];
    axes.push_back({y[axis], step[a] * in[a], out[a]});
  }
  return lower_view(lowering, id, axes, in_first, from, to);
}

// One index that is known: a block of x.
Result<bool> lower_gather(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0], to = node.outputs[0];
  const Shape& x = lowering.shape(from);
  if (!can_move(lowering, from, to) || !lowering.graph().is_constant(node.inputs[1])) return false;
  const IndexView indices(*lowering.graph().value(node.inputs[1]).constant);
  std::int64_t axis = node.attributes.get_int("axis", 0);
  if (axis < 0) axis += x.rank();
  if (indices.size() != 1) return false;
  const auto along = static_cast<int>(axis);
  const std::int64_t index = indices[0] < 0 ? indices[0] + x[along] : indices[0];
  const std::int64_t inner = x.elements(along + 1, x.rank());
  const CopyAxis axes[] = {{x.elements(0, along), x[along] * inner, inner}, {inner, 1, 1}};
  return lower_view(lowering, id, axes, index * inner, from, to);
}

Result<bool> lower_expand(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0], to = node.outputs[0];
  const Shape& x = lowering.shape(from);
  const Shape& y = lowering.shape(to);
  if (!can_move(lowering, from, to)) return false;
  if (x.elements() == y.elements()) {
    lowering.alias(from, to);
    return true;
  }
  const Strides in = dense_strides(x), out = dense_strides(y);
  std::vector<CopyAxis> axes;
  for (int axis = 0; axis < y.rank(); ++axis) {
    const int source = axis - (y.rank() - x.rank());
    const bool repeats = source < 0 || x[source] == 1;
    axes.push_back({y[axis], repeats ? 0 : in[static_cast<std::size_t>(source)], out[static_cast<std::size_t>(axis)]});
  }
  return lower_view(lowering, id, axes, 0, from, to);
}

constexpr LowerRule kMovementRules[] = {{"", "Transpose", lower_transpose}, {"", "Concat", lower_concat},
                                        {"", "Split", lower_split},         {"", "Slice", lower_slice},
                                        {"", "Gather", lower_gather},       {"", "Expand", lower_expand}};

}  // namespace

std::span<const LowerRule> movement_rules() noexcept { return kMovementRules; }

}  // namespace kite
