// SPDX-License-Identifier: Apache-2.0
// Operators that do not change elements: they rename, reorder, select or join them.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "analysis/node_rules.h"

namespace kite {

namespace {

// The numbers after `axis` of `shape` was reduced or extended to `length` elements. Some of the classes of a
// distribution are a kPart of it.
Numbers along_axis(const NodeView& node, Numbers x, const Shape& shape, int axis, std::int64_t length) {
  const bool has_layout = x.form == Form::kDistribution || x.form == Form::kPart || x.form == Form::kLogDistribution;
  if (!has_layout || shape[axis] == 0) return x;
  const auto classes = class_axes(shape, x.layout);
  if (!classes) {
    return x.form == Form::kPart ? x : node.unclear("selects along axes that cut through the classes", x.range);
  }
  std::int64_t& extent = axis < classes->first  ? x.layout.outer
                         : axis < classes->last ? x.layout.count
                                                : x.layout.inner;
  extent = extent / shape[axis] * length;
  const bool cuts_classes = axis >= classes->first && axis < classes->last;
  if (cuts_classes && x.form == Form::kLogDistribution) x.form = Form::kLogUnit;
  if (cuts_classes && x.form == Form::kDistribution) x.form = Form::kPart;
  return x;
}

bool has_each_once(std::vector<std::int64_t> indices, std::int64_t count) {
  for (std::int64_t& index : indices) index += index < 0 ? count : 0;
  std::ranges::sort(indices);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] != static_cast<std::int64_t>(i)) return false;
  }
  return static_cast<std::int64_t>(indices.size()) == count;
}

Numbers gathered(const NodeView& node) {
  const Shape& shape = node.shape(0);
  const Numbers& x = node.in(0);
  if (node.is_constant(0) || node.in(1).form != Form::kReal) {
    // A table whose rows are selected by the class, or by other indices.
    return node.in(1).form == Form::kReal ? real(x.range) : node.unclear("maps the class to another number");
  }
  std::int64_t axis = node.int_attribute("axis", 0);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis >= shape.rank()) return node.unclear("has an axis outside its shape");
  const auto indices = node.ints(1);
  if (indices && has_each_once(*indices, shape[static_cast<int>(axis)])) {
    // The classes in another order: their sum stays the same. A single index may remove its axis.
    return x;
  }
  return along_axis(node, x, shape, static_cast<int>(axis), node.shape(1).elements());
}

// The probability of one class and the rest up to 1.
bool is_complement(const NodeView& node, std::size_t of, std::size_t other) {
  const Graph& graph = node.graph();
  const NodeId id = graph.value(node.input(of)).producer;
  if (id == kNoNode || graph.node(id).op_type != "Sub" || graph.node(id).inputs.size() != 2) return false;
  const Node& sub = graph.node(id);
  return sub.inputs[1] == node.input(other) && graph.is_constant(sub.inputs[0]) &&
         interval_of(*graph.value(sub.inputs[0]).constant) == Interval{1, 1};
}

}  // namespace

Numbers same_order(const NodeView& node) {
  const Numbers& x = node.in(0);
  if (node.op() == "QuantizeLinear" || node.op() == "DequantizeLinear") {
    Numbers result = x;
    // Integers that do not come from a QuantizeLinear are weights, or the result of an integer product.
    if (node.op() == "DequantizeLinear" && !x.is_quantised) result = real();
    result.is_quantised = node.op() == "QuantizeLinear";
    return result;
  }
  if (node.op() == "Expand" && node.result().shape.elements() != node.shape(0).elements()) {
    if (x.form == Form::kReal || x.form == Form::kUnit) return x;
    return node.unclear("spreads probabilities over more elements", x.range);
  }
  if (node.op() == "Dropout" && node.has(2) && (!node.is_constant(2) || node.in(2).range != Interval{0, 0})) {
    return node.unclear("leaves out elements at random, as in training", x.range);
  }
  return x;
}

Numbers transposed(const NodeView& node) {
  Numbers x = node.in(0);
  const bool has_layout = x.form == Form::kDistribution || x.form == Form::kPart || x.form == Form::kLogDistribution;
  if (!has_layout) return x;
  const Shape& shape = node.shape(0);
  std::vector<std::int64_t> perm(static_cast<std::size_t>(shape.rank()));
  const auto named = node.node().attributes.get_ints("perm");
  std::iota(perm.rbegin(), perm.rend(), std::int64_t{0});
  if (named.size() == perm.size()) std::ranges::copy(named, perm.begin());
  const auto classes = class_axes(shape, x.layout);
  if (!classes) return node.unclear("moves axes that cut through the classes", x.range);
  // The new positions of the class axes, which must stay next to each other.
  int first = -1;
  int last = -1;
  for (int to = 0; to < shape.rank(); ++to) {
    const std::int64_t from = perm[static_cast<std::size_t>(to)];
    if (from < classes->first || from >= classes->last || shape[static_cast<int>(from)] == 1) continue;
    if (first < 0) first = to;
    last = to + 1;
  }
  if (first < 0) first = last = 0;
  const Layout moved = layout_of(node.result().shape, first, last);
  if (moved.count != x.layout.count) return node.unclear("moves axes between those of the classes", x.range);
  x.layout = moved;
  return x;
}

