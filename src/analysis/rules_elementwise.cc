// SPDX-License-Identifier: Apache-2.0
// Arithmetic on one value: scaling, shifting, limiting, and the functions of one variable.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "analysis/node_rules.h"
#include "tensor/convert.h"

namespace kite {

namespace {

// A number that models add, or use as a limit, to keep a logarithm or a quotient finite. It is too small to
// change a probability visibly.
constexpr double kNegligible = 1e-3;

Numbers with_range(Numbers numbers, Interval range) {
  numbers.range = range;
  return numbers;
}

Numbers exponential(const NodeView& node, const Numbers& x) {
  const Interval range{std::exp(x.range.low), std::exp(x.range.high)};
  Numbers result = x;
  result.range = {0, 1};
  if (x.form == Form::kLogDistribution) return result.form = Form::kDistribution, result;
  if (x.form == Form::kLogUnit) return result.form = Form::kUnit, result;
  return node.unclear("gives exponentials that no node normalises", range);
}

Numbers logarithm(const NodeView& node, const Numbers& x) {
  const Interval range{x.range.low > 0 ? std::log(x.range.low) : -kInfinity,
                       x.range.high > 0 ? std::log(x.range.high) : -kInfinity};
  if (x.is_probability()) {
    if (std::abs(x.total - 1) > 1e-3) return node.unclear("takes the logarithm of scaled probabilities", range);
    Numbers result = with_range(x, range);
    result.form = x.form == Form::kDistribution ? Form::kLogDistribution : Form::kLogUnit;
    return result;
  }
  // The logarithm of a sum of exponentials is a real number.
  if (x.form == Form::kReal || x.form == Form::kUnclear) return real(range);
  return node.unclear("takes the logarithm twice", range);
}

// -softplus(-x) is the logarithm of sigmoid(x); -log(1 + exp(-x)) is the same, written as several nodes.
bool is_log_sigmoid(const NodeView& node) {
  const Graph& graph = node.graph();
  const NodeId inner = graph.value(node.input(0)).producer;
  if (inner == kNoNode || graph.node(inner).inputs.empty()) return false;
  const Node& softplus = graph.node(inner);
  const NodeId argument = graph.value(softplus.inputs[0]).producer;
  if (argument == kNoNode) return false;
  if (softplus.op_type == "Softplus") return graph.node(argument).op_type == "Neg";
  const Node& sum = graph.node(argument);
  if (softplus.op_type != "Log" || sum.op_type != "Add" || node.in(0).range.low < 0) return false;
  return std::ranges::any_of(sum.inputs, [&](ValueId term) {
    const NodeId maker = term == kNoValue ? kNoNode : graph.value(term).producer;
    return maker != kNoNode && graph.node(maker).op_type == "Exp";
  });
}

Numbers negated(const NodeView& node, const Numbers& x) {
  const Interval range = negative(x.range);
  if (is_log_sigmoid(node)) {
    Numbers result = unit();
    result.form = Form::kLogUnit;
    result.range = range;
    return result;
  }
  if (x.form == Form::kReal) return with_range(x, range);
  return node.unclear("changes the sign, so that the best class has the smallest number", range);
}

Interval clip_limits(const NodeView& node) {
  Interval limits;
  if (node.opset() < 11) {
    constexpr float kMost = std::numeric_limits<float>::max();
    limits = {node.node().attributes.get_float("min", -kMost), node.node().attributes.get_float("max", kMost)};
    return limits;
  }
  // A computed limit may be any number.
  if (node.is_constant(1)) limits.low = node.in(1).range.low;
  if (node.is_constant(2)) limits.high = node.in(2).range.high;
  return limits;
}

// Square roots and powers do not change 0, 1 and the order of the numbers, but they change the sum.
Numbers raised(const NodeView& node, const Numbers& x, double exponent) {
  if (exponent == 1) return x;
  const Interval range = power(x.range, exponent);
  if (x.form == Form::kReal) return real(range);
  if (x.is_probability() && x.total == 1 && exponent > 0) {
    Numbers result = with_range(x, {0, 1});
    result.is_loose = true;
    result.form = x.form == Form::kUnit ? Form::kUnit : Form::kPart;
    return result;
  }
  return node.unclear("raises to a power", range);
}

}  // namespace

Numbers scaled(const NodeView& node, const Numbers& x, Interval factor) {
  const Interval range = product(x.range, factor);
  const bool is_one = factor == Interval{1, 1};
  if (is_one) return x;
  switch (x.form) {
    case Form::kReal: return real(range);
    case Form::kDistribution:
    case Form::kPart:
    case Form::kUnit: {
      Numbers result = with_range(x, range);
      if (factor.is_point() && factor.low > 0) {
        if (!x.is_loose || factor.low > 1) result.total = x.total * factor.low;
        return result;
      }
      if (!factor.is_within(0, 1)) return node.unclear("weights probabilities", range);
      // A mask, or a weight for each class.
      if (x.form == Form::kDistribution) result.form = Form::kPart;
      result.is_loose = true;
      return result;
    }
    case Form::kLogDistribution:
      // A temperature: the model's distribution is the softmax of the product.
      return factor.low > 0 ? real(range) : node.unclear("changes the sign of logarithms", range);
    default: return node.unclear("scales", range);
  }
}

Numbers shifted(const NodeView& node, const Numbers& x, Interval offset) {
  const Interval range = sum(x.range, offset);
  if (offset == Interval{0, 0}) return x;
  const bool is_negligible = offset.is_within(-kNegligible * x.total, kNegligible * x.total);
  switch (x.form) {
    case Form::kReal: return real(range);
    case Form::kDistribution:
      if (offset.is_point() && offset.low > 0 && !is_negligible) {
        // Smoothing: a small number is added for every class.
        Numbers result = with_range(x, range);
        result.total += static_cast<double>(x.layout.count) * offset.low;
        return result;
      }
      [[fallthrough]];
    case Form::kPart:
    case Form::kUnit:
      if (is_negligible) return x;
      return node.unclear("adds a number to probabilities", range);
    case Form::kLogDistribution: return real(range);
    default: return node.unclear("adds to numbers that are not logits", range);
  }
}

Numbers limited(const NodeView& node, const Numbers& x, Interval limits) {
  const Interval range = smaller(larger(x.range, {limits.low, limits.low}), {limits.high, limits.high});
  Numbers result = with_range(x, range);
  const bool changes_little = limits.low <= kNegligible * x.total && limits.high >= (1 - kNegligible) * x.total;
  switch (x.form) {
    case Form::kReal: return result;
    case Form::kDistribution:
    case Form::kPart:
    case Form::kUnit:
      if (changes_little) return x;
      if (!limits.is_within(-kInfinity, 0) && limits.low >= x.total) return node.unclear("limits to a constant", range);
      if (x.form == Form::kDistribution) result.form = Form::kPart;
      result.is_loose = true;
      return result;
    case Form::kLogDistribution:
    case Form::kLogUnit:
      if (limits.high >= -kNegligible && limits.low <= std::log(kNegligible)) return x;
      return node.unclear("limits logarithms", range);
    default: return node.unclear("limits numbers that are not logits", range);
  }
}

Numbers cast_of(const NodeView& node) {
  const Numbers& x = node.in(0);
  const DType from = node.graph().value(node.input(0)).type->dtype;
  const DType to = node.result().dtype;
  if (to == DType::kBool && from != DType::kBool) return unit();
  // A probability of 0.9 becomes 0, while per cent only lose digits. Results of Greater and similar
  // operators are whole already.
  const NodeId producer = node.graph().value(node.input(0)).producer;
  const bool is_rounded = producer != kNoNode && node.graph().node(producer).op_type == "Round";
  if (is_integer(to) && !is_integer(from) && from != DType::kBool && x.form != Form::kIndex && !is_rounded &&
      (x.is_logarithm() || (x.is_probability() && x.total < 100))) {
    return node.unclear("rounds probabilities to whole numbers");
  }
  return x;
}

Numbers unary(const NodeView& node) {
  const Numbers& x = node.in(0);
  const std::string_view op = node.op();
  if (op == "Exp") return exponential(node, x);
  if (op == "Log") return logarithm(node, x);
  if (op == "Neg") return negated(node, x);
  if (op == "Clip") return limited(node, x, clip_limits(node));
  if (op == "Sqrt") return raised(node, x, 0.5);
  if (op == "Relu" || op == "Abs") {
    if (x.range.low >= 0) return x;
    if (x.form == Form::kReal) return real({0, std::max(-x.range.low, x.range.high)});
    return node.unclear("leaves out signs", {0, kInfinity});
  }
  if (op == "Reciprocal") {
    return x.form == Form::kReal ? real(inverse(x.range)) : node.unclear("divides by probabilities", inverse(x.range));
  }
  // Tanh, Erf, Softsign, Sin and Cos stay within -1 and 1; Softplus above 0.
  const bool keeps_sign = op != "Sin" && op != "Cos" && x.range.low >= 0;
  const Interval range{op == "Softplus" || keeps_sign ? 0.0 : -1.0, op == "Softplus" ? kInfinity : 1.0};
  return x.form == Form::kReal ? real(range) : node.unclear("is no step of a known activation", range);
}

}  // namespace kite
