// SPDX-License-Identifier: Apache-2.0
// Arithmetic on axis permutations.
#include "passes/move_transposes/permutation.h"

#include <cstdint>

#include "passes/forms.h"
#include "passes/match.h"

namespace kite {

std::optional<Transposed> as_transposed(const Graph& graph, ValueId id) {
  const NodeId producer = producer_of(graph, id, "Transpose");
  if (producer == kNoNode) return std::nullopt;
  return Transposed{graph.node(producer).inputs[0], permutation(graph, graph.node(producer))};
}

bool is_identity(const Perm& perm) {
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<int>(i)) return false;
  }
  return true;
}

Perm inverse(const Perm& perm) {
  Perm result(perm.size());
  for (std::size_t i = 0; i < perm.size(); ++i) result[static_cast<std::size_t>(perm[i])] = static_cast<int>(i);
  return result;
}

Perm composed(const Perm& first, const Perm& second) {
  Perm result;
  for (const int axis : second) result.push_back(first[static_cast<std::size_t>(axis)]);
  return result;
}

bool moves_only_units(const Shape& shape, const Perm& perm) {
  int last = -1;
  for (const int axis : perm) {
    if (shape[axis] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

Result<Shape> permuted_shape(const Shape& shape, const Perm& perm) {
  std::vector<std::int64_t> dims;
  for (const int axis : perm) dims.push_back(shape[axis]);
  return Shape::make(dims);
}

}  // namespace kite
