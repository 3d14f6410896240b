// SPDX-License-Identifier: Apache-2.0
// Writes Attention as two products with a Softmax between them: the form in which exporters wrote it before opset 23.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "ops/attention.h"
#include "ops/broadcast.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/decompose/decompose.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr double kHidden = -std::numeric_limits<double>::infinity();

// Whether only Y is wanted, of Q, K, V and a mask alone.
bool is_plain(const Graph& graph, const Node& node) {
  for (std::size_t i = 4; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue) return false;
  }
  for (std::size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue && graph.use_count(node.outputs[i]) != 0) return false;
  }
  return !node.outputs.empty() && node.outputs[0] != kNoValue;
}

std::vector<double> mask_numbers(const TensorView& mask) {
  if (mask.type.dtype != DType::kBool) return read_doubles(mask);
  std::vector<double> numbers;
  for (const std::byte byte : mask.bytes()) numbers.push_back(byte == std::byte{0} ? kHidden : 0);
  return numbers;
}

// Mask and positions as one constant that is added to the scores. Nothing where a query sees no key, since Softmax has
// no answer for it, or where the mask is shorter than the keys.
std::optional<ValueId> constant_bias(Graph& graph, const Node& node, const AttentionGeometry& g) {
  const ValueId mask = input_of(node, 3);
  const Shape mask_shape = mask == kNoValue ? Shape() : shape_of(graph, mask);
  const auto positions = Shape::make(std::array{g.q.length, g.total});
  if (!positions.ok()) return std::nullopt;
  const auto shape = g.hides_by_position() ? broadcast_shapes(mask_shape, *positions) : Result<Shape>(mask_shape);
  if (!shape.ok() || shape->rank() < 1 || shape->elements() == 0 ||
      (mask_shape.rank() > 0 && mask_shape[mask_shape.rank() - 1] != g.total) ||
      !may_copy(graph, shape->elements() * static_cast<std::int64_t>(sizeof(float)))) {
    return std::nullopt;
  }
  const std::vector<double> given =
      mask == kNoValue ? std::vector<double>{0} : mask_numbers(*graph.value(mask).constant);
  std::vector<double> bias(static_cast<std::size_t>(shape->elements()));
  const Broadcast<1> walk(*shape, {mask_shape});
  walk.for_each_row({0, shape->elements()}, [&](const BroadcastRow<1>& row) {
    for (std::int64_t i = 0; i < row.count; ++i) {
      const std::int64_t at = row.out + i;
      const bool is_seen = !g.hides_by_position() || g.sees(at / g.total % g.q.length, at % g.total);
      bias[static_cast<std::size_t>(at)] =
          is_seen ? given[static_cast<std::size_t>(row.in[0] + i * row.step[0])] : kHidden;
    }
  });
  for (auto query = bias.begin(); query != bias.end(); query += g.total) {
    if (std::all_of(query, query + g.total, [](double b) { return b == kHidden; })) return std::nullopt;
  }
  return add_float_constant(graph, graph.value(node.outputs[0]).name + "_bias", dtype_of(graph, node.inputs[0]), *shape,
                            bias);
}

// What is added to the scores, and which queries see no key.
struct Bias {
  ValueId added = kNoValue;
  ValueId sees_none = kNoValue;  // left out where it is known that each sees one
};

// Of a mask that is known only at run time.
Result<Bias> runtime_bias(Graph& graph, Substitution& made, ValueId mask, ValueId like) {
  Bias found{mask, kNoValue};
  const ValueId hidden = made.number(kHidden, like);
  if (dtype_of(graph, mask) == DType::kBool) {
    KITE_TRY_ASSIGN(found.added, made.add("Where", 16, {mask, made.number(0, like), hidden}));
  }
  Node largest = make_node("ReduceMax", 13, {found.added});
  largest.attributes.set("axes", std::vector<std::int64_t>{shape_of(graph, found.added).rank() - 1});
  KITE_TRY_ASSIGN(const ValueId most, made.add(std::move(largest)));
  KITE_TRY_ASSIGN(found.sees_none, made.add("Equal", 13, {most, hidden}));
  return found;
}

