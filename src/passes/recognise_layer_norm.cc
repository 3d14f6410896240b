// SPDX-License-Identifier: Apache-2.0
// Finds layer normalisation written out: d = x - mean(x); y = d / sqrt(mean(d^2) + epsilon), then scale and bias.
#include <algorithm>
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

struct LayerNorm {
  ValueId x = kNoValue;
  int axis = 0;  // the first normalised axis; all axes after it are normalised, too
  double epsilon = 0;
  NodeId last = kNoNode;  // its output is the result so far
  ValueId scale = kNoValue;
  ValueId bias = kNoValue;
};

// The first axis of a mean over all trailing axes that keeps its dimensions.
std::optional<int> trailing_mean_axis(const Graph& graph, NodeId id) {
  const Node& mean = graph.node(id);
  if (mean.attributes.get_int("keepdims", 1) == 0) return std::nullopt;
  const auto axes = reduction_axes(graph, mean);
  if (!axes || axes->empty()) return std::nullopt;
  const int rank = shape_of(graph, mean.inputs[0]).rank();
  for (std::size_t i = 0; i < axes->size(); ++i) {
    if ((*axes)[i] != rank - static_cast<int>(axes->size() - i)) return std::nullopt;
  }
  return axes->front();
}

// Whether `id` is x - mean(x). Sets x and axis or, when x is known already, compares with them.
bool is_centred(const Graph& graph, ValueId id, LayerNorm& norm) {
  const NodeId sub_id = producer_of(graph, id, "Sub");
  if (sub_id == kNoNode) return false;
  const Node& sub = graph.node(sub_id);
  const NodeId mean_id = producer_of(graph, sub.inputs[1], "ReduceMean");
  if (mean_id == kNoNode || graph.node(mean_id).inputs[0] != sub.inputs[0]) return false;
  const auto axis = trailing_mean_axis(graph, mean_id);
  if (!axis || (norm.x != kNoValue && (norm.x != sub.inputs[0] || norm.axis != *axis))) return false;
  norm.x = sub.inputs[0];
  norm.axis = *axis;
  return true;
}

// d of d^2, as Pow(d, 2) or Mul(d, d).
ValueId squared(const Graph& graph, ValueId id) {
  if (const NodeId pow = producer_of(graph, id, "Pow"); pow != kNoNode) {
    const auto two = scalar_constant(graph, graph.node(pow).inputs[1]);
    return two && *two == 2 ? graph.node(pow).inputs[0] : kNoValue;
  }
  const NodeId mul = producer_of(graph, id, "Mul");
  if (mul == kNoNode || graph.node(mul).inputs[0] != graph.node(mul).inputs[1]) return kNoValue;
  return graph.node(mul).inputs[0];
}

// sqrt(mean(d^2) + epsilon): fills in x, axis and epsilon.
bool is_deviation(const Graph& graph, const Node& sqrt, LayerNorm& norm) {
  const NodeId add_id = producer_of(graph, sqrt.inputs[0], "Add");
  if (add_id == kNoNode) return false;
  const Node& add = graph.node(add_id);
  for (const std::size_t constant : {std::size_t{1}, std::size_t{0}}) {
    const auto epsilon = scalar_constant(graph, add.inputs[constant]);
    const NodeId mean_id = producer_of(graph, add.inputs[1 - constant], "ReduceMean");
    if (!epsilon || mean_id == kNoNode) continue;
    norm.epsilon = *epsilon;
    const auto axis = trailing_mean_axis(graph, mean_id);
    const ValueId centred = squared(graph, graph.node(mean_id).inputs[0]);
    if (axis && centred != kNoValue && is_centred(graph, centred, norm)) return *axis == norm.axis;
  }
  return false;
}

// The Div of x - mean(x) by the deviation.
bool find_division(const Graph& graph, ValueId deviation, LayerNorm& norm) {
  norm.last = sole_reader(graph, deviation);
  if (norm.last == kNoNode) return false;
  const Node& node = graph.node(norm.last);
  return is_op(node, "Div") && node.inputs[1] == deviation && is_centred(graph, node.inputs[0], norm);
}

// A constant of exactly the normalised dimensions, maybe with leading ones: scale or bias.
ValueId trailing_constant(Graph& graph, ValueId id, const LayerNorm& norm) {
  if (id == kNoValue || !graph.is_constant(id)) return kNoValue;
  const auto dims = shape_of(graph, norm.x).dims().subspan(static_cast<std::size_t>(norm.axis));
  const auto own = shape_of(graph, id).dims();
  if (own.size() < dims.size() || own.size() > shape_of(graph, norm.x).dims().size()) return kNoValue;
  const auto extra = own.size() - dims.size();
  if (!std::ranges::equal(own.subspan(extra), dims) ||
      std::ranges::any_of(own.first(extra), [](std::int64_t dim) { return dim != 1; })) {
    return kNoValue;
  }
  const auto shape = Shape::make(dims);
  return shape.ok() ? constant_as(graph, id, *shape) : kNoValue;
}

// Adds the product or sum that is the only reader of the result so far.
ValueId take_in(Graph& graph, std::string_view op_type, LayerNorm& norm) {
  const ValueId result = graph.node(norm.last).outputs[0];
  const NodeId reader = sole_reader(graph, result);
  if (reader == kNoNode || !is_op(graph.node(reader), op_type)) return kNoValue;
  const ValueId constant = trailing_constant(graph, other_input(graph.node(reader), result), norm);
  if (constant != kNoValue) norm.last = reader;
  return constant;
}

ValueId ones(Graph& graph, const LayerNorm& norm) {
  const auto shape = Shape::make(shape_of(graph, norm.x).dims().subspan(static_cast<std::size_t>(norm.axis)));
  // The dimensions are the input's, which no file need hold.
  if (!shape.ok() || !may_copy(graph, shape->elements() * static_cast<std::int64_t>(sizeof(double)))) return kNoValue;
  const std::vector<double> values(static_cast<std::size_t>(shape->elements()), 1.0);
  return add_float_constant(graph, graph.value(norm.x).name + "_scale", dtype_of(graph, norm.x), *shape, values);
}

Result<bool> rewrite_layer_norm(Graph& graph, NodeId sqrt_id) {
  LayerNorm norm;
  const Node& sqrt = graph.node(sqrt_id);
  if (!is_deviation(graph, sqrt, norm) || !find_division(graph, sqrt.outputs[0], norm)) return false;
  norm.scale = take_in(graph, "Mul", norm);
  norm.bias = take_in(graph, "Add", norm);
  if (norm.scale == kNoValue) norm.scale = ones(graph, norm);
  if (norm.scale == kNoValue) return false;
  Node node = make_node("LayerNormalization", 17, {norm.x, norm.scale});
  if (norm.bias != kNoValue) node.inputs.push_back(norm.bias);
  node.attributes.set("axis", std::int64_t{norm.axis});
  node.attributes.set("epsilon", static_cast<float>(norm.epsilon));
  KITE_TRY(replace_node(graph, norm.last, std::move(node)));
  return true;
}

}  // namespace

Result<int> recognise_layer_norm(Graph& graph) {
  int found = 0;
  for (const NodeId id : graph.order()) {
    if (!is_op(graph.node(id), "Sqrt")) continue;
    KITE_TRY_ASSIGN(const bool done, rewrite_layer_norm(graph, id));
    found += done ? 1 : 0;
  }
  if (found != 0) remove_dead_nodes(graph);
  return found;
}

}  // namespace kite
