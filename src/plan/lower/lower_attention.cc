// SPDX-License-Identifier: Apache-2.0
// Lowers attention, MatMul -> scale, sums -> Softmax -> MatMul, with the movements of elements around it, to one step.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ranges>
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

struct Sum {
  ValueId addend, result;
};

// What is known of an attention while its nodes are followed from the last one to the first.
struct Chain {
  const Graph& graph;
  std::vector<NodeId> nodes{};
  ValueId result = kNoValue;  // of the second product
  View y{};                   // where the result lies in what the last node makes
  NodeId first_product = kNoNode, second_product = kNoNode;
  std::int64_t queries = 0, keys = 0;
  float score_scale = 1.0f;
  std::vector<Sum> sums{};  // what is added to the scores, the last one first

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
struct Follows {
  bool movements, a_factor;
  bool any_axis;  // whether rows may be contiguous instead of columns
};
Factor as_factor(const Graph& graph, ValueId id, std::span<const std::int64_t> dims, Follows follows) {
  if (follows.movements) {
    View view = view_of(graph, id, follows.a_factor);
    const auto strides = as_attention_view(view, dims);
    if (strides && (strides->column == 1 || (follows.any_axis && strides->row == 1)))
      return {std::move(view), *strides};
  }
  View view = whole_view(graph, id);
  const auto strides = as_attention_view(view, dims);
  return {std::move(view), *strides};
}

// The second product, and the Transpose of its result. False where the last node does not end like this.
bool follow_end(Chain& chain, NodeId last) {
  const Graph& graph = chain.graph;
  const Node& end = graph.node(last);
  chain.result = end.outputs[0];
  chain.y = whole_view(graph, chain.result);
  if (is_op(end, "Transpose")) {
    const std::vector<int> perm = permutation(graph, end);
    const View before = chain.y;
    for (std::size_t i = 0; i < perm.size(); ++i) {
      chain.y.dims[static_cast<std::size_t>(perm[i])] = before.dims[i];
      chain.y.strides[static_cast<std::size_t>(perm[i])] = before.strides[i];
    }
    chain.nodes.push_back(last);
    chain.result = end.inputs[0];
    for (NodeId node = chain.own_producer(chain.result, "Reshape"); node != kNoNode;
         node = chain.own_producer(chain.result, "Reshape")) {
      chain.nodes.push_back(node);
      chain.result = graph.node(node).inputs[0];
    }
    if (!graph.is_read_once(chain.result)) return false;
  }
  chain.second_product = producer_of(graph, chain.result, "MatMul");
  const Shape& shape = shape_of(graph, chain.result);
  if (chain.second_product == kNoNode || dtype_of(graph, chain.result) != DType::kFloat32 || shape.rank() < 2 ||
      shape.elements() == 0) {
    return false;
  }
  chain.nodes.push_back(chain.second_product);
  const Shape& weights = shape_of(graph, graph.node(chain.second_product).inputs[0]);
  if (weights.rank() != shape.rank()) return false;
  chain.queries = weights[weights.rank() - 2];
  chain.keys = weights[weights.rank() - 1];
  return true;
}

// The softmax of rows of scores; what it reads.
ValueId follow_softmax(Chain& chain) {
  const Graph& graph = chain.graph;
  const ValueId weights = chain.behind_reshapes(graph.node(chain.second_product).inputs[0]);
  const NodeId softmax = chain.own_producer(weights, "Softmax");
  if (softmax == kNoNode || !chain.holds_scores(weights)) return kNoValue;
  const int rank = shape_of(graph, weights).rank();
  const Node& node = graph.node(softmax);
  if (from_front(node.attributes.get_int("axis", node.opset < 13 ? 1 : -1), rank) != rank - 1) return kNoValue;
  chain.nodes.push_back(softmax);
  return node.inputs[0];
}

// From the softmax to the first product: at most one scale, and behind it sums. False where something else stands
// between them.
bool follow_scores(Chain& chain, ValueId at) {
  const Graph& graph = chain.graph;
  while (true) {
    at = chain.behind_reshapes(at);
    if (!chain.holds_scores(at)) return false;
    chain.first_product = chain.own_producer(at, "MatMul");
    if (chain.first_product != kNoNode) {
      chain.nodes.push_back(chain.first_product);
      return true;
    }
    if (const NodeId sum = chain.own_producer(at, "Add");
        sum != kNoNode && chain.score_scale == 1.0f && chain.sums.size() < 2) {
      const Node& node = graph.node(sum);
      const std::size_t scores = graph.value(node.inputs[0]).type == graph.value(at).type &&
                                         graph.value(node.inputs[0]).producer != kNoNode &&
                                         graph.is_read_once(node.inputs[0])
                                     ? 0
                                     : 1;
      if (graph.value(node.inputs[scores]).type != graph.value(at).type) return false;
      chain.nodes.push_back(sum);
      chain.sums.push_back({node.inputs[1 - scores], at});
      at = node.inputs[scores];
      continue;
    }
    const NodeId scaled_by = chain.own_producer(at, "Mul");
    const auto scaled = as_scaled(graph, at);
    if (scaled_by == kNoNode || !scaled || chain.score_scale != 1.0f) return false;
    chain.nodes.push_back(scaled_by);
    chain.score_scale = static_cast<float>(scaled->factor);
    at = scaled->x;
  }
}

// Whether all that the nodes make, apart from the results of `last`, is read by these nodes alone.
bool keep_their_results(const Graph& graph, const std::unordered_set<NodeId>& nodes, NodeId last) {
  return std::ranges::all_of(nodes, [&](NodeId id) {
    return id == last || std::ranges::all_of(graph.node(id).outputs, [&](ValueId output) {
             return output == kNoValue || graph.is_read_only_by(output, nodes);
           });
  });
}

// The sizes as params hold them; false where one is too large, or where an operand is broadcast.
bool read_sizes(const Chain& chain, AttentionParams& params) {
  const Graph& graph = chain.graph;
  const Node& first = graph.node(chain.first_product);
  const Shape& q = shape_of(graph, first.inputs[0]);
  const Shape& result = shape_of(graph, chain.result);
  const std::vector<std::int64_t> dims = four_dims(shape_of(graph, first.outputs[0]));
  const std::int64_t depth = q[q.rank() - 1], values = result[result.rank() - 1], batch = dims[0] * dims[1];
  const std::array<std::int64_t, 4> sizes = {dims[0], dims[1], depth, values};
  if (batch * dims[2] * dims[3] == 0 || depth == 0 ||
      !all_fit_int32({std::span<const std::int64_t>(sizes), std::span<const std::int64_t>(dims)})) {
    return false;
  }
  params.outer = static_cast<std::int32_t>(dims[0]);
  params.heads = static_cast<std::int32_t>(dims[1]);
  params.queries = static_cast<std::int32_t>(dims[2]);
  params.keys = static_cast<std::int32_t>(dims[3]);
  params.depth = static_cast<std::int32_t>(depth);
  params.values = static_cast<std::int32_t>(values);
  return q.elements() == batch * dims[2] * depth &&
         shape_of(graph, first.inputs[1]).elements() == batch * dims[3] * depth &&
         shape_of(graph, graph.node(chain.second_product).inputs[1]).elements() == batch * dims[3] * values &&
         result.elements() == batch * dims[2] * values;
}

// Adds the sums to what was found; false where strides cannot express one.
bool read_sums(const Chain& chain, std::span<const std::int64_t> dims, Found& found) {
  for (const Sum& sum : std::views::reverse(chain.sums)) {
    const auto addend = as_addend(chain.graph, sum.addend, shape_of(chain.graph, sum.result), dims);
    if (!addend || addend->column != 1) return false;
    found.params.addend[found.params.addends++] = *addend;
    found.inputs.push_back(sum.addend);
  }
  found.inputs.resize(5, kNoValue);
  return true;
}

std::optional<Found> find_attention(const Graph& graph, NodeId last) {
  Chain chain{graph};
  if (!follow_end(chain, last)) return std::nullopt;
  const ValueId scores = follow_softmax(chain);
  Found found{};
  AttentionParams& p = found.params;
  if (scores == kNoValue || !follow_scores(chain, scores) || !read_sizes(chain, p)) return std::nullopt;

  const auto with = [&](std::int64_t rows, std::int64_t columns) {
    return std::array<std::int64_t, 4>{p.outer, p.heads, rows, columns};
  };
  const auto y = as_attention_view(chain.y, with(p.queries, p.values));
  if (!y || y->column != 1) return std::nullopt;
  p.y = *y;
  p.score_scale = chain.score_scale;
  const std::vector<ValueId>& of_scores = graph.node(chain.first_product).inputs;
  const ValueId v = graph.node(chain.second_product).inputs[1];
  // Views of what lies behind movements that nothing else reads, or else of the operands themselves.
  for (const bool follows : {true, false}) {
    const Factor of_q = as_factor(graph, of_scores[0], with(p.queries, p.depth), {follows, true, false});
    const Factor of_k = as_factor(graph, of_scores[1], with(p.depth, p.keys), {follows, false, true});
    const Factor of_v = as_factor(graph, v, with(p.keys, p.values), {follows, false, false});
    std::unordered_set<NodeId> nodes(chain.nodes.begin(), chain.nodes.end());
    for (const Factor* factor : {&of_q, &of_k, &of_v}) {
      nodes.insert(factor->view.nodes.begin(), factor->view.nodes.end());
    }
    if (!keep_their_results(graph, nodes, last)) continue;
    p.q = of_q.strides;
    p.k = of_k.strides;  // [depth, keys] in the graph
    std::swap(p.k.row, p.k.column);
    p.v = of_v.strides;
    p.q_scale = static_cast<float>(of_q.view.factor);
    found.inputs = {of_q.view.root, of_k.view.root, of_v.view.root};
    if (!read_sums(chain, with(p.queries, p.keys), found)) return std::nullopt;
    found.nodes = graph.in_order(nodes);
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
