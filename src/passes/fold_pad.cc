// SPDX-License-Identifier: Apache-2.0
// Moves a constant Pad into the window operator that reads it, where that operator can pad with the same value.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "ops/window.h"
#include "paperkite/try.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr std::size_t kSpatial = 2;  // first spatial axis of [N, C, spatial...]

bool pads_only_space(const PadAmounts& pads) {
  for (std::size_t axis = 0; axis < pads.begin.size(); ++axis) {
    if (pads.begin[axis] < 0 || pads.end[axis] < 0) return false;
    if (axis < kSpatial && (pads.begin[axis] != 0 || pads.end[axis] != 0)) return false;
  }
  return pads.begin.size() > kSpatial;
}

// The reader's own pads, or zeros. Nullopt when it asks for automatic pads, which depend on the padded size.
std::optional<std::vector<std::int64_t>> own_pads(const Node& reader, std::size_t spatial_rank) {
  const std::string_view automatic = reader.attributes.get_string("auto_pad", "NOTSET");
  if (automatic != "NOTSET" && automatic != "VALID") return std::nullopt;
  const auto stated = reader.attributes.get_ints("pads");
  if (automatic == "VALID" || stated.empty()) return std::vector<std::int64_t>(2 * spatial_rank, 0);
  if (stated.size() != 2 * spatial_rank) return std::nullopt;
  return std::vector<std::int64_t>(stated.begin(), stated.end());
}

bool all_zero(std::span<const std::int64_t> values) {
  return std::ranges::all_of(values, [](std::int64_t value) { return value == 0; });
}

// Every pooling window must cover at least one element of the picture. The result of a window with padding only is the
// pad value before the change, and would be undefined after it.
bool smaller_than_window(const Node& pool, std::span<const std::int64_t> pads) {
  const auto kernel = pool.attributes.get_ints("kernel_shape");
  const auto dilations = pool.attributes.get_ints("dilations");  // wider ones could straddle a small picture
  if (pads.size() != 2 * kernel.size() || std::ranges::any_of(dilations, [](std::int64_t d) { return d != 1; })) {
    return false;
  }
  for (std::size_t i = 0; i < pads.size(); ++i) {
    if (pads[i] >= kernel[i % kernel.size()]) return false;
  }
  return true;
}

// Whether `reader` computes the same from the value without padding when `pads` are its own pads, and what else must
// then change in it.
bool can_pad_itself(const Graph& graph, const Node& pad, const Node& reader, const PadAmounts& amounts,
                    std::span<const std::int64_t> before, std::span<const std::int64_t> pads, Node& changed) {
  if (is_op(reader, "Conv")) return amounts.value == 0;
  // With ceil_mode, windows may reach beyond the padding, where ONNX counts elements differently: these nodes stay.
  if (reader.attributes.get_int("ceil_mode", 0) != 0 || !smaller_than_window(reader, pads)) return false;
  if (is_op(reader, "AveragePool")) {
    // The average counts Pad's zeros, so the pool must count its padding. That is right only when all padding comes
    // from the Pad, or when the pool counted its own padding before.
    const bool counts = reader.attributes.get_int("count_include_pad", 0) != 0;
    changed.attributes.set("count_include_pad", std::int64_t{1});
    return amounts.value == 0 && (counts || all_zero(before));
  }
  if (!is_op(reader, "MaxPool") || (reader.outputs.size() > 1 && reader.outputs[1] != kNoValue)) return false;
  // MaxPool pads with a value that is never the maximum. Where no element is negative, a pad of 0 has the same effect.
  const bool lowest = amounts.value <= static_cast<double>(std::numeric_limits<float>::lowest());
  return lowest || (amounts.value == 0 && producer_of(graph, pad.inputs[0], "Relu") != kNoNode);
}

Result<bool> fold(Graph& graph, NodeId pad_id) {
  const Node& pad = graph.node(pad_id);
  const NodeId reader_id = sole_reader(graph, pad.outputs.front());
  const auto amounts = pad_amounts(graph, pad);
  if (reader_id == kNoNode || !amounts || !pads_only_space(*amounts)) return false;
  const Node& reader = graph.node(reader_id);
  if (!reader.domain.empty() || reader.inputs.front() != pad.outputs.front()) return false;
  const std::size_t spatial_rank = amounts->begin.size() - kSpatial;
  const auto before = own_pads(reader, spatial_rank);
  if (!before) return false;

  std::vector<std::int64_t> pads = *before;
  for (std::size_t i = 0; i < spatial_rank; ++i) {
    pads[i] += amounts->begin[kSpatial + i];
    pads[spatial_rank + i] += amounts->end[kSpatial + i];
  }
  Node changed = reader;
  if (!can_pad_itself(graph, pad, reader, *amounts, *before, pads, changed)) return false;
  changed.inputs.front() = pad.inputs.front();
  changed.attributes.erase("auto_pad");
  changed.attributes.set("pads", std::move(pads));
  KITE_TRY(replace_node(graph, reader_id, std::move(changed)));
  graph.remove(pad_id);
  return true;
}

}  // namespace

Result<int> fold_pad(Graph& graph) {
  int folded = 0;
  for (const NodeId id : graph.order()) {
    if (!is_op(graph.node(id), "Pad")) continue;
    KITE_TRY_ASSIGN(const bool done, fold(graph, id));
    folded += done ? 1 : 0;
  }
  return folded;
}

}  // namespace kite
