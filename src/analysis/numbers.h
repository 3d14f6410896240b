// SPDX-License-Identifier: Apache-2.0
// The kind of numbers that each value of a graph holds: any real numbers, probabilities,
// their logarithms, class indices.
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
  kReal,             // nothing more is known: features, logits
  kDistribution,     // not negative, and their sum along the class axis is `total`
  kPart,             // some classes of a distribution
  kUnit,             // each is between 0 and `total`, independently of the others
  kLogDistribution,  // logarithms of a distribution
  kLogUnit,          // logarithms of numbers between 0 and 1
  kIndex,            // a position among `classes`
  kUnclear,          // computed from one of these kinds, but it is no longer any of them: see `reason`
};

// Where the class axis is, in a form that a Reshape does not change: the elements are [outer, count, inner], and the
// axis in the middle counts the classes.
struct Layout {
  std::int64_t outer = 1;
  std::int64_t count = 1;
  std::int64_t inner = 1;
  [[nodiscard]] bool operator==(const Layout&) const noexcept = default;
};

struct Numbers {
  Form form = Form::kReal;
  bool is_loose = false;      // `total` is only an upper limit, perhaps never reached: nothing is known about sums
  bool is_quantised = false;  // stored as integers that represent these numbers
  Layout layout{};            // of kDistribution, kLogDistribution and kPart
  double total = 1;           // the number of a class that is certain: 100 for per cent
  Interval range{};
  NodeId picker = kNoNode;  // TopK, ArgMax or ReduceMax: elements are in the order of rank, not in the order of classes
  std::int64_t classes = 0;
  NodeId cause = kNoNode;     // of kUnclear: the node at which the numbers lose their meaning
  std::string_view reason{};  // how they lose it, as a clause; the text outlives the graph

  [[nodiscard]] bool is_probability() const noexcept {
    return form == Form::kDistribution || form == Form::kPart || form == Form::kUnit;
  }
  [[nodiscard]] bool is_logarithm() const noexcept { return form == Form::kLogDistribution || form == Form::kLogUnit; }
};

// The axes [first, last) of a tensor of this shape that form the layout's class axis, without dimensions of 1 around
// it. nullopt where the class axis is not a sequence of whole axes.
struct AxisRange {
  int first = 0;
  int last = 0;
};
[[nodiscard]] std::optional<AxisRange> class_axes(const Shape& shape, const Layout& layout);

// The layout of the axes [first, last) of a shape.
[[nodiscard]] Layout layout_of(const Shape& shape, int first, int last);

// The kind of each value of a typed graph, by its id, found in one sweep in the order of the nodes. Operators need not
// be known: the results of an operator without a rule are real numbers where its inputs are, and else kUnclear.
[[nodiscard]] std::vector<Numbers> follow_numbers(const Graph& graph);

}  // namespace kite
