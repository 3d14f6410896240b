// SPDX-License-Identifier: Apache-2.0
// Lowers a scale and a bias for each channel, and the activation after them, to the affine family.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "kernels/affine/affine.h"
#include "passes/forms.h"
#include "plan/lower/region.h"

namespace kite {

namespace {

// A channel vector for the last axis of y: float32 constants, one for each of its channels.
bool is_channel_vector(const Lowering& lowering, ValueId id, const Shape& y) {
  if (!lowering.graph().is_constant(id) || y.rank() == 0) return false;
  const Shape& shape = lowering.shape(id);
  const std::int64_t channels = y[y.rank() - 1];
  return shape.rank() >= 1 && shape.elements() == channels && shape[shape.rank() - 1] == channels &&
         channels <= std::numeric_limits<std::int32_t>::max();
}

// One operand and one channel vector of a node `op_type`, in this order.
std::optional<std::array<ValueId, 2>> with_channel_vector(const Lowering& lowering, NodeId id,
                                                          std::string_view op_type) {
  if (id == kNoNode) return std::nullopt;
  const Node& node = lowering.graph().node(id);
  if (!node.domain.empty() || node.op_type != op_type) return std::nullopt;
  const TensorType& y = lowering.type(node.outputs[0]);
  if (y.dtype != DType::kFloat32 || y.shape.elements() == 0) return std::nullopt;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const ValueId x = node.inputs[i], vector = node.inputs[1 - i];
    if (lowering.shape(x) == y.shape && is_channel_vector(lowering, vector, y.shape)) return std::array{x, vector};
  }
  return std::nullopt;
}

// x * scale + bias, both for each channel, and the activation after them where there is one.
Region match_affine(const Lowering& lowering, NodeId last) {
  const Graph& graph = lowering.graph();
  const auto producer = [&](ValueId id) { return graph.is_read_once(id) ? graph.value(id).producer : kNoNode; };
  const bool is_activated = activation_form(graph, graph.node(last)).has_value();
  const NodeId sum = is_activated ? producer(graph.node(last).inputs[0]) : last;
  const auto biased = with_channel_vector(lowering, sum, "Add");
  if (!biased) return {};
  const NodeId product = producer((*biased)[0]);
  if (!with_channel_vector(lowering, product, "Mul")) return {};
  return is_activated ? Region{product, sum, last} : Region{product, sum};
}

Status lower_affine(Lowering& lowering, std::span<const NodeId> region) {
  const Graph& graph = lowering.graph();
  const auto [x, scale] = *with_channel_vector(lowering, region[0], "Mul");
  const ValueId bias = (*with_channel_vector(lowering, region[1], "Add"))[1];
  const Shape& shape = lowering.shape(x);
  AffineParams params{};
  params.channels = static_cast<std::int32_t>(shape[shape.rank() - 1]);
  params.rows = shape.elements() / params.channels;
  if (region.size() == 3) params.activation = *activation_form(graph, graph.node(region[2]));
  lowering.step(region.back(), kAffine, params, {lowering.operand(x), lowering.operand(scale), lowering.operand(bias)},
                {lowering.operand(graph.node(region.back()).outputs[0])});
  return {};
}

constexpr RegionRule kAffineRules[] = {{match_affine, lower_affine}};

}  // namespace

std::span<const RegionRule> affine_region_rules() noexcept { return kAffineRules; }

}  // namespace kite
