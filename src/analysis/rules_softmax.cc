// SPDX-License-Identifier: Apache-2.0
// Softmax and similar functions, as operators and as the several nodes that exporters of old frameworks write.
#include <algorithm>
#include <array>

#include "analysis/node_rules.h"

namespace kite {

namespace {

// Enough for every form that exporters write. It limits the work on graphs that are made to be slow.
constexpr int kMostSteps = 8;

const Node* producer(const Graph& graph, ValueId value) {
  const NodeId id = value == kNoValue ? kNoNode : graph.value(value).producer;
  return id == kNoNode || graph.node(id).inputs.empty() ? nullptr : &graph.node(id);
}

const Node* made_by(const Graph& graph, ValueId value, std::string_view op) {
  const Node* node = producer(graph, value);
  return node != nullptr && node->op_type == op ? node : nullptr;
}

bool is_any(std::string_view op, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, op) != names.end();
}

// The same numbers before they were renamed, reshaped or stored otherwise.
ValueId base(const Graph& graph, ValueId value) {
  for (int step = 0; step < kMostSteps; ++step) {
    const Node* node = producer(graph, value);
    if (node == nullptr || !is_any(node->op_type, {"Identity", "Cast", "Dropout"})) break;
    value = node->inputs[0];
  }
  return value;
}

// The same, and also before changes of shape and before operators that keep a divisor from being zero.
ValueId divisor_base(const Graph& graph, ValueId value) {
  for (int step = 0; step < kMostSteps; ++step) {
    const Node* node = producer(graph, value);
    if (node == nullptr) break;
    if (is_any(node->op_type, {"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Expand", "Clip"})) {
      value = node->inputs[0];
    } else if (is_any(node->op_type, {"Add", "Max"}) && node->inputs.size() == 2) {
      const bool first = graph.is_constant(node->inputs[0]);
      if (first == graph.is_constant(node->inputs[1])) break;
      const ValueId constant = node->inputs[first ? 0 : 1];
      constexpr double kEpsilon = 1e-3;
      if (!interval_of(*graph.value(constant).constant).is_within(0, kEpsilon)) break;
      value = node->inputs[first ? 1 : 0];
    } else {
      break;
    }
  }
  return value;
}

// Whether two values are the same, or are computed in the same way from the same value: exporters compute exp(x) once
// for the numerator and once for the sum.
bool is_same(const Graph& graph, ValueId a, ValueId b, int depth = 3) {
  a = base(graph, a);
  b = base(graph, b);
  if (a == b) return true;
  const Node* left = producer(graph, a);
  const Node* right = producer(graph, b);
  if (depth == 0 || left == nullptr || right == nullptr || left->op_type != right->op_type) return false;
  if (!is_any(left->op_type, {"Exp", "Sub", "ReduceMax", "Mul", "Div"})) return false;
  return std::ranges::equal(left->inputs, right->inputs,
                            [&](ValueId x, ValueId y) { return is_same(graph, x, y, depth - 1); });
}

// The layout that a reduction of x sums over; nullopt where its axes are not next to each other.
std::optional<Layout> summed_layout(const Graph& graph, const Node& sum) {
  const Shape& shape = graph.value(sum.inputs[0]).type->shape;
  std::vector<std::int64_t> axes;
  const auto named = sum.attributes.get_ints("axes");
  axes.assign(named.begin(), named.end());
  if (sum.inputs.size() > 1 && sum.inputs[1] != kNoValue) {
    if (!graph.is_constant(sum.inputs[1])) return std::nullopt;
    const TensorView& view = *graph.value(sum.inputs[1]).constant;
    const Interval range = interval_of(view);
    if (view.type.shape.elements() > shape.rank()) return std::nullopt;
    // Axes that are next to each other are described by the first and the last one.
    if (range.high - range.low + 1 != static_cast<double>(view.type.shape.elements())) return std::nullopt;
    for (auto axis = static_cast<std::int64_t>(range.low); axis <= static_cast<std::int64_t>(range.high); ++axis) {
      axes.push_back(axis);
    }
  }
  if (axes.empty()) return layout_of(shape, 0, shape.rank());
  for (std::int64_t& axis : axes) axis += axis < 0 ? shape.rank() : 0;
  std::ranges::sort(axes);
  const auto first = axes.front();
  const auto last = axes.back() + 1;
  if (first < 0 || last > shape.rank() || last - first != static_cast<std::int64_t>(axes.size())) return std::nullopt;
  return layout_of(shape, static_cast<int>(first), static_cast<int>(last));
}

// The layout of the sum over `x` that `value` is, also where a node keeps the sum from being zero.
std::optional<Layout> as_sum_of(const Graph& graph, ValueId value, ValueId x) {
  const Node* node = producer(graph, divisor_base(graph, value));
  if (node == nullptr || !is_any(node->op_type, {"ReduceSum", "ReduceL1"})) return std::nullopt;
  return is_same(graph, node->inputs[0], x) ? summed_layout(graph, *node) : std::nullopt;
}

// The value of which `value` is the reciprocal; kNoValue when it is not a reciprocal.
ValueId as_reciprocal(const Graph& graph, ValueId value) {
  const Node* node = producer(graph, base(graph, value));
  if (node == nullptr) return kNoValue;
  if (node->op_type == "Reciprocal") return node->inputs[0];
  if (node->inputs.size() != 2) return kNoValue;
  const auto is_number = [&](ValueId id, double number) {
    return graph.is_constant(id) && interval_of(*graph.value(id).constant) == Interval{number, number};
  };
  if (node->op_type == "Div" && is_number(node->inputs[0], 1)) return node->inputs[1];
  if (node->op_type == "Pow" && is_number(node->inputs[1], -1)) return node->inputs[0];
  return kNoValue;
}

// x / sum(x), for numbers that are not negative.
std::optional<Numbers> as_share(const NodeView& node, ValueId x, const Numbers& numbers, ValueId divisor) {
  if (numbers.range.low < 0) return std::nullopt;
  const auto layout = as_sum_of(node.graph(), divisor, x);
  if (!layout) return std::nullopt;
  Numbers result = distribution(*layout);
  result.picker = numbers.picker;
  return result;
}

// e / (1 + e) is a sigmoid.
bool is_odds_to_probability(const NodeView& node) {
  const Node* sum = made_by(node.graph(), base(node.graph(), node.input(1)), "Add");
  if (sum == nullptr || node.in(0).range.low < 0 || sum->inputs.size() != 2) return false;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const ValueId constant = sum->inputs[1 - i];
    if (!is_same(node.graph(), sum->inputs[i], node.input(0)) || !node.graph().is_constant(constant)) continue;
    return interval_of(*node.graph().value(constant).constant) == Interval{1, 1};
  }
  return false;
}

