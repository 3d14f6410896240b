// SPDX-License-Identifier: Apache-2.0
// The sweep over the graph: which rule belongs to which operator, and what all rules have in common.
#include "analysis/numbers.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "analysis/node_rules.h"

namespace kite {

namespace {

struct Rule {
  std::string_view op;
  Numbers (*apply)(const NodeView& node);
};

Numbers first_best(const NodeView& node) { return best(node, false); }
Numbers sigmoid(const NodeView& node) {
  Numbers result = unit();
  result.picker = node.in(0).picker;
  return result;
}
Numbers decision(const NodeView&) { return unit(); }
Numbers fresh(const NodeView&) { return real(); }

constexpr Rule kRules[] = {
    {"Softmax", normalised},
    {"LogSoftmax", normalised},
    {"Hardmax", normalised},
    {"QLinearSoftmax", normalised},
    {"LpNormalization", normalised},
    {"Sigmoid", sigmoid},
    {"HardSigmoid", sigmoid},
    {"QLinearSigmoid", sigmoid},
    // Elements stay where they are, in row-major order.
    {"Identity", same_order},
    {"Reshape", same_order},
    {"Flatten", same_order},
    {"Squeeze", same_order},
    {"Unsqueeze", same_order},
    {"Dropout", same_order},
    {"Expand", same_order},
    {"QuantizeLinear", same_order},
    {"DequantizeLinear", same_order},
    {"Round", same_order},
    {"CastLike", cast_of},
    {"Cast", cast_of},
    {"Transpose", transposed},
    {"Slice", [](const NodeView& node) { return selected(node, node.node().outputs.front()); }},
    {"Gather", [](const NodeView& node) { return selected(node, node.node().outputs.front()); }},
    {"Split", [](const NodeView& node) { return selected(node, node.node().outputs.front()); }},
    {"Concat", concatenated},
    {"Pad", padded},
    // Element by element.
    {"Relu", unary},
    {"Abs", unary},
    {"Clip", unary},
    {"Exp", unary},
    {"Log", unary},
    {"Neg", unary},
    {"Sqrt", unary},
    {"Reciprocal", unary},
    {"Tanh", unary},
    {"Erf", unary},
    {"Softsign", unary},
    {"Sin", unary},
    {"Cos", unary},
    {"Softplus", unary},
    {"Not", decision},
    {"And", decision},
    {"Or", decision},
    {"Xor", decision},
    {"Equal", decision},
    {"Greater", decision},
    {"GreaterOrEqual", decision},
    {"Less", decision},
    {"LessOrEqual", decision},
    {"IsNaN", decision},
    {"Add", binary},
    {"Sub", binary},
    {"Mul", binary},
    {"Div", binary},
    {"Pow", binary},
    {"Sum", variadic},
    {"Mean", variadic},
    {"Max", variadic},
    {"Min", variadic},
    {"Where", where},
    // Along axes.
    {"ReduceSum", reduced},
    {"ReduceMean", reduced},
    {"ReduceMax", reduced},
    {"ReduceMin", reduced},
    {"ReduceL1", reduced},
    {"GlobalAveragePool", reduced},
    {"GlobalMaxPool", reduced},
    {"AveragePool", pooled},
    {"MaxPool", pooled},
    {"ArgMax", index_of_best},
    {"ArgMin", index_of_best},
    {"TopK", first_best},
    {"OneHot", one_hot},
    // Every result depends on many elements, so the results are new features, except where mixed() finds
    // a table of groups.
    {"MatMul", mixed},
    {"Gemm", mixed},
    {"Conv", fresh},
    {"ConvTranspose", fresh},
    {"Einsum", fresh},
    {"BatchNormalization", fresh},
    {"LayerNormalization", fresh},
    {"InstanceNormalization", fresh},
    {"GroupNormalization", fresh},
    {"RMSNormalization", fresh},
    {"MeanVarianceNormalization", fresh},
    {"LRN", fresh},
    {"Attention", fresh},
    {"LSTM", fresh},
    {"GRU", fresh},
    {"RNN", fresh},
    {"QLinearConv", fresh},
    {"QLinearMatMul", fresh},
    {"ConvInteger", fresh},
    {"MatMulInteger", fresh},
};

const Rule* find_rule(std::string_view op) {
  const auto* found = std::ranges::find(kRules, op, &Rule::op);
  return found == std::end(kRules) ? nullptr : found;
}

// The operators of other domains that are handled here have the names and the meaning of ONNX's operators.
Numbers by_rule(const NodeView& node) {
  const Rule* rule = find_rule(node.op());
  const bool has_types = std::ranges::all_of(
      node.node().inputs, [&](ValueId id) { return id == kNoValue || node.graph().value(id).type.has_value(); });
  if (rule != nullptr && node.has(0) && has_types) {
    Numbers result = rule->apply(node);
    const bool keeps_rank =
        rule->apply == fresh || rule->apply == mixed || rule->apply == one_hot || result.picker != kNoNode;
    for (std::size_t i = 0; !keeps_rank && i < node.input_count(); ++i) {
      if (!node.has(i) || node.in(i).picker == kNoNode || result.form == Form::kUnclear) continue;
      return node.unclear("does arithmetic on ranked scores", result.range);
    }
    return result;
  }
  const bool all_real = std::ranges::all_of(node.node().inputs, [&, i = std::size_t{0}](ValueId id) mutable {
    const std::size_t at = i++;
    return id == kNoValue || node.graph().is_constant(id) || node.in(at).form == Form::kReal;
  });
  return all_real ? real() : node.unclear("is not an operator that can be followed");
}

// Numbers between 0 and 1 are not logits, whichever operator made them.
Numbers settled(Numbers numbers, const TensorType& type) {
  const bool is_vague = numbers.form == Form::kReal || numbers.form == Form::kUnclear;
  if (!is_vague || !numbers.range.is_within(0, 1) || type.dtype == DType::kInt64 || type.dtype == DType::kInt32 ||
      numbers.picker != kNoNode) {
    return numbers;
  }
  Numbers result = unit();
  result.is_loose = true;
  result.range = numbers.range;
  return result;
}

}  // namespace

std::optional<AxisRange> class_axes(const Shape& shape, const Layout& layout) {
  if (shape.elements() == 0 || layout.outer * layout.count * layout.inner != shape.elements()) return std::nullopt;
  int first = 0;
  std::int64_t outer = 1;
  // Dimensions of 1 before the class axis belong to the outer dimensions.
  while (first < shape.rank() && (outer < layout.outer || (outer == layout.outer && shape[first] == 1))) {
    outer *= shape[first++];
  }
  if (outer != layout.outer) return std::nullopt;
  int last = first;
  std::int64_t count = 1;
  while (last < shape.rank() && count < layout.count) count *= shape[last++];
  if (count != layout.count) return std::nullopt;
  return AxisRange{first, last};
}

Layout layout_of(const Shape& shape, int first, int last) {
  return {shape.elements(0, first), shape.elements(first, last), shape.elements(last, shape.rank())};
}

std::optional<std::vector<std::int64_t>> NodeView::ints(std::size_t i) const {
  if (!is_constant(i)) return std::nullopt;
  const TensorView& view = *graph_.value(input(i)).constant;
  constexpr std::int64_t kMostInts = std::int64_t{1} << 20;
  if (view.type.dtype != DType::kInt64 && view.type.dtype != DType::kInt32) return std::nullopt;
  if (view.type.shape.elements() > kMostInts) return std::nullopt;
  std::vector<std::int64_t> values(static_cast<std::size_t>(view.type.shape.elements()));
  for (std::size_t k = 0; k < values.size(); ++k) {
    std::int32_t narrow = 0;
    if (view.type.dtype == DType::kInt64) {
      std::memcpy(&values[k], view.data + k * sizeof values[k], sizeof values[k]);
    } else {
      std::memcpy(&narrow, view.data + k * sizeof narrow, sizeof narrow);
      values[k] = narrow;
    }
  }
  return values;
}

std::optional<std::vector<std::int64_t>> NodeView::axes(std::size_t i) const {
  std::vector<std::int64_t> found;
  if (node_.attributes.has("axes")) {
    const auto named = node_.attributes.get_ints("axes");
    found.assign(named.begin(), named.end());
  } else if (has(i)) {
    auto given = ints(i);
    if (!given) return std::nullopt;
    found = std::move(*given);
  }
  const int rank = shape(0).rank();
  if (found.empty() && int_attribute("noop_with_empty_axes", 0) == 0) {
    for (int axis = 0; axis < rank; ++axis) found.push_back(axis);
  }
  for (std::int64_t& axis : found) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) return std::nullopt;
  }
  return found;
}