// [batch, heads, length, size] of an operand, or with the last two axes exchanged.
Result<ValueId> heads_of(Graph& graph, Substitution& made, ValueId value, const HeadLayout& layout, bool exchanged) {
  const std::int64_t batch = shape_of(graph, value)[0];
  if (shape_of(graph, value).rank() == 4) {
    return exchanged ? made.transpose(value, {0, 1, 3, 2}) : Result<ValueId>(value);
  }
  KITE_TRY_ASSIGN(const ValueId split,
                  made.reshape(value, std::array{batch, layout.length, layout.heads, layout.size}));
  return made.transpose(split, exchanged ? std::vector{0, 2, 3, 1} : std::vector{0, 2, 1, 3});
}

// left x right, where each head of `right` serves several neighbouring ones of `left`: their rows follow each other.
Result<ValueId> product(Graph& graph, Substitution& made, ValueId left, ValueId right) {
  const Shape a = shape_of(graph, left), b = shape_of(graph, right);
  if (a[1] == b[1]) return made.add("MatMul", 13, {left, right});
  KITE_TRY_ASSIGN(const ValueId rows, made.reshape(left, std::array{a[0], b[1], a[1] / b[1] * a[2], a[3]}));
  KITE_TRY_ASSIGN(const ValueId result, made.add("MatMul", 13, {rows, right}));
  return made.reshape(result, std::array{a[0], a[1], a[2], b[3]});
}

// softcap * tanh(scores / softcap)
Result<ValueId> capped(Substitution& made, ValueId scores, double softcap) {
  KITE_TRY_ASSIGN(const ValueId small, made.add("Mul", 14, {scores, made.number(1 / softcap, scores)}));
  KITE_TRY_ASSIGN(const ValueId tanh, made.add("Tanh", 13, {small}));
  return made.add("Mul", 14, {tanh, made.number(softcap, scores)});
}

// softmax(q k + bias) v, of rank 4.
Result<ValueId> attended(Graph& graph, Substitution& made, const AttentionGeometry& g,
                         const std::array<ValueId, 3>& operands, const Bias& bias) {
  KITE_TRY_ASSIGN(ValueId q, heads_of(graph, made, operands[0], g.q, false));
  KITE_TRY_ASSIGN(const ValueId k, heads_of(graph, made, operands[1], g.k, true));
  KITE_TRY_ASSIGN(const ValueId v, heads_of(graph, made, operands[2], g.v, false));
  if (g.scale != 1) {
    KITE_TRY_ASSIGN(q, made.add("Mul", 14, {q, made.number(g.scale, q)}));
  }
  KITE_TRY_ASSIGN(ValueId scores, product(graph, made, q, k));
  if (g.softcap > 0) {
    KITE_TRY_ASSIGN(scores, capped(made, scores, g.softcap));
  }
  if (bias.added != kNoValue) {
    KITE_TRY_ASSIGN(scores, made.add("Add", 14, {scores, bias.added}));
  }
  KITE_TRY_ASSIGN(const ValueId weights, made.add("Softmax", 13, {scores}));
  KITE_TRY_ASSIGN(const ValueId y, product(graph, made, weights, v));
  if (bias.sees_none == kNoValue) return y;
  return made.add("Where", 16, {bias.sees_none, made.number(0, q), y});
}

}  // namespace

Result<bool> decompose_attention(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_plain(graph, node)) return false;
  const std::array operands{node.inputs[0], node.inputs[1], node.inputs[2]};
  const Shape& x = shape_of(graph, operands[0]);
  const AttentionGeometry g =
      attention_geometry(node.attributes, x, shape_of(graph, operands[1]), shape_of(graph, operands[2]), nullptr);
  if (g.total == 0 || x.elements() == 0) return false;
  const ValueId mask = input_of(node, 3);
  Substitution made(graph, id);
  Bias bias;
  if (mask != kNoValue && !graph.is_constant(mask)) {
    const Shape& shape = shape_of(graph, mask);
    if (g.hides_by_position() || shape[shape.rank() - 1] != g.total) return false;
    KITE_TRY_ASSIGN(bias, runtime_bias(graph, made, mask, operands[0]));
  } else if (mask != kNoValue || g.hides_by_position()) {
    const auto constant = constant_bias(graph, node, g);
    if (!constant) return false;
    bias.added = *constant;
  }
  KITE_TRY_ASSIGN(ValueId y, attended(graph, made, g, operands, bias));
  if (x.rank() == 3) {
    KITE_TRY_ASSIGN(y, made.transpose(y, {0, 2, 1, 3}));
    KITE_TRY_ASSIGN(y, made.reshape(y, std::array{g.batch, g.q.length, g.q.heads * g.v.size}));
  }
  KITE_TRY(made.finish(y));
  return true;
}

}  // namespace kite
