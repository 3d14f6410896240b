// SPDX-License-Identifier: Apache-2.0
// Lowers attention, MatMul -> scale, sums -> Softmax -> MatMul, with the movements of elements around it, to one step.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "kernels/attention/attention.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "plan/lower/region.h"
#include "plan/lower/view.h"

namespace kite {

namespace {

struct Found {
  Region nodes;
  AttentionParams params;
  std::vector<ValueId> inputs;  // the roots that params' views begin in
};

// What is known of an attention while its nodes are followed from the last one to the first.
struct Chain {
  const Graph& graph;
  std::vector<NodeId> nodes;
  std::int64_t queries = 0, keys = 0;

  // The node that makes `id`, if this is its operator and nothing else reads `id`.
  [[nodiscard]] NodeId own_producer(ValueId id, std::string_view op_type) const {
    return graph.is_read_once(id) ? producer_of(graph, id, op_type) : kNoNode;
  }
  // Past Reshapes that keep the last two axes.
  ValueId behind_reshapes(ValueId id) {
    for (NodeId node = own_producer(id, "Reshape"); node != kNoNode; node = own_producer(id, "Reshape")) {
      const ValueId x = graph.node(node).inputs[0];
      if (!holds_scores(x)) break;
      nodes.push_back(node);
      id = x;
    }
    return id;
  }
  [[nodiscard]] bool holds_scores(ValueId id) const {
    const Shape& shape = shape_of(graph, id);
    return shape.rank() >= 2 && shape[shape.rank() - 2] == queries && shape[shape.rank() - 1] == keys;
  }
};

// The dims of a batched matrix with all leading axes but the last as one.
std::vector<std::int64_t> four_dims(const Shape& shape) {
  const int rank = shape.rank();
  const std::int64_t heads = rank < 3 ? 1 : shape[rank - 3];
  return {shape.elements(0, rank - 2) / heads, heads, shape[rank - 2], shape[rank - 1]};
}

// A view of [outer, heads, ., .] as params hold it; nullopt where strides cannot express these axes.
std::optional<AttentionView> as_attention_view(const View& view, std::span<const std::int64_t> dims) {
  const auto strides = reshaped_strides(view.dims, view.strides, dims);
  if (!strides) return std::nullopt;
  // An axis of one element has no stride; the last one counts as contiguous.
  const auto& s = *strides;
  return AttentionView{view.first, s[0], s[1], s[2], dims[3] == 1 ? 1 : s[3]};
}

// What is added to scores of this shape, broadcast as ONNX does.
std::optional<AttentionView> as_addend(const Graph& graph, ValueId addend, const Shape& scores,
                                       std::span<const std::int64_t> dims) {
  View view = whole_view(graph, addend);
  const auto missing = static_cast<std::size_t>(scores.rank()) - view.dims.size();
  view.dims.insert(view.dims.begin(), missing, 1);
  view.strides.insert(view.strides.begin(), missing, 0);
  for (std::size_t i = 0; i < view.dims.size(); ++i) {
    if (view.dims[i] == 1) view.strides[i] = 0;
    view.dims[i] = scores[static_cast<int>(i)];
  }
  return as_attention_view(view, dims);
}

// A factor of a product, as [outer, heads, ., .]: a view where the kernel can read it, else the value itself.
struct Factor {
  View view;
  AttentionView strides;
};
enum class Reads : std::uint8_t { kRows, kRowsOrColumns };
Factor as_factor(const Graph& graph, ValueId id, std::span<const std::int64_t> dims, bool takes_factor, Reads reads) {
  View view = view_of(graph, id, takes_factor);
  auto strides = as_attention_view(view, dims);
  if (strides && (strides->column == 1 || (reads == Reads::kRowsOrColumns && strides->row == 1))) {
    return {std::move(view), *strides};
  }
  view = whole_view(graph, id);
  strides = as_attention_view(view, dims);
  return {std::move(view), *strides};
}

struct Sum {
  ValueId addend, result;
};

// Follows the scores from the Softmax to their product: at most one scale, and before it sums. False where something
// else stands between them. `sums`: what is added, the last one first.
bool follow_scores(Chain& chain, ValueId at, NodeId& product, float& scale, std::vector<Sum>& sums) {
  const Graph& graph = chain.graph;
  while (true) {
    at = chain.behind_reshapes(at);
    if (!chain.holds_scores(at)) return false;
    product = chain.own_producer(at, "MatMul");
    if (product != kNoNode) return true;
    if (const NodeId sum = chain.own_producer(at, "Add"); sum != kNoNode && scale == 1.0f && sums.size() < 2) {
      const Node& node = graph.node(sum);
      const std::size_t scores = graph.value(node.inputs[0]).type == graph.value(at).type &&
                                         graph.value(node.inputs[0]).producer != kNoNode &&
                                         graph.is_read_once(node.inputs[0])
                                     ? 0
                                     : 1;
      if (graph.value(node.inputs[scores]).type != graph.value(at).type) return false;
      chain.nodes.push_back(sum);
      sums.push_back({node.inputs[1 - scores], at});
      at = node.inputs[scores];
      continue;
    }
    const NodeId scaled_by = chain.own_producer(at, "Mul");
    const auto scaled = as_scaled(graph, at);
    if (scaled_by == kNoNode || !scaled || scale != 1.0f) return false;
    chain.nodes.push_back(scaled_by);
    scale = static_cast<float>(scaled->factor);
    at = scaled->x;
  }
}

// Whether all that the nodes make, apart from the results of `last`, is read by these nodes alone.
bool keep_their_results(const Graph& graph, const std::unordered_set<NodeId>& nodes, NodeId last) {
  return std::ranges::all_of(nodes, [&](NodeId id) {
    return id == last || std::ranges::all_of(graph.node(id).outputs, [&](ValueId output) {
             return output == kNoValue ||
                    (!graph.is_output(output) && std::ranges::all_of(graph.consumers(output), [&](NodeId reader) {
                      return nodes.contains(reader);
                    }));
           });
  });
}

std::optional<Found> find_attention(const Graph& graph, NodeId last) {
  // The end: the second product, and the Transpose of its result.
  Chain chain{graph, {}};
  const Node& end = graph.node(last);
  ValueId result = end.outputs[0];
  View y = whole_view(graph, result);
  if (is_op(end, "Transpose")) {
    const std::vector<int> perm = permutation(graph, end);
    const View before = y;
    for (std::size_t i = 0; i < perm.size(); ++i) {
      y.dims[static_cast<std::size_t>(perm[i])] = before.dims[i];
      y.strides[static_cast<std::size_t>(perm[i])] = before.strides[i];
    }
    result = end.inputs[0];
    chain.nodes.push_back(last);
    for (NodeId node = chain.own_producer(result, "Reshape"); node != kNoNode;
         node = chain.own_producer(result, "Reshape")) {
      chain.nodes.push_back(node);
      result = graph.node(node).inputs[0];
    }
    if (!graph.is_read_once(result)) return std::nullopt;
  }
  const NodeId sum_of_values = producer_of(graph, result, "MatMul");
  if (sum_of_values == kNoNode || dtype_of(graph, result) != DType::kFloat32) return std::nullopt;
  const Node& second = graph.node(sum_of_values);
  const Shape& shape = shape_of(graph, result);
  if (shape.rank() < 2 || shape.elements() == 0) return std::nullopt;

  // The middle.
  const Shape& weights = shape_of(graph, second.inputs[0]);
  if (weights.rank() != shape.rank()) return std::nullopt;
  chain.queries = weights[weights.rank() - 2];
  chain.keys = weights[weights.rank() - 1];
  chain.nodes.push_back(sum_of_values);
  const ValueId softmax_of = chain.behind_reshapes(second.inputs[0]);
  const NodeId softmax = chain.own_producer(softmax_of, "Softmax");
  if (softmax == kNoNode || !chain.holds_scores(softmax_of)) return std::nullopt;
  const int rank = shape_of(graph, softmax_of).rank();
  const Node& middle = graph.node(softmax);
  if (from_front(middle.attributes.get_int("axis", middle.opset < 13 ? 1 : -1), rank) != rank - 1) return std::nullopt;
  chain.nodes.push_back(softmax);
  NodeId product = kNoNode;
  float scale = 1.0f;
  std::vector<Sum> sums;
  if (!follow_scores(chain, middle.inputs[0], product, scale, sums)) return std::nullopt;
  chain.nodes.push_back(product);

  // The beginning. The scores have an outer axis for all but the last axis of the batch.
  const Node& first = graph.node(product);
  const ValueId q = first.inputs[0], k = first.inputs[1], v = second.inputs[1];
  const Shape& scores = shape_of(graph, first.outputs[0]);
  const std::vector<std::int64_t> dims = four_dims(scores);
  const std::int64_t depth = shape_of(graph, q)[shape_of(graph, q).rank() - 1], values = shape[shape.rank() - 1];
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (scores.elements() == 0 || depth < 1 || std::max({dims[0], dims[1], dims[2], dims[3], depth, values}) > kMost ||
      shape_of(graph, q).elements() != dims[0] * dims[1] * dims[2] * depth ||
      shape_of(graph, k).elements() != dims[0] * dims[1] * dims[3] * depth ||
      shape_of(graph, v).elements() != dims[0] * dims[1] * dims[3] * values ||
      shape.elements() != dims[0] * dims[1] * dims[2] * values) {
    return std::nullopt;
  }
  const auto with = [&](std::int64_t rows, std::int64_t columns) {
    return std::array{dims[0], dims[1], rows, columns};
  };
  const auto y_view = as_attention_view(y, with(dims[2], values));
  if (!y_view || y_view->column != 1) return std::nullopt;
  for (const bool follows : {true, false}) {
    const auto factor = [&](ValueId id, std::span<const std::int64_t> size, bool is_q, Reads reads) {
      if (follows) return as_factor(graph, id, size, is_q, reads);
      View view = whole_view(graph, id);
      const auto strides = as_attention_view(view, size);
      return Factor{std::move(view), *strides};
    };
    const Factor of_q = factor(q, with(dims[2], depth), true, Reads::kRows);
    const Factor of_k = factor(k, with(depth, dims[3]), false, Reads::kRowsOrColumns);
    const Factor of_v = factor(v, with(dims[3], values), false, Reads::kRows);
    std::unordered_set<NodeId> nodes(chain.nodes.begin(), chain.nodes.end());
    for (const Factor* one : {&of_q, &of_k, &of_v}) nodes.insert(one->view.nodes.begin(), one->view.nodes.end());
    if (!keep_their_results(graph, nodes, last)) continue;
    Found found{
        {},
        {.q = of_q.strides,
         .k = {of_k.strides.first, of_k.strides.outer, of_k.strides.head, of_k.strides.column, of_k.strides.row},
         .v = of_v.strides,
         .y = *y_view,
         .addend = {},
         .outer = static_cast<std::int32_t>(dims[0]),
         .heads = static_cast<std::int32_t>(dims[1]),
         .queries = static_cast<std::int32_t>(dims[2]),
         .keys = static_cast<std::int32_t>(dims[3]),
         .depth = static_cast<std::int32_t>(depth),
         .values = static_cast<std::int32_t>(values),
         .q_scale = static_cast<float>(of_q.view.factor),
         .score_scale = scale,
         .addends = static_cast<std::int32_t>(sums.size()),
         .reserved = 0},
        {of_q.view.root, of_k.view.root, of_v.view.root}};
    std::ranges::reverse(sums);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const auto addend = as_addend(graph, sums[i].addend, shape_of(graph, sums[i].result), dims);
      if (!addend || addend->column != 1) return std::nullopt;
      found.params.addend[i] = *addend;
      found.inputs.push_back(sums[i].addend);
    }
    found.inputs.resize(5, kNoValue);
    for (const NodeId id : graph.order()) {
      if (nodes.contains(id)) found.nodes.push_back(id);
    }
    return found;
  }
  return std::nullopt;
}

Region match_attention(const Lowering& lowering, NodeId last) {
  const Node& node = lowering.graph().node(last);
  if (!is_op(node, "MatMul") && !is_op(node, "Transpose")) return {};
  auto found = find_attention(lowering.graph(), last);
  return found ? std::move(found->nodes) : Region{};
}

Status lower_attention(Lowering& lowering, std::span<const NodeId> region) {
  const NodeId last = region.back();
  const Found found = *find_attention(lowering.graph(), last);
  std::vector<OperandId> inputs;
  for (const ValueId input : found.inputs) inputs.push_back(lowering.operand(input));
  lowering.step(last, kAttention, found.params, std::move(inputs),
                {lowering.operand(lowering.graph().node(last).outputs[0])});
  return {};
}

constexpr RegionRule kAttentionRegionRules[] = {{match_attention, lower_attention}};

}  // namespace

std::span<const RegionRule> attention_region_rules() noexcept { return kAttentionRegionRules; }

}  // namespace kite