Numbers NodeView::unclear(std::string_view reason, Interval range) const {
  Numbers result;
  result.form = Form::kUnclear;
  result.range = range;
  result.cause = id_;
  result.reason = reason;
  return result;
}

Numbers real(Interval range) {
  Numbers result;
  result.range = range;
  return result;
}

Numbers unit() {
  Numbers result;
  result.form = Form::kUnit;
  result.range = {0, 1};
  return result;
}

Numbers distribution(Layout layout, double total) {
  Numbers result;
  result.form = Form::kDistribution;
  result.layout = layout;
  result.total = total;
  result.range = {0, total};
  return result;
}

std::vector<Numbers> follow_numbers(const Graph& graph) {
  std::vector<Numbers> numbers(graph.value_count());
  std::vector<bool> is_measured(graph.value_count());
  for (const NodeId id : graph.order()) {
    const NodeView node(graph, id, numbers);
    const Rule* rule = find_rule(node.op());
    // The constants of these operators are weights. They are not read, because the rules do not use their range.
    const bool reads_constants = rule != nullptr && rule->apply != fresh && rule->apply != mixed;
    for (std::size_t i = 0; reads_constants && i < node.input_count(); ++i) {
      if (!node.is_constant(i)) continue;
      const auto at = static_cast<std::size_t>(node.input(i));
      if (!is_measured[at]) numbers[at].range = interval_of(*graph.value(node.input(i)).constant);
      is_measured[at] = true;
    }
    for (std::size_t i = 0; i < node.node().outputs.size(); ++i) {
      const ValueId output = node.node().outputs[i];
      if (output == kNoValue || !graph.value(output).type) continue;
      Numbers result;
      if (i == 0) {
        result = by_rule(node);
      } else if (node.op() == "Split") {
        result = selected(node, output);
      } else if (node.op() == "TopK") {
        result = best(node, true);
      }
      numbers[static_cast<std::size_t>(output)] = settled(result, *graph.value(output).type);
    }
  }
  return numbers;
}

}  // namespace kite
