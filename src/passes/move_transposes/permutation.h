// SPDX-License-Identifier: Apache-2.0
// Permutations of axes: out.dim[i] = in.dim[perm[i]], as Transpose has it.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

using Perm = std::vector<int>;

// A value that is Transpose(source, perm).
struct Transposed {
  ValueId source = kNoValue;
  Perm perm;
};
[[nodiscard]] std::optional<Transposed> as_transposed(const Graph& graph, ValueId id);

[[nodiscard]] bool is_identity(const Perm& perm);
[[nodiscard]] Perm inverse(const Perm& perm);
// The one Transpose that does Transpose(first) and then Transpose(second).
[[nodiscard]] Perm composed(const Perm& first, const Perm& second);
// Whether transposing `shape` by `perm` moves no element, only dimensions of size 1, so that it is a Reshape.
[[nodiscard]] bool moves_only_units(const Shape& shape, const Perm& perm);
[[nodiscard]] Result<Shape> permuted_shape(const Shape& shape, const Perm& perm);

}  // namespace kite
