// SPDX-License-Identifier: Apache-2.0
// The opset-dependent spellings of reductions, clips and pads.
#include "passes/forms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

#include "passes/match.h"
#include "tensor/activation_names.h"

namespace kite {

namespace {

constexpr int kReduceAxesAreInput = 18;
constexpr int kSumAxesAreInput = 13;
constexpr int kClipLimitsAreInputs = 11;
constexpr int kPadsAreInputs = 11;

// An absent limit gives `fallback`; a limit that is not a constant scalar gives nullopt.
std::optional<double> limit_input(const Graph& graph, const Node& node, std::size_t i, double fallback) {
  const ValueId id = input_of(node, i);
  if (id == kNoValue) return fallback;
  return scalar_constant(graph, id);
}

// The nearest float: of a finite number a finite one.
float as_float(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return static_cast<float>(std::isinf(value) ? value : std::clamp(value, -kMost, kMost));
}

double limit_attribute(const Node& node, std::string_view name, double fallback) {
  return node.attributes.has(name) ? static_cast<double>(node.attributes.get_float(name, 0)) : fallback;
}

}  // namespace

int from_front(std::int64_t axis, int rank) { return static_cast<int>(axis < 0 ? axis + rank : axis); }

int reduction_opset(const Node& node) {
  if (is_op(node, "ReduceSum")) return 11;
  return is_op(node, "ReduceMean") || is_op(node, "ReduceL2") ? 13 : 0;
}

std::optional<std::vector<int>> reduction_axes(const Graph& graph, const Node& node) {
  const int rank = shape_of(graph, node.inputs.front()).rank();
  std::vector<std::int64_t> stated;
  if (node.opset < (node.op_type == "ReduceSum" ? kSumAxesAreInput : kReduceAxesAreInput)) {
    const auto axes = node.attributes.get_ints("axes");
    stated.assign(axes.begin(), axes.end());
  } else if (const ValueId id = input_of(node, 1); id != kNoValue) {
    auto axes = int_constant(graph, id);
    if (!axes) return std::nullopt;
    stated = std::move(*axes);
  }
  std::vector<int> axes;
  if (stated.empty()) {
    if (node.attributes.get_int("noop_with_empty_axes", 0) != 0) return axes;
    axes.resize(static_cast<std::size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
    return axes;
  }
  for (const std::int64_t axis : stated) axes.push_back(from_front(axis, rank));
  std::ranges::sort(axes);
  return axes;
}

std::optional<ClipLimits> clip_limits(const Graph& graph, const Node& node) {
  const bool wide = dtype_of(graph, node.inputs.front()) == DType::kFloat64 && node.opset >= kClipLimitsAreInputs;
  const double most = wide ? std::numeric_limits<double>::max() : double{std::numeric_limits<float>::max()};
  if (node.opset < kClipLimitsAreInputs) {
    return ClipLimits{limit_attribute(node, "min", -most), limit_attribute(node, "max", most)};
  }
  const auto low = limit_input(graph, node, 1, -most);
  const auto high = limit_input(graph, node, 2, most);
  if (!low || !high) return std::nullopt;
  return ClipLimits{*low, *high};
}

std::optional<ActivationForm> activation_form(const Graph& graph, const Node& node) {
  if (!node.domain.empty() && node.domain != kInternalDomain) return std::nullopt;
  const auto kind = activation_of_operator(node.op_type);
  if (!kind) return std::nullopt;
  const ActivationSource& source = activation_source(*kind);
  ActivationForm form{*kind, node.attributes.get_float(source.a, source.a_default),
                      node.attributes.get_float(source.b, source.b_default)};
  if (form.kind == Activation::kClip) {
    const auto limits = clip_limits(graph, node);
    if (!limits) return std::nullopt;
    form.a = as_float(limits->low);
    form.b = as_float(limits->high);
  } else if (form.kind == Activation::kGelu && node.attributes.get_string("approximate", "none") != "none") {
    return std::nullopt;
  } else if (form.kind == Activation::kCelu && !(form.a > 0)) {
    return std::nullopt;
  }
  return form;
}

std::optional<PadAmounts> pad_amounts(const Graph& graph, const Node& node) {
  if (node.attributes.get_string("mode", "constant") != "constant") return std::nullopt;
  const auto rank = static_cast<std::size_t>(shape_of(graph, node.inputs.front()).rank());
  std::vector<std::int64_t> pads;
  std::vector<std::int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), std::int64_t{0});
  PadAmounts amounts{std::vector<std::int64_t>(rank), std::vector<std::int64_t>(rank), 0};
  if (node.opset < kPadsAreInputs) {
    const auto stated = node.attributes.get_ints("pads");
    pads.assign(stated.begin(), stated.end());
    amounts.value = static_cast<double>(node.attributes.get_float("value", 0));
  } else {
    auto stated = int_constant(graph, input_of(node, 1));
    const auto value = limit_input(graph, node, 2, 0);
    if (!stated || !value) return std::nullopt;
    pads = std::move(*stated);
    amounts.value = *value;
    if (const ValueId id = input_of(node, 3); id != kNoValue) {
      auto stated_axes = int_constant(graph, id);
      if (!stated_axes) return std::nullopt;
      axes = std::move(*stated_axes);
    }
  }
  if (pads.size() != 2 * axes.size()) return std::nullopt;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(from_front(axes[i], static_cast<int>(rank)));
    if (axis >= rank) return std::nullopt;
    amounts.begin[axis] = pads[i];
    amounts.end[axis] = pads[i + axes.size()];
  }
  return amounts;
}

std::vector<int> permutation(const Graph& graph, const Node& node) {
  const auto stated = node.attributes.get_ints("perm");
  if (!stated.empty()) return {stated.begin(), stated.end()};
  std::vector<int> perm(static_cast<std::size_t>(shape_of(graph, node.inputs.front()).rank()));
  std::iota(perm.rbegin(), perm.rend(), 0);
  return perm;
}

}  // namespace kite
