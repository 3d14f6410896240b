// SPDX-License-Identifier: Apache-2.0
// Operators that work along an axis: means over views, the best class, pooling, and products with a table of classes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "analysis/node_rules.h"

namespace kite {

namespace {

enum class How : std::uint8_t { kSum, kMean, kMost, kLeast };

How how_of(std::string_view op) {
  if (op == "ReduceSum" || op == "ReduceL1") return How::kSum;
  if (op == "ReduceMean" || op == "GlobalAveragePool") return How::kMean;
  return op == "ReduceMin" ? How::kLeast : How::kMost;
}

// A reduction over other axes than those of the classes: over views, positions, members of an ensemble.
Numbers over_others(Numbers x, How how, std::int64_t count, const Layout& left) {
  x.layout = left;
  if (how == How::kSum) x.total *= static_cast<double>(count);
  if (how == How::kMost || how == How::kLeast) {
    x.form = Form::kPart;
    x.is_loose = true;
  }
  x.range = {0, x.total};
  return x;
}

// A reduction over the classes: over all of them, or over the members of each group.
Numbers over_classes(const NodeView& node, Numbers x, How how, std::int64_t count) {
  const bool takes_all = count == x.layout.count;
  x.layout.count /= count;
  switch (how) {
    case How::kMost:
      x.picker = takes_all ? node.id() : kNoNode;
      x.form = Form::kPart;
      x.is_loose = true;
      return x;
    case How::kLeast:
      x.form = Form::kPart;
      x.is_loose = true;
      return x;
    case How::kMean: x.total /= static_cast<double>(count); [[fallthrough]];
    case How::kSum:
      if (takes_all && x.form == Form::kDistribution) return node.unclear("sums a whole distribution, which is 1");
      if (x.is_loose) return node.unclear("sums numbers whose sum is not known");
      x.range = {0, x.total};
      return x;
  }
  return x;
}

Numbers reduced_distribution(const NodeView& node, const Numbers& x, How how, const std::vector<std::int64_t>& axes) {
  const Shape& shape = node.shape(0);
  const auto classes = class_axes(shape, x.layout);
  if (!classes) return node.unclear("reduces axes that cut through the classes");
  std::int64_t within = 1;
  Layout left = x.layout;
  for (const std::int64_t axis : axes) {
    const std::int64_t length = shape[static_cast<int>(axis)];
    if (axis < classes->first) {
      left.outer /= length;
    } else if (axis >= classes->last) {
      left.inner /= length;
    } else {
      within *= length;
    }
  }
  const std::int64_t others = (x.layout.outer / left.outer) * (x.layout.inner / left.inner);
  if (within == 1) return over_others(x, how, others, left);
  if (others != 1) return node.unclear("reduces classes and other axes together");
  return over_classes(node, x, how, within);
}

bool is_best_of_all(const NodeView& node, std::int64_t count) { return node.shape(0).elements() == count; }

// The elements of a constant matrix as [rows, columns]; nullopt when it is not a float32 matrix.
struct Matrix {
  std::vector<float> elements;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};
std::optional<Matrix> constant_matrix(const NodeView& node, std::size_t i, bool is_transposed) {
  if (!node.is_constant(i)) return std::nullopt;
  const TensorView& view = *node.graph().value(node.input(i)).constant;
  constexpr std::int64_t kMostElements = std::int64_t{1} << 24;
  if (view.type.dtype != DType::kFloat32 || view.type.shape.rank() != 2) return std::nullopt;
  if (view.type.shape.elements() > kMostElements) return std::nullopt;
  Matrix matrix{{}, view.type.shape[0], view.type.shape[1]};
  matrix.elements.resize(static_cast<std::size_t>(view.type.shape.elements()));
  std::memcpy(matrix.elements.data(), view.data, view.bytes().size());
  if (!is_transposed) return matrix;
  Matrix turned{std::vector<float>(matrix.elements.size()), matrix.columns, matrix.rows};
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    for (std::int64_t c = 0; c < matrix.columns; ++c) {
      turned.elements[static_cast<std::size_t>(c * matrix.rows + r)] =
          matrix.elements[static_cast<std::size_t>(r * matrix.columns + c)];
    }
  }
  return turned;
}

}  // namespace

Numbers reduced(const NodeView& node) {
  const Numbers& x = node.in(0);
  const Shape& shape = node.shape(0);
  const How how = how_of(node.op());
  std::optional<std::vector<std::int64_t>> axes;
  if (node.op().starts_with("Global")) {
    axes.emplace();
    for (int axis = 2; axis < shape.rank(); ++axis) axes->push_back(axis);
  } else {
    axes = node.axes(1);
  }
  std::int64_t count = 1;
  for (const std::int64_t axis : axes.value_or(std::vector<std::int64_t>{})) count *= shape[static_cast<int>(axis)];
  Interval range = x.range;
  if (how == How::kSum)
    range = product(range, {axes ? static_cast<double>(count) : 0.0, axes ? static_cast<double>(count) : kInfinity});
  if (node.op() == "ReduceL1") range.low = 0;
  if (x.form == Form::kReal && !(node.op() == "ReduceL1" && x.range.low < 0)) return real(range);
  if (!axes || count == 0) return node.unclear("reduces along axes that are not known", range);
  if (count == 1) return x;
  switch (x.form) {
    case Form::kDistribution: return reduced_distribution(node, x, how, *axes);
    case Form::kPart:
      if (class_axes(shape, x.layout)) return reduced_distribution(node, x, how, *axes);
      return node.unclear("reduces probabilities", range);
    case Form::kUnit: {
      Numbers result = x;
      if (how == How::kSum && x.is_loose) return node.unclear("sums numbers whose sum is not known", range);
      if (how == How::kSum) result.total *= static_cast<double>(count);
      if (how == How::kMost && is_best_of_all(node, count)) result.picker = node.id();
      result.range = range;
      return result;
    }
    case Form::kLogDistribution: {
      const auto classes = class_axes(shape, x.layout);
      const bool of_classes =
          classes && std::ranges::all_of(*axes, [&](std::int64_t axis) {
            return shape[static_cast<int>(axis)] == 1 || (axis >= classes->first && axis < classes->last);
          });
      if (how == How::kMost && of_classes && count == x.layout.count) {
        Numbers result = x;
        result.form = Form::kLogUnit;
        result.picker = node.id();
        return result;
      }
      // The mean of the logarithms over views: logits of the geometric mean.
      const bool of_others = classes && std::ranges::none_of(*axes, [&](std::int64_t axis) {
                               return axis >= classes->first && axis < classes->last;
                             });
      if (of_others) return real(range);
      return node.unclear("reduces logarithms of probabilities", range);
    }
    default: return node.unclear("reduces", range);
  }
}

