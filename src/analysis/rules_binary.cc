// SPDX-License-Identifier: Apache-2.0
// Arithmetic on two or more values: means of probabilities, gates, weighted sums.
#include <algorithm>
#include <cmath>

#include "analysis/node_rules.h"

namespace kite {

namespace {

Numbers multiplied(const NodeView& node, const Numbers& a, const Numbers& b) {
  const Interval range = product(a.range, b.range);
  if (a.form == Form::kReal && b.form == Form::kReal) return real(range);
  if (a.is_probability() && b.is_probability()) {
    // The probability of an object times that of a class, or of a group times that of a member: the sum
    // is no longer known.
    Numbers result = unit();
    if (a.form != Form::kUnit && b.form != Form::kUnit) {
      result.form = Form::kPart;
      result.layout = a.layout;
    }
    result.total = a.total * b.total;
    result.range = range;
    result.is_loose = true;
    return result;
  }
  // A gate or an attention map multiplies features. One factor for all probabilities is not a gate.
  const bool a_is_real = a.form == Form::kReal;
  if (a_is_real || b.form == Form::kReal) {
    const std::int64_t elements = node.shape(a_is_real ? 0 : 1).elements();
    if (elements == node.result().shape.elements()) return real(range);
  }
  return node.unclear("multiplies probabilities by something that depends on the picture", range);
}

Numbers subtracted(const NodeView& node, const Numbers& a, const Numbers& b) {
  const Interval range = sum(a.range, negative(b.range));
  if (node.is_constant(1)) return shifted(node, a, negative(b.range));
  if (node.is_constant(0) && b.is_probability() && a.range == Interval{b.total, b.total}) {
    Numbers result = b;  // 1 - p is the probability of the other of two classes
    if (b.form == Form::kDistribution && b.layout.count != 2) result.form = Form::kUnit;
    result.range = range;
    return result;
  }
  const bool b_is_plain = b.form == Form::kReal || b.is_logarithm();
  if ((a.form == Form::kReal || a.form == Form::kLogDistribution) && b_is_plain) return real(range);
  return node.unclear("subtracts probabilities", range);
}

// A vector divided by its length, as models do to compare vectors by their angle.
bool divides_by_length(const NodeView& node) {
  const Graph& graph = node.graph();
  ValueId value = node.input(1);
  for (int step = 0; step < 6; ++step) {
    const NodeId producer = graph.value(value).producer;
    if (producer == kNoNode) return false;
    const Node& maker = graph.node(producer);
    if (maker.op_type == "ReduceL2") return maker.inputs[0] == node.input(0);
    const bool leads_on = maker.op_type == "Sqrt" || maker.op_type == "Clip" || maker.op_type == "Max" ||
                          maker.op_type == "Add" || maker.op_type == "Expand" || maker.op_type == "Unsqueeze" ||
                          maker.op_type == "Reshape";
    if (maker.op_type == "ReduceSumSquare") return maker.inputs[0] == node.input(0);
    if (maker.op_type == "ReduceSum") {
      const NodeId square = graph.value(maker.inputs[0]).producer;
      return square != kNoNode && (graph.node(square).op_type == "Pow" || graph.node(square).op_type == "Mul") &&
             graph.node(square).inputs[0] == node.input(0);
    }
    if (!leads_on || maker.inputs.empty()) return false;
    const bool first_is_constant = graph.is_constant(maker.inputs[0]);
    value = first_is_constant && maker.inputs.size() > 1 ? maker.inputs[1] : maker.inputs[0];
  }
  return false;
}

Numbers divided(const NodeView& node, const Numbers& a, const Numbers& b) {
  const Interval range = product(a.range, inverse(b.range));
  if (node.is_constant(1)) return scaled(node, a, inverse(b.range));
  if (divides_by_length(node)) return node.unclear("makes vectors of length 1, as features have", range);
  if (a.form == Form::kReal && b.form == Form::kReal) return real(range);
  return node.unclear("divides", range);
}

Numbers raised_to(const NodeView& node, const Numbers& a, const Numbers& b) {
  const bool is_power = node.is_constant(1) && b.range.is_point();
  const Interval range = is_power ? power(a.range, b.range.low) : Interval{};
  if (is_power && b.range.low == 1) return a;
  if (a.form == Form::kReal && b.form == Form::kReal) return real(range);
  if (a.is_probability() && a.total == 1 && is_power && b.range.low > 0) {
    Numbers result = a;
    result.is_loose = true;
    if (a.form == Form::kDistribution) result.form = Form::kPart;
    return result;
  }
  return node.unclear("raises to a power", range);
}

// The largest or the smallest of two.
Numbers chosen(const NodeView& node, const Numbers& a, const Numbers& b, Interval range) {
  if (a.form == Form::kReal && b.form == Form::kReal) return real(range);
  if (a.is_probability() && b.is_probability() && a.total == b.total) {
    Numbers result = a;
    const bool is_independent = a.form == Form::kUnit || b.form == Form::kUnit;
    result.form = is_independent ? Form::kUnit : Form::kPart;
    result.is_loose = true;
    result.range = range;
    return result;
  }
  return node.unclear("chooses among numbers of different kinds", range);
}

}  // namespace

Numbers added(const NodeView& node, const Numbers& a, const Numbers& b) {
  const Interval range = sum(a.range, b.range);
  Numbers result = a;
  result.range = range;
  result.total = a.total + b.total;
  if (a.form == Form::kDistribution && b.form == Form::kDistribution && a.layout == b.layout) return result;
  const bool both_partial = (a.form == Form::kUnit || a.form == Form::kPart) && a.form == b.form;
  if (both_partial && !a.is_loose && !b.is_loose) return result;
  const bool a_is_logit = a.form == Form::kReal || a.form == Form::kLogDistribution;
  const bool b_is_logit = b.form == Form::kReal || b.form == Form::kLogDistribution;
  // The product of several distributions, before it is normalised.
  if (a_is_logit && b_is_logit) return real(range);
  return node.unclear("adds numbers of different kinds", range);
}

Numbers binary(const NodeView& node) {
  if (auto known = spelled_out(node)) return *known;
  if (!node.has(1)) return node.unclear("has an input that is missing");
  const Numbers& a = node.in(0);
  const Numbers& b = node.in(1);
  const bool a_is_constant = node.is_constant(0);
  const bool b_is_constant = node.is_constant(1);
  const std::size_t varying = a_is_constant ? 1 : 0;
  const bool is_spread = node.shape(varying).elements() != node.result().shape.elements();
  if ((a_is_constant || b_is_constant) && is_spread && node.in(varying).form != Form::kReal) {
    return node.unclear("spreads probabilities over more elements");
  }
  if (node.op() == "Add") {
    if (b_is_constant) return shifted(node, a, b.range);
    return a_is_constant ? shifted(node, b, a.range) : added(node, a, b);
  }
  if (node.op() == "Mul") {
    if (b_is_constant) return scaled(node, a, b.range);
    return a_is_constant ? scaled(node, b, a.range) : multiplied(node, a, b);
  }
  if (node.op() == "Sub") return subtracted(node, a, b);
  if (node.op() == "Div") return divided(node, a, b);
  return raised_to(node, a, b);
}

Numbers variadic(const NodeView& node) {
  const bool is_extreme = node.op() == "Max" || node.op() == "Min";
  std::optional<Numbers> result;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (!node.has(i)) return node.unclear("has an input that is missing");
    if (node.is_constant(i)) continue;
    if (!result) {
      result = node.in(i);
    } else if (is_extreme) {
      const Interval range =
          node.op() == "Max" ? larger(result->range, node.in(i).range) : smaller(result->range, node.in(i).range);
      result = chosen(node, *result, node.in(i), range);
    } else {
      result = added(node, *result, node.in(i));
    }
  }
  if (!result) return real();
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (!node.is_constant(i)) continue;
    const Interval constant = node.in(i).range;
    if (node.op() == "Max") {
      result = limited(node, *result, {constant.high, kInfinity});
      result->range.low = std::max(std::min(result->range.low, constant.high), constant.low);
    } else if (node.op() == "Min") {
      result = limited(node, *result, {-kInfinity, constant.low});
      result->range.high = std::min(std::max(result->range.high, constant.low), constant.high);
    } else {
      result = shifted(node, *result, constant);
    }
  }
  if (node.op() != "Mean") return *result;
  const double share = 1 / static_cast<double>(node.input_count());
  return scaled(node, *result, {share, share});
}

Numbers where(const NodeView& node) {
  if (!node.has(1) || !node.has(2)) return node.unclear("has an input that is missing");
  const auto as_probability = [&](std::size_t i, double total) {
    Numbers numbers = node.in(i);
    if (!node.is_constant(i) || !numbers.range.is_within(0, total)) return numbers;
    numbers = unit();
    numbers.form = Form::kPart;
    numbers.total = total;
    return numbers;
  };
  const double total =
      std::max(node.in(1).is_probability() ? node.in(1).total : 0, node.in(2).is_probability() ? node.in(2).total : 0);
  return chosen(node, as_probability(1, total), as_probability(2, total), hull(node.in(1).range, node.in(2).range));
}

}  // namespace kite
