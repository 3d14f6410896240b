// SPDX-License-Identifier: Apache-2.0
// Views: a value that only moves elements of another, as an offset and strides into that one. A step that reads views
// needs no copy of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace kite {

// The element at `index` lies at first + sum of index[i] * strides[i] in the memory of `root`, in elements.
struct View {
  ValueId root = kNoValue;
  std::int64_t first = 0;
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> strides;
  // The elements are those of the root times this.
  double factor = 1;
  // What stands between the root and the value, in the order of the graph.
  std::vector<NodeId> nodes;
};

// The value itself: dense, no nodes.
[[nodiscard]] View whole_view(const Graph& graph, ValueId id);

// `id` as a view of the value that lies furthest behind Transpose, Reshape, Slice, Split, Gather of one index, and,
// where `takes_factor`, one Mul by a constant number.
[[nodiscard]] View view_of(const Graph& graph, ValueId id, bool takes_factor);

// The strides of the same elements in the same order under other dims; nullopt where strides cannot express it.
[[nodiscard]] std::optional<std::vector<std::int64_t>> reshaped_strides(std::span<const std::int64_t> dims,
                                                                        std::span<const std::int64_t> strides,
                                                                        std::span<const std::int64_t> to);

}  // namespace kite