Numbers pooled(const NodeView& node) {
  Numbers x = node.in(0);
  const Shape& from = node.shape(0);
  const Shape& to = node.result().shape;
  if (x.form == Form::kReal || x.form == Form::kUnclear || from.rank() != to.rank() || from.rank() < 3) return x;
  if (x.form != Form::kDistribution) return x.is_logarithm() ? node.unclear("pools logarithms", x.range) : x;
  const auto classes = class_axes(from, x.layout);
  if (!classes || classes->first != 1 || classes->last != 2) return node.unclear("pools along the classes", x.range);
  const bool has_pads = std::ranges::any_of(node.node().attributes.get_ints("pads"), [](auto pad) { return pad != 0; });
  const bool is_whole_mean = node.op() == "AveragePool" && !has_pads &&
                             node.node().attributes.get_string("auto_pad", "NOTSET") == "NOTSET" &&
                             node.int_attribute("ceil_mode", 0) == 0;
  x.layout.inner = to.elements(2, to.rank());
  if (is_whole_mean) return x;
  x.form = Form::kPart;
  x.is_loose = true;
  return x;
}

Numbers index_of_best(const NodeView& node) {
  const Shape& shape = node.shape(0);
  std::int64_t axis = node.int_attribute("axis", 0);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis >= shape.rank()) return node.unclear("has an axis outside its shape");
  Numbers result;
  result.form = Form::kIndex;
  result.classes = shape[static_cast<int>(axis)];
  result.picker = node.id();
  return result;
}

Numbers best(const NodeView& node, bool are_indices) {
  const Numbers& x = node.in(0);
  const Shape& shape = node.shape(0);
  std::int64_t axis = node.int_attribute("axis", -1);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis >= shape.rank()) return node.unclear("has an axis outside its shape");
  Numbers result = x;
  if (are_indices) {
    result = real();
    result.form = Form::kIndex;
    result.classes = shape[static_cast<int>(axis)];
  } else if (x.form == Form::kDistribution) {
    result.form = Form::kPart;
  } else if (x.form == Form::kLogDistribution) {
    result.form = Form::kLogUnit;
  }
  result.picker = node.id();
  // A selection among numbers that were selected before: its positions are not in the order of the classes.
  if (x.picker != kNoNode) return node.unclear("ranks numbers that are ranked already");
  return result;
}

Numbers one_hot(const NodeView& node) {
  const Shape& shape = node.result().shape;
  std::int64_t axis = node.int_attribute("axis", -1);
  if (axis < 0) axis += shape.rank();
  const bool is_position = node.in(0).form == Form::kIndex && node.is_constant(2);
  if (!is_position || node.in(2).range != Interval{0, 1} || axis < 0 || axis >= shape.rank()) {
    return node.in(0).form == Form::kIndex ? node.unclear("marks the class") : real();
  }
  return distribution(layout_of(shape, static_cast<int>(axis), static_cast<int>(axis) + 1));
}

Numbers mixed(const NodeView& node) {
  const Numbers& x = node.in(0);
  const bool is_distribution = x.form == Form::kDistribution || x.form == Form::kPart;
  if (!is_distribution || node.shape(0).rank() < 2) return real();
  const int rank = node.shape(0).rank();
  // The products sum over the last axis: it must be that of the classes.
  if (x.layout.inner != 1 || x.layout.count != node.shape(0)[rank - 1]) return real();
  const bool is_gemm = node.op() == "Gemm";
  const auto matrix = constant_matrix(node, 1, is_gemm && node.int_attribute("transB", 0) != 0);
  const bool is_plain = !is_gemm || (node.int_attribute("transA", 0) == 0 && !node.has(2) &&
                                     node.node().attributes.get_float("alpha", 1) == 1);
  if (!matrix || !is_plain) return real();
  bool sums_to_one = x.form == Form::kDistribution;
  for (std::int64_t r = 0; r < matrix->rows; ++r) {
    double sum = 0;
    for (std::int64_t c = 0; c < matrix->columns; ++c) {
      const float weight = matrix->elements[static_cast<std::size_t>(r * matrix->columns + c)];
      if (!(weight >= 0) || weight > 1) return real();  // a trained layer, not a table of groups
      sum += static_cast<double>(weight);
    }
    sums_to_one = sums_to_one && std::abs(sum - 1) < 1e-4;
  }
  const Shape& shape = node.result().shape;
  // Every class belongs to exactly one group, so the probabilities of the groups are a distribution, too.
  Numbers result = distribution(layout_of(shape, shape.rank() - 1, shape.rank()), x.total);
  if (!sums_to_one) result.form = Form::kPart;
  result.is_loose = !sums_to_one;
  return result;
}

}  // namespace kite
