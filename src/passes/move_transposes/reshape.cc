// SPDX-License-Identifier: Apache-2.0
// Reshape(Transpose(x)): where the new dimensions split or join axes that are also neighbours in x, the
// Reshape can come first. Where they are not neighbours, and a Linear is the only reader of the result, its
// weights are permuted instead.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/match.h"
#include "passes/move_transposes/rules.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// The largest number of Reshapes in a row that are considered; exporters write two.
constexpr int kMostReshapes = 4;

// Consecutive input axes that become consecutive output axes with the same number of elements, without axes of size 1.
struct Group {
  std::vector<int> from;  // axes of the reshaped value
  std::vector<int> to;    // axes of the result
};

std::vector<int> larger_axes(const Shape& shape) {
  std::vector<int> axes;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] != 1) axes.push_back(axis);
  }
  return axes;
}

// The smallest possible groups. Both shapes must hold the same number of elements, which must not be 0.
std::vector<Group> grouped(const Shape& in, const Shape& out) {
  const std::vector<int> from = larger_axes(in);
  const std::vector<int> to = larger_axes(out);
  std::vector<Group> groups;
  for (std::size_t i = 0, j = 0; i < from.size() && j < to.size();) {
    Group group{{from[i]}, {to[j]}};
    std::int64_t have = in[from[i++]];
    std::int64_t want = out[to[j++]];
    while (have != want) {
      if (have < want) {
        have *= in[from[i]];
        group.from.push_back(from[i++]);
      } else {
        want *= out[to[j]];
        group.to.push_back(to[j++]);
      }
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

// The axes of the group follow one another in the transposed value. They must do so in the source, too; axes of size 1
// between them do not count. `larger` lists the source's other axes, ascending.
bool is_run(const Group& group, const Perm& perm, const std::vector<int>& larger) {
  const auto first = std::ranges::find(larger, perm[static_cast<std::size_t>(group.from.front())]);
  for (std::size_t i = 0; i < group.from.size(); ++i) {
    const auto at = first + static_cast<std::ptrdiff_t>(i);
    if (at >= larger.end() || *at != perm[static_cast<std::size_t>(group.from[i])]) return false;
  }
  return true;
}

// Result dimensions in the order of the source, and the Transpose that gives the wanted order from them.
struct Plan {
  std::vector<std::int64_t> dims;
  Perm perm;
};

std::optional<Plan> plan_reshape(const Shape& in, const Shape& source, const Perm& perm, const Shape& out) {
  std::vector<Group> groups = grouped(in, out);
  const std::vector<int> larger = larger_axes(source);
  if (!std::ranges::all_of(groups, [&](const Group& group) { return is_run(group, perm, larger); }))
    return std::nullopt;
  // Axes of size 1 stay with the larger axis before them, so that the Transpose moves few axes.
  if (groups.empty()) groups.push_back({});
  for (int axis = 0; axis < out.rank(); ++axis) {
    if (out[axis] != 1) continue;
    auto owner =
        std::ranges::find_if(groups, [&](const Group& group) { return !group.to.empty() && group.to.back() > axis; });
    const auto at = owner == groups.end() ? groups.size() - 1 : static_cast<std::size_t>(owner - groups.begin());
    auto& to = groups[at].to;
    to.insert(std::ranges::upper_bound(to, axis), axis);
  }
  std::ranges::stable_sort(groups, {}, [&](const Group& group) {
    return group.from.empty() ? 0 : perm[static_cast<std::size_t>(group.from.front())];
  });
  Plan plan;
  plan.perm.resize(static_cast<std::size_t>(out.rank()));
  for (const Group& group : groups) {
    for (const int axis : group.to) {
      plan.perm[static_cast<std::size_t>(axis)] = static_cast<int>(plan.dims.size());
      plan.dims.push_back(out[axis]);
    }
  }
  return plan;
}

// Weight row k (of the flattened transposed picture) belongs to element source_order[k'] ...: row k' of the result is
// row order[k'] of `weights`, where order lists the flattened positions in the order of the source.
Tensor with_rows(const TensorView& weights, bool transposed, std::span<const std::int64_t> order) {
  Tensor result(weights.type);
  const auto size = dtype_size(weights.type.dtype);
  const auto rows = order.size();
  const auto columns = static_cast<std::size_t>(weights.type.shape.elements()) / rows;
  for (std::size_t k = 0; k < rows; ++k) {
    const auto from = static_cast<std::size_t>(order[k]);
    if (!transposed) {
      std::copy_n(weights.data + from * columns * size, columns * size, result.as<std::byte>() + k * columns * size);
      continue;
    }
    for (std::size_t n = 0; n < columns; ++n) {
      std::copy_n(weights.data + (n * rows + from) * size, size, result.as<std::byte>() + (n * rows + k) * size);
    }
  }
  return result;
}

// Flatten(Transpose(x)) -> Linear: one picture's pixels become one row, in the order of x, and the weights follow.
Result<bool> move_into_weights(Graph& graph, NodeId id, const Transposed& transposed) {
  const Node& reshape = graph.node(id);
  const ValueId y = reshape.outputs[0];
  const NodeId reader = sole_reader(graph, y);
  const Shape& in = shape_of(graph, reshape.inputs[0]);
  const Shape& out = shape_of(graph, y);
  if (reader == kNoNode || !is_op(graph.node(reader), "Linear", kInternalDomain) || out.rank() != 2 || in.rank() < 2 ||
      transposed.perm[0] != 0 || in[0] != out[0] || graph.node(reader).inputs[0] != y ||
      !graph.is_constant(graph.node(reader).inputs[1]) ||
      !may_copy(graph, graph.value(graph.node(reader).inputs[1]).type->size_bytes())) {
    return false;
  }
  // Where each element of one source picture, in memory order, stands in the flattened transposed one.
  Tensor positions(DType::kInt64, *Shape::make(in.dims().subspan(1)));
  std::iota(positions.as<std::int64_t>(), positions.as<std::int64_t>() + out[1], std::int64_t{0});
  Perm back = inverse(transposed.perm);
  back.erase(back.begin());
  for (int& axis : back) --axis;
  const Tensor order = permuted(positions.view(), back);

  Node linear = graph.node(reader);
  const TensorView weights = *graph.value(linear.inputs[1]).constant;
  const bool is_transposed = linear.attributes.get_int("transposed", 0) != 0;
  linear.inputs[1] = graph.add_constant(
      graph.value(linear.inputs[1]).name + "_nhwc",
      with_rows(weights, is_transposed, {order.as<std::int64_t>(), static_cast<std::size_t>(out[1])}));
  KITE_TRY_ASSIGN(linear.inputs[0], reshape_before(graph, reader, transposed.source, out));
  KITE_TRY(replace_node(graph, reader, std::move(linear)));
  graph.remove(id);
  return true;
}

}  // namespace

Result<bool> move_through_reshape(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  auto transposed = as_transposed(graph, node.inputs[0]);
  const Shape& out = shape_of(graph, node.outputs[0]);
  if (!transposed || out.elements() == 0) return false;
  auto plan = plan_reshape(shape_of(graph, node.inputs[0]), shape_of(graph, transposed->source), transposed->perm, out);
  if (!plan) return move_into_weights(graph, id, *transposed);

  // Before the Transpose there may be a Reshape that could not change places with the Transpose before it, because it
  // joined axes that this Reshape splits again, as attention does with pictures and heads. The two Reshapes together
  // may be able to.
  ValueId source = transposed->source;
  for (int step = 0; step < kMostReshapes; ++step) {
    const NodeId above = producer_of(graph, source, "Reshape");
    if (above == kNoNode) break;
    source = graph.node(above).inputs[0];
    transposed = as_transposed(graph, source);
    if (!transposed) continue;
    KITE_TRY_ASSIGN(const Shape joined, Shape::make(plan->dims));
    const auto further =
        plan_reshape(shape_of(graph, source), shape_of(graph, transposed->source), transposed->perm, joined);
    if (!further) break;
    plan = Plan{further->dims, composed(further->perm, plan->perm)};
    source = transposed->source;
  }
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(plan->dims));
  Node moved = make_reshape(graph, source, shape);
  moved.name = node.name;
  return replace_transposed(graph, id, std::move(moved), plan->perm);
}

}  // namespace kite