// The layout over which `value` is log(sum(exp(x))).
std::optional<Layout> as_log_sum_exp(const Graph& graph, ValueId value, ValueId x) {
  value = divisor_base(graph, value);
  const Node* node = producer(graph, value);
  if (node == nullptr) return std::nullopt;
  if (node->op_type == "ReduceLogSumExp") {
    return is_same(graph, node->inputs[0], x) ? summed_layout(graph, *node) : std::nullopt;
  }
  if (node->op_type == "Log") {
    const Node* sum = made_by(graph, divisor_base(graph, node->inputs[0]), "ReduceSum");
    if (sum == nullptr) return std::nullopt;
    const Node* exp = made_by(graph, base(graph, sum->inputs[0]), "Exp");
    if (exp == nullptr || !is_same(graph, exp->inputs[0], x)) return std::nullopt;
    return summed_layout(graph, *sum);
  }
  // m + log(sum(exp(x - m)))
  if (node->op_type != "Add" || node->inputs.size() != 2) return std::nullopt;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const Node* log = made_by(graph, divisor_base(graph, node->inputs[i]), "Log");
    const Node* sum = log == nullptr ? nullptr : made_by(graph, divisor_base(graph, log->inputs[0]), "ReduceSum");
    const Node* exp = sum == nullptr ? nullptr : made_by(graph, base(graph, sum->inputs[0]), "Exp");
    const Node* minus = exp == nullptr ? nullptr : made_by(graph, base(graph, exp->inputs[0]), "Sub");
    if (minus == nullptr || minus->inputs.size() != 2 || !is_same(graph, minus->inputs[0], x)) continue;
    if (divisor_base(graph, minus->inputs[1]) == divisor_base(graph, node->inputs[1 - i])) {
      return summed_layout(graph, *sum);
    }
  }
  return std::nullopt;
}

}  // namespace

Numbers normalised(const NodeView& node) {
  const Shape& shape = node.result().shape;
  const bool is_norm = node.op() == "LpNormalization";
  const bool is_matrix = node.opset() < 13 && !is_norm && node.op() != "QLinearSoftmax";
  std::int64_t axis = node.int_attribute("axis", is_matrix ? 1 : -1);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis > shape.rank()) return node.unclear("has an axis outside its shape");
  if (is_norm && (node.int_attribute("p", 2) != 1 || node.in(0).range.low < 0)) {
    return node.unclear("makes vectors of length 1, as features have", {-1, 1});
  }
  const int first = static_cast<int>(axis);
  const int last = is_matrix ? shape.rank() : std::min(first + 1, shape.rank());
  Numbers result = distribution(layout_of(shape, first, last));
  result.picker = node.in(0).picker;
  result.is_quantised = node.op() == "QLinearSoftmax";
  if (node.op() == "LogSoftmax") {
    result.form = Form::kLogDistribution;
    result.range = {-kInfinity, 0};
  }
  return result;
}

std::optional<Numbers> spelled_out(const NodeView& node) {
  if (!node.has(0) || !node.has(1)) return std::nullopt;
  const Graph& graph = node.graph();
  if (node.op() == "Div") {
    if (auto share = as_share(node, node.input(0), node.in(0), node.input(1))) return share;
    if (is_odds_to_probability(node)) return unit();
  }
  if (node.op() == "Mul") {
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const ValueId divisor = as_reciprocal(graph, node.input(1 - i));
      if (divisor == kNoValue) continue;
      if (auto share = as_share(node, node.input(i), node.in(i), divisor)) return share;
    }
  }
  if (node.op() == "Sub") {
    const auto layout = as_log_sum_exp(graph, node.input(1), node.input(0));
    if (!layout) return std::nullopt;
    Numbers result = distribution(*layout);
    result.form = Form::kLogDistribution;
    result.range = {-kInfinity, 0};
    return result;
  }
  return std::nullopt;
}

}  // namespace kite
