// SPDX-License-Identifier: Apache-2.0
// Dynamic quantisation: an integer product, its Cast to float32, the product with both scales, and the bias become one
// node. ONNX Runtime's quantiser writes them so, scale_a * scale_b apart.
#include <utility>

#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/fuse_quantised/rules.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// float32(y) * (x_scale * w_scale), then + bias.
struct Scaling {
  NodeId last = kNoNode;  // the node that makes the result
  ValueId x_scale = kNoValue, w_scale = kNoValue, bias = kNoValue;
};

bool is_float_constant(const Graph& graph, ValueId id) {
  return graph.is_constant(id) && dtype_of(graph, id) == DType::kFloat32;
}

// The one number of x in either place, the constants of w in the other.
bool read_scales(const Graph& graph, ValueId product, Scaling& scaling) {
  const NodeId mul = producer_of(graph, product, "Mul");
  if (mul == kNoNode) return false;
  const auto& inputs = graph.node(mul).inputs;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    scaling.x_scale = inputs[i];
    scaling.w_scale = inputs[1 - i];
    if (is_float_constant(graph, scaling.w_scale) && dtype_of(graph, scaling.x_scale) == DType::kFloat32 &&
        shape_of(graph, scaling.x_scale).elements() == 1 && !graph.is_constant(scaling.x_scale)) {
      return true;
    }
  }
  return false;
}

// `shape` without leading and trailing ones is [channels] at the axis that is `axis` of `rank`; or it is one number.
bool lies_along(const Shape& shape, std::int64_t channels, int axis, int rank) {
  if (shape.elements() == 1) return shape.rank() <= rank;
  const int own = axis - (rank - shape.rank());
  return shape.rank() <= rank && own >= 0 && shape.elements() == channels && shape[own] == channels;
}

std::optional<Scaling> find_scaling(const Graph& graph, NodeId product, int axis) {
  const ValueId y = graph.node(product).outputs[0];
  const Shape& shape = shape_of(graph, y);
  const int along = axis < 0 ? axis + shape.rank() : axis;
  Scaling scaling;
  const NodeId cast = sole_reader(graph, y);
  if (cast == kNoNode || !is_op(graph.node(cast), "Cast")) return std::nullopt;
  const ValueId real = graph.node(cast).outputs[0];
  if (dtype_of(graph, real) != DType::kFloat32) return std::nullopt;
  scaling.last = sole_reader(graph, real);
  if (scaling.last == kNoNode || !is_op(graph.node(scaling.last), "Mul")) return std::nullopt;
  if (!read_scales(graph, other_input(graph.node(scaling.last), real), scaling)) return std::nullopt;
  const ValueId scaled = graph.node(scaling.last).outputs[0];
  if (!lies_along(shape_of(graph, scaling.w_scale), shape[along], along, shape.rank()) ||
      shape_of(graph, scaled) != shape) {
    return std::nullopt;
  }
  const NodeId add = sole_reader(graph, scaled);
  if (add == kNoNode || !is_op(graph.node(add), "Add")) return scaling;
  const ValueId bias = other_input(graph.node(add), scaled);
  if (bias == kNoValue || !is_float_constant(graph, bias) || shape_of(graph, bias).elements() != shape[along] ||
      !lies_along(shape_of(graph, bias), shape[along], along, shape.rank()) ||
      shape_of(graph, graph.node(add).outputs[0]) != shape) {
    return scaling;
  }
  scaling.last = add;
  scaling.bias = bias;
  return scaling;
}

ValueId as_vector(Graph& graph, ValueId id) {
  return id == kNoValue ? id : constant_as(graph, id, Shape{shape_of(graph, id).elements()});
}

}  // namespace

Result<bool> fuse_dynamic(Graph& graph, NodeId id) {
  const Node product = graph.node(id);
  const bool is_conv = product.op_type == "ConvInteger";
  const auto at = [&](std::size_t i) { return input_of(product, i); };
  if (!graph.is_constant(at(1)) || shape_of(graph, at(0)).rank() < 2) return false;
  if (at(2) != kNoValue && shape_of(graph, at(2)).elements() != 1) return false;
  const auto scaling = find_scaling(graph, id, is_conv ? 1 : -1);
  if (!scaling) return false;
  if (is_conv) {
    if (shape_of(graph, at(0)).rank() != 4 || shape_of(graph, at(1)).rank() != 4) return false;
    return replace_with_qconv(graph, scaling->last, product,
                              {.x = at(0),
                               .x_scale = scaling->x_scale,
                               .x_zero = at(2),
                               .w = at(1),
                               .w_scale = as_vector(graph, scaling->w_scale),
                               .w_zero = at(3),
                               .bias = as_vector(graph, scaling->bias)});
  }
  if (shape_of(graph, at(1)).rank() != 2) return false;
  Node node = make_node("MatMulIntegerToFloat", 1,
                        {at(0), at(1), scaling->x_scale, as_vector(graph, scaling->w_scale), at(2), at(3),
                         as_vector(graph, scaling->bias)});
  node.domain = "com.microsoft";
  node.name = product.name;
  KITE_TRY(replace_node(graph, scaling->last, std::move(node)));
  return true;
}

// DynamicQuantizeLinear, then MatMulIntegerToFloat: the same numbers, and a kernel for each.
Result<bool> split_dynamic_product(Graph& graph, NodeId id) {
  const Node product = graph.node(id);
  const auto at = [&](std::size_t i) { return input_of(product, i); };
  if (!graph.is_constant(at(1)) || dtype_of(graph, at(0)) != DType::kFloat32) return false;
  const std::string name = graph.value(at(0)).name;
  Node quantize = make_node("DynamicQuantizeLinear", 11, {at(0)});
  for (const char* part : {"_quantized", "_scale", "_zero_point"})
    quantize.outputs.push_back(graph.add_value(name + part));
  const std::vector<ValueId> made = quantize.outputs;
  KITE_TRY(infer_node(graph, graph.insert_before(id, std::move(quantize))));
  Node node = make_node("MatMulIntegerToFloat", 1, {made[0], at(1), made[1], at(2), made[2], at(3), at(4)});
  node.domain = "com.microsoft";
  node.name = product.name;
  KITE_TRY(replace_node(graph, id, std::move(node)));
  return true;
}

}  // namespace kite
