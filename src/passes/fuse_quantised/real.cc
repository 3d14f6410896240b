// SPDX-License-Identifier: Apache-2.0
// Operators on 8-bit numbers that are faster as real numbers between DequantizeLinear and QuantizeLinear.
#include <cstring>
#include <string>
#include <utility>

#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/fuse_quantised/rules.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// So many products of two 8-bit numbers without their zero points sum up below 2^24: float32 holds every partial sum.
constexpr std::int64_t kExactProducts = 258;

std::optional<float> one_float(const Graph& graph, ValueId id) {
  if (!graph.is_constant(id) || dtype_of(graph, id) != DType::kFloat32 || shape_of(graph, id).elements() != 1)
    return std::nullopt;
  float value = 0;
  std::memcpy(&value, graph.value(id).constant->data, sizeof value);
  return value;
}

ValueId add_float(Graph& graph, std::string name, float value) {
  const double number = static_cast<double>(value);
  return add_float_constant(graph, std::move(name), DType::kFloat32, Shape{}, {&number, 1});
}

Result<ValueId> dequantised(Graph& graph, NodeId anchor, ValueId q, ValueId scale, ValueId zero) {
  Node node = make_node("DequantizeLinear", 13, {q, scale});
  if (zero != kNoValue) node.inputs.push_back(zero);
  return add_before(graph, anchor, std::move(node), graph.value(q).name + "_real");
}

Result<bool> replace_with_quantize(Graph& graph, NodeId id, ValueId real, ValueId scale, ValueId zero) {
  Node node = make_node("QuantizeLinear", 13, {real, scale});
  if (zero != kNoValue) node.inputs.push_back(zero);
  KITE_TRY(replace_node(graph, id, std::move(node)));
  return true;
}

}  // namespace

// Of two computed operands: the sums are whole numbers that float32 holds, so only the one division at the end rounds.
Result<bool> split_attention_product(Graph& graph, NodeId id) {
  const Node product = graph.node(id);
  const auto at = [&](std::size_t i) { return input_of(product, i); };
  const Shape& a = shape_of(graph, at(0));
  const auto a_scale = one_float(graph, at(1)), b_scale = one_float(graph, at(4)), y_scale = one_float(graph, at(6));
  const auto is_one = [&](ValueId zero) { return zero == kNoValue || shape_of(graph, zero).elements() == 1; };
  if (graph.is_constant(at(3)) || !a_scale || !b_scale || !y_scale || !is_one(at(2)) || !is_one(at(5)) ||
      a.rank() < 2 || a[a.rank() - 1] > kExactProducts) {
    return false;
  }
  const std::string name = graph.value(product.outputs[0]).name;
  const ValueId one = add_float(graph, name + "_one", 1);
  KITE_TRY_ASSIGN(const ValueId left, dequantised(graph, id, at(0), one, at(2)));
  KITE_TRY_ASSIGN(const ValueId right, dequantised(graph, id, at(3), one, at(5)));
  KITE_TRY_ASSIGN(const ValueId sums, add_before(graph, id, make_node("MatMul", 13, {left, right}), name + "_sums"));
  return replace_with_quantize(graph, id, sums, add_float(graph, name + "_scale", *y_scale / (*a_scale * *b_scale)),
                               at(7));
}

Result<bool> split_qlinear_softmax(Graph& graph, NodeId id) {
  const Node softmax = graph.node(id);
  const auto at = [&](std::size_t i) { return input_of(softmax, i); };
  if (!one_float(graph, at(1)) || !one_float(graph, at(3))) return false;
  KITE_TRY_ASSIGN(const ValueId x, dequantised(graph, id, at(0), at(1), at(2)));
  Node real = make_node("Softmax", softmax.attributes.get_int("opset", 13) < 13 ? 11 : 13, {x});
  real.attributes.set("axis", softmax.attributes.get_int("axis", -1));
  KITE_TRY_ASSIGN(const ValueId y,
                  add_before(graph, id, std::move(real), graph.value(softmax.outputs[0]).name + "_real"));
  return replace_with_quantize(graph, id, y, at(3), at(4));
}

}  // namespace kite
