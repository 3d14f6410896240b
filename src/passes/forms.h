// SPDX-License-Identifier: Apache-2.0
// Reads what a node means, independent of its opset: several numbers were attributes in older opsets
// and are inputs now.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/graph.h"
#include "tensor/activation.h"

namespace kite {

// Each returns nullopt when the numbers are only known at run time, or when the returned form cannot express the node.

// The opset in which passes write a reduction that has a kernel, with its axes as an attribute; 0 for other nodes.
[[nodiscard]] int reduction_opset(const Node& node);

// Axes of a reduction (attribute before opset 18, 13 for ReduceSum, input since), non-negative and ascending. No axes
// means all, or none with noop_with_empty_axes.
[[nodiscard]] std::optional<std::vector<int>> reduction_axes(const Graph& graph, const Node& node);

// Limits of a Clip (attributes before opset 11). A missing limit is the largest or the lowest finite number of the
// input's type, as the operator defines it: Clip turns infinity into that number.
struct ClipLimits {
  double low = 0;
  double high = 0;
};
[[nodiscard]] std::optional<ClipLimits> clip_limits(const Graph& graph, const Node& node);

// The activation that a node computes, with its parameters. Nullopt for other operators, for the approximation of Gelu
// by tanh, which is a different function, and for a Celu whose alpha is not positive, which grows like e^|x| below 0.
[[nodiscard]] std::optional<ActivationForm> activation_form(const Graph& graph, const Node& node);

// Pads of a constant-mode Pad for every axis of input 0, and the value that fills them.
struct PadAmounts {
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> end;
  double value = 0;
};
[[nodiscard]] std::optional<PadAmounts> pad_amounts(const Graph& graph, const Node& node);

// `axis` counted from the front.
[[nodiscard]] int from_front(std::int64_t axis, int rank);

// The permutation of a Transpose; the reverse order of axes when the node states none.
[[nodiscard]] std::vector<int> permutation(const Graph& graph, const Node& node);

}  // namespace kite
