// SPDX-License-Identifier: Apache-2.0
// Writes an Einsum of two operands as a product of matrices, or as an elementwise product where no index is summed.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/decompose/decompose.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// The indices of one operand or of the output, a character each.
using Indices = std::string;

bool has(const Indices& indices, char index) { return indices.find(index) != Indices::npos; }

bool has_twice(const Indices& indices) {
  return std::ranges::any_of(indices, [&](char index) { return std::ranges::count(indices, index) > 1; });
}

// The text of one term without spaces, its ellipsis as digits for `rank` axes in all: "...ij" of rank 4 is "10ij".
// An ellipsis counts from the last axis, so that it lines up with those of other operands. -1: as many as `dots`.
std::optional<Indices> indices_of(std::string_view text, int rank, int& dots) {
  Indices indices(text);
  std::erase(indices, ' ');
  if (const auto at = indices.find("..."); at != Indices::npos) {
    if (rank >= 0) dots = rank - (static_cast<int>(indices.size()) - 3);
    if (dots < 0 || dots > 9) return std::nullopt;
    Indices digits;
    for (int i = dots; i-- > 0;) digits += static_cast<char>('0' + i);
    indices.replace(at, 3, digits);
  }
  if (rank >= 0 && static_cast<int>(indices.size()) != rank) return std::nullopt;
  return indices;
}

struct Equation {
  Indices left, right, output;
};

// Of an equation that Einsum's infer() accepted; nothing where an operand repeats an index.
std::optional<Equation> parse(std::string_view text, const Shape& a, const Shape& b) {
  const auto arrow = text.find("->"), comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  int left_dots = 0, right_dots = 0;
  const auto left = indices_of(text.substr(0, comma), a.rank(), left_dots);
  const auto right = indices_of(text.substr(comma + 1, arrow - std::min(arrow, comma + 1)), b.rank(), right_dots);
  if (!left || !right || has_twice(*left) || has_twice(*right)) return std::nullopt;
  int dots = std::max(left_dots, right_dots);
  if (arrow != std::string_view::npos) {
    const auto output = indices_of(text.substr(arrow + 2), -1, dots);
    return output ? std::optional(Equation{*left, *right, *output}) : std::nullopt;
  }
  Indices output;
  for (int i = dots; i-- > 0;) output += static_cast<char>('0' + i);
  for (int c = 'A'; c <= 'z'; ++c) {
    const char index = static_cast<char>(c);
    if (std::isalpha(c) != 0 && has(*left, index) != has(*right, index)) output += index;
  }
  return Equation{*left, *right, output};
}

std::int64_t size_of(const Indices& indices, const Shape& shape, char index) {
  return shape[static_cast<int>(indices.find(index))];
}

std::vector<int> order(const Indices& from, const Indices& to) {
  std::vector<int> perm;
  for (const char index : to) perm.push_back(static_cast<int>(from.find(index)));
  return perm;
}

// One operand with its shape.
struct Operand {
  ValueId value;
  Indices indices;
  Shape shape;

  [[nodiscard]] std::int64_t elements(const Indices& of) const {
    std::int64_t count = 1;
    for (const char index : of) count *= size_of(indices, shape, index);
    return count;
  }
};

// The operand with the dimensions of `batch` and then the indices of each group as one dimension.
Result<ValueId> arranged(Substitution& made, const Operand& operand, const Indices& batch, const Indices& rows,
                         const Indices& columns) {
  KITE_TRY_ASSIGN(const ValueId moved, made.transpose(operand.value, order(operand.indices, batch + rows + columns)));
  std::vector<std::int64_t> dims;
  for (const char index : batch) dims.push_back(size_of(operand.indices, operand.shape, index));
  dims.push_back(operand.elements(rows));
  dims.push_back(operand.elements(columns));
  return made.reshape(moved, dims);
}

// The operand in the order of the output, with dimensions of 1 for the indices that it lacks.
Result<ValueId> spread(Substitution& made, const Operand& operand, const Indices& output) {
  Indices own;
  std::vector<std::int64_t> dims;
  for (const char index : output) {
    dims.push_back(has(operand.indices, index) ? size_of(operand.indices, operand.shape, index) : 1);
    if (has(operand.indices, index)) own += index;
  }
  KITE_TRY_ASSIGN(const ValueId moved, made.transpose(operand.value, order(operand.indices, own)));
  return made.reshape(moved, dims);
}

}  // namespace

Result<bool> decompose_einsum(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.inputs.size() != 2) return false;
  const auto equation = parse(node.attributes.get_string("equation", ""), shape_of(graph, node.inputs[0]),
                              shape_of(graph, node.inputs[1]));
  if (!equation) return false;
  Operand a{node.inputs[0], equation->left, shape_of(graph, node.inputs[0])};
  Operand b{node.inputs[1], equation->right, shape_of(graph, node.inputs[1])};
  // A constant matrix belongs on the right, where it is packed once.
  if (graph.is_constant(a.value) && !graph.is_constant(b.value)) std::swap(a, b);
  Indices batch, summed, rows, columns;
  for (const char index : a.indices) {
    const bool is_shared = has(b.indices, index), is_kept = has(equation->output, index);
    if (!is_shared && !is_kept) return false;  // summed in one operand alone
    if (is_shared && size_of(a.indices, a.shape, index) != size_of(b.indices, b.shape, index)) return false;
    (!is_shared ? rows : is_kept ? batch : summed) += index;
  }
  for (const char index : b.indices) {
    if (has(a.indices, index)) continue;
    if (!has(equation->output, index)) return false;
    columns += index;
  }
  if (batch.size() + 2 > static_cast<std::size_t>(kMaxRank) || a.shape.elements() == 0 || b.shape.elements() == 0) {
    return false;
  }
  Substitution made(graph, id);
  if (summed.empty()) {
    KITE_TRY_ASSIGN(const ValueId left, spread(made, a, equation->output));
    KITE_TRY_ASSIGN(const ValueId right, spread(made, b, equation->output));
    KITE_TRY_ASSIGN(const ValueId y, made.add("Mul", 14, {left, right}));
    KITE_TRY(made.finish(y));
    return true;
  }
  KITE_TRY_ASSIGN(const ValueId left, arranged(made, a, batch, rows, summed));
  KITE_TRY_ASSIGN(const ValueId right, arranged(made, b, batch, summed, columns));
  KITE_TRY_ASSIGN(ValueId y, made.add("MatMul", 13, {left, right}));
  std::vector<std::int64_t> dims;
  for (const char index : batch + rows) dims.push_back(size_of(a.indices, a.shape, index));
  for (const char index : columns) dims.push_back(size_of(b.indices, b.shape, index));
  KITE_TRY_ASSIGN(y, made.reshape(y, dims));
  KITE_TRY_ASSIGN(y, made.transpose(y, order(batch + rows + columns, equation->output)));
  KITE_TRY(made.finish(y));
  return true;
}

}  // namespace kite
