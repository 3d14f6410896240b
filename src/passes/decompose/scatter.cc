// SPDX-License-Identifier: Apache-2.0
// ScatterND that writes a block: what exporters make of `x[..., 1:, 1:] = updates`. Its indices count upwards along
// each of their axes, so slices of the data around the block and the updates are put together with Concat.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ops/axes.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/decompose/decompose.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// One coordinate of all indices as a constant that broadcasts to them.
struct Coordinate {
  ValueId constant = kNoValue;
  Shape shape;            // without the axis of coordinates
  std::int64_t step = 1;  // from one element to the next in the constant, from `first` on
  std::int64_t first = 0;
};

Result<Shape> without_last(const Shape& shape) {
  return Shape::make(shape.dims().first(static_cast<std::size_t>(shape.rank() - 1)));
}

// Whether `id` is `of` with another axis of size 1 at the end.
bool adds_last_axis(const Graph& graph, ValueId id, ValueId of) {
  const auto dims = shape_of(graph, id).dims();
  return !dims.empty() && dims.back() == 1 &&
         std::ranges::equal(dims.first(dims.size() - 1), shape_of(graph, of).dims());
}

std::optional<Coordinate> coordinate_of(const Graph& graph, ValueId indices, int which) {
  const Shape& shape = shape_of(graph, indices);
  const std::int64_t count = shape[shape.rank() - 1];
  if (graph.is_constant(indices)) {
    auto outer = without_last(shape);
    return outer.ok() ? std::optional(Coordinate{indices, *outer, count, which}) : std::nullopt;
  }
  const NodeId id = producer_of(graph, indices, "Concat");
  if (id == kNoNode || static_cast<std::int64_t>(graph.node(id).inputs.size()) != count) return std::nullopt;
  const std::int64_t axis = graph.node(id).attributes.get_int("axis", 0);
  if (axis != -1 && axis != shape.rank() - 1) return std::nullopt;
  const ValueId column = graph.node(id).inputs[static_cast<std::size_t>(which)];
  if (shape_of(graph, column)[shape.rank() - 1] != 1) return std::nullopt;
  if (graph.is_constant(column)) return coordinate_of(graph, column, 0);
  const NodeId added = graph.value(column).producer;
  if (added == kNoNode || (!is_op(graph.node(added), "Unsqueeze") && !is_op(graph.node(added), "Reshape"))) {
    return std::nullopt;
  }
  ValueId source = graph.node(added).inputs[0];
  if (!adds_last_axis(graph, column, source)) return std::nullopt;
  if (const NodeId expand = producer_of(graph, source, "Expand"); expand != kNoNode) {
    source = graph.node(expand).inputs[0];
  }
  if (!graph.is_constant(source)) return std::nullopt;
  return Coordinate{source, shape_of(graph, source), 1, 0};
}

// The first index of a coordinate that counts upwards along `axis` of the outer axes `outer`, and depends on no other.
std::optional<std::int64_t> start_of(const Graph& graph, const Coordinate& c, const Shape& outer, int axis,
                                     std::int64_t size) {
  const int own_axis = axis - (outer.rank() - c.shape.rank());
  const bool varies = own_axis >= 0 && c.shape[own_axis] == outer[axis];
  if ((!varies && outer[axis] != 1) || c.shape.elements() == 0) return std::nullopt;
  const IndexView elements(*graph.value(c.constant).constant);
  const std::int64_t run = own_axis < 0 ? c.shape.elements() : c.shape.elements(own_axis + 1, c.shape.rank());
  const std::int64_t length = own_axis < 0 ? 1 : c.shape[own_axis];
  const std::int64_t start = elements[c.first];
  for (std::int64_t i = 0; i < c.shape.elements(); ++i) {
    if (elements[c.first + i * c.step] - start != i / run % length) return std::nullopt;
  }
  const std::int64_t first = start < 0 ? start + size : start;
  return first >= 0 && first + outer[axis] <= size ? std::optional(first) : std::nullopt;
}

// data[starts[0] : ends[0], starts[1] : ends[1], ...], axes from the first on.
Result<ValueId> slice(Graph& graph, Substitution& made, ValueId data, const std::vector<std::int64_t>& starts,
                      const std::vector<std::int64_t>& ends) {
  const std::string name = graph.value(data).name;
  return made.add(
      "Slice", 13,
      {data, add_int_constant(graph, name + "_starts", starts), add_int_constant(graph, name + "_ends", ends)});
}

}  // namespace

Result<bool> decompose_scatter(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const ValueId data = node.inputs[0], indices = node.inputs[1], updates = node.inputs[2];
  const Shape x = shape_of(graph, data);
  const Shape index_shape = shape_of(graph, indices);
  if (node.attributes.get_string("reduction", "none") != "none" || index_shape.elements() == 0 ||
      shape_of(graph, updates).elements() == 0) {
    return false;
  }
  const int axes = index_shape.rank() - 1;
  if (index_shape[axes] != axes) return false;
  KITE_TRY_ASSIGN(const Shape outer, without_last(index_shape));
  std::vector<std::int64_t> starts, ends;
  for (int axis = 0; axis < axes; ++axis) {
    const auto coordinate = coordinate_of(graph, indices, axis);
    const auto start = coordinate ? start_of(graph, *coordinate, outer, axis, x[axis]) : std::nullopt;
    if (!start) return false;
    starts.push_back(*start);
    ends.push_back(*start + outer[axis]);
  }
  Substitution made(graph, id);
  ValueId block = updates;
  // From the last axis to the first: the block becomes whole along this axis.
  for (int axis = axes - 1; axis >= 0; --axis) {
    const std::int64_t first = starts.back(), last = ends.back();
    std::vector<ValueId> pieces;
    if (first > 0) {
      starts.back() = 0;
      ends.back() = first;
      KITE_TRY_ASSIGN(const ValueId before, slice(graph, made, data, starts, ends));
      pieces.push_back(before);
    }
    pieces.push_back(block);
    if (last < x[axis]) {
      starts.back() = last;
      ends.back() = x[axis];
      KITE_TRY_ASSIGN(const ValueId behind, slice(graph, made, data, starts, ends));
      pieces.push_back(behind);
    }
    starts.pop_back();
    ends.pop_back();
    if (pieces.size() == 1) continue;
    Node concat = make_node("Concat", 13, std::move(pieces));
    concat.attributes.set("axis", std::int64_t{axis});
    KITE_TRY_ASSIGN(block, made.add(std::move(concat)));
  }
  KITE_TRY(made.finish(block));
  return true;
}

}  // namespace kite
