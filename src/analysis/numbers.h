// SPDX-License-Identifier: Apache-2.0
// What kind of numbers each value of a graph holds: any real numbers, probabilities, their logarithms, class indices.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/interval.h"
#include "graph/graph.h"

namespace kite {

enum class Form : std::uint8_t {
  kReal,             // no more is known: features, logits
  kDistribution,     // not negative, and along the class axis they sum to `total`
  kPart,             // some classes of a distribution
  kUnit,             // each between 0 and `total` by itself
  kLogDistribution,  // logarithms of a distribution
  kLogUnit,          // logarithms of numbers between 0 and 1
  kIndex,            // a position among `classes`
  kUnclear,          // made from one of these by something that leaves none of them: see `reason`
};

// Where the class axis lies, in a way that outlives Reshape: the elements are [outer, count, inner], and the classes are
// counted by the one in the middle.
struct Layout {
  std::int64_t outer = 1;
  std::int64_t count = 1;
  std::int64_t inner = 1;
  [[nodiscard]] bool operator==(const Layout&) const noexcept = default;
};

struct Numbers {
  Form form = Form::kReal;
  bool is_loose = false;      // stays below `total`, perhaps always: adding such numbers says nothing of the sum
  bool is_quantised = false;  // stored as integers that stand for these numbers
  Layout layout{};            // of kDistribution, kLogDistribution and kPart
  double total = 1;           // what a certain class gets: 100 for per cent
  Interval range{};
  NodeId picker = kNoNode;  // TopK, ArgMax or ReduceMax: elements stand in the order of rank, not in that of classes
  std::int64_t classes = 0;
  NodeId cause = kNoNode;     // of kUnclear: where the meaning is lost
  std::string_view reason{};  // and how, as a clause; it outlives the graph

  [[nodiscard]] bool is_probability() const noexcept {
    return form == Form::kDistribution || form == Form::kPart || form == Form::kUnit;
  }
  [[nodiscard]] bool is_logarithm() const noexcept {
    return form == Form::kLogDistribution || form == Form::kLogUnit;
  }
};

// The axes [first, last) that a layout's class axis is in a tensor of this shape; dimensions of 1 around it are left
// out. nullopt where it is no run of axes.
struct AxisRange {
  int first = 0;
  int last = 0;
};
[[nodiscard]] std::optional<AxisRange> class_axes(const Shape& shape, const Layout& layout);

// The layout of the axes [first, last) of a shape.
[[nodiscard]] Layout layout_of(const Shape& shape, int first, int last);

// For each value of a typed graph by its id, in one sweep in the order of the nodes. Operators need not be known: one
// that is not treated leaves real numbers real and makes everything else kUnclear.
[[nodiscard]] std::vector<Numbers> follow_numbers(const Graph& graph);

}  // namespace kite