Numbers selected(const NodeView& node, ValueId output) {
  if (node.op() == "Gather") return gathered(node);
  const Shape& from = node.shape(0);
  const Shape& to = node.graph().value(output).type->shape;
  Numbers x = node.in(0);
  Shape shape = from;
  for (int axis = 0; axis < from.rank() && axis < to.rank(); ++axis) {
    if (from[axis] == to[axis]) continue;
    x = along_axis(node, x, shape, axis, to[axis]);
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    dims[static_cast<std::size_t>(axis)] = to[axis];
    const auto cut = Shape::make(dims);
    if (!cut.ok()) return node.unclear("has too large a shape");
    shape = *cut;
  }
  return x;
}

Numbers concatenated(const NodeView& node) {
  const Shape& shape = node.result().shape;
  std::int64_t axis = node.int_attribute("axis", 1);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis >= shape.rank()) return node.unclear("has an axis outside its shape");
  const Numbers* lead = nullptr;  // the first that is no constant
  Interval range{kInfinity, -kInfinity};
  bool all_real = true;
  bool are_same = true;       // distributions over the same classes
  bool are_dependent = true;  // each from a distribution
  bool are_logarithms = true;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Numbers& x = node.in(i);
    range = hull(range, x.range);
    if (node.is_constant(i)) {
      are_same = false;
      continue;
    }
    if (lead == nullptr) lead = &x;
    all_real = all_real && x.form == Form::kReal;
    are_logarithms = are_logarithms && x.is_logarithm();
    are_same = are_same && x.form == lead->form && x.total == lead->total && !x.is_loose;
    are_dependent = are_dependent && (x.form == Form::kDistribution || x.form == Form::kPart);
    if (!x.is_probability() && x.form != Form::kReal && !x.is_logarithm()) return node.unclear("joins", range);
    if (x.is_probability() && lead->is_probability() && x.total != lead->total) {
      return node.unclear("joins probabilities of different scales", range);
    }
  }
  if (lead == nullptr || all_real) return real(range);
  const auto classes = class_axes(node.shape(0), lead->layout);
  const bool keeps_classes = are_same && classes && (axis < classes->first || axis >= classes->last);
  if (keeps_classes && (lead->form == Form::kDistribution || lead->form == Form::kLogDistribution)) {
    // Batches, or views of one picture.
    const std::int64_t grown = shape[static_cast<int>(axis)];
    return along_axis(node, *lead, node.shape(0), static_cast<int>(axis), grown);
  }
  if (are_logarithms) {
    Numbers result = *lead;
    result.form = Form::kLogUnit;
    return result;
  }
  if (!range.is_within(0, lead->total) || !lead->is_probability()) {
    return node.unclear("joins probabilities with other numbers", range);
  }
  const int at = static_cast<int>(axis);
  if (node.input_count() == 2 && shape[at] == 2 && (is_complement(node, 0, 1) || is_complement(node, 1, 0))) {
    return distribution(layout_of(shape, at, at + 1));
  }
  Numbers result = unit();
  result.form = are_dependent ? Form::kPart : Form::kUnit;
  result.layout = layout_of(shape, at, at + 1);
  result.total = lead->total;
  result.range = range;
  return result;
}

Numbers padded(const NodeView& node) {
  Numbers x = node.in(0);
  const bool pads_zero = node.has(2) ? node.is_constant(2) && node.in(2).range == Interval{0, 0}
                                     : node.node().attributes.get_float("value", 0) == 0;
  const bool is_constant = node.node().attributes.get_string("mode", "constant") == "constant";
  if (node.result().shape == node.shape(0)) return x;
  if (x.form == Form::kReal) return real();
  if (!x.is_probability() || !pads_zero || !is_constant) return node.unclear("adds elements", x.range);
  if (x.form == Form::kDistribution) x.form = Form::kPart;
  x.layout = {1, node.result().shape.elements(), 1};
  return x;
}

}  // namespace kite
