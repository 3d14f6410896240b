// SPDX-License-Identifier: Apache-2.0
// Lowers channels-last pooling to the pool family, and reductions to the reduce family.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "kernels/pool/pool.h"
#include "kernels/reduce/reduce.h"
#include "paperkite/try.h"
#include "plan/lower/constant_ints.h"
#include "plan/lower/lowering.h"

namespace kite {

// The window of one spatial axis of a channels-last pool; infer() used the same arithmetic of ops/window.h.
bool read_pool(const Lowering& lowering, const Node& node, PoolKind kind, PoolParams& params) {
  const Shape& x = lowering.shape(node.inputs[0]);
  const Shape& y = lowering.shape(node.outputs[0]);
  const auto kernel = node.attributes.get_ints("kernel_shape");
  const auto strides = node.attributes.get_ints("strides");
  const auto pads = node.attributes.get_ints("pads");
  const auto dilations = node.attributes.get_ints("dilations");
  if (!all_fit_int32({x.dims(), y.dims(), kernel, strides, pads, dilations})) return false;
  params = {.batch = int32_at(x.dims(), 0, 1),
            .in_h = int32_at(x.dims(), 1, 1),
            .in_w = int32_at(x.dims(), 2, 1),
            .channels = int32_at(x.dims(), 3, 1),
            .out_h = int32_at(y.dims(), 1, 1),
            .out_w = int32_at(y.dims(), 2, 1),
            .kernel_h = int32_at(kernel, 0, 1),
            .kernel_w = int32_at(kernel, 1, 1),
            .stride_h = int32_at(strides, 0, 1),
            .stride_w = int32_at(strides, 1, 1),
            .dilation_h = int32_at(dilations, 0, 1),
            .dilation_w = int32_at(dilations, 1, 1),
            .pad_top = int32_at(pads, 0, 0),
            .pad_left = int32_at(pads, 1, 0),
            .pad_bottom = int32_at(pads, 2, 0),
            .pad_right = int32_at(pads, 3, 0),
            .kind = kind};
  return true;
}

namespace {

Result<bool> lower_pool(Lowering& lowering, NodeId id, PoolKind kind) {
  const Node& node = lowering.graph().node(id);
  const std::string_view auto_pad = node.attributes.get_string("auto_pad", "NOTSET");
  const bool has_indices = node.outputs.size() > 1 && node.outputs[1] != kNoValue;
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || lowering.shape(node.inputs[0]).rank() != 4 ||
      has_indices || lowering.shape(node.inputs[0]).elements() == 0 ||
      lowering.shape(node.outputs[0]).elements() == 0 || (auto_pad != "NOTSET" && auto_pad != "VALID")) {
    return false;
  }
  PoolParams params{};
  if (!read_pool(lowering, node, kind, params)) return false;
  lowering.step(id, kPool, params, {lowering.operand(node.inputs[0])}, {lowering.operand(node.outputs[0])});
  return true;
}

Result<bool> lower_max_pool(Lowering& lowering, NodeId id) {
  const bool is_float = lowering.type(lowering.graph().node(id).inputs[0]).dtype == DType::kFloat32;
  return is_float ? lower_pool(lowering, id, PoolKind::kMax) : lower_max_pool_of_bytes(lowering, id);
}

Result<bool> lower_average_pool(Lowering& lowering, NodeId id) {
  const bool include_pad = lowering.graph().node(id).attributes.get_int("count_include_pad", 0) != 0;
  return lower_pool(lowering, id, include_pad ? PoolKind::kAverageIncludePad : PoolKind::kAverage);
}

// Axes [first, last), which are reduced together.
struct ReducedRun {
  int first, last;
};

// The runs of neighbouring axes that are reduced, the last one first; axes of size 1 belong to any run.
std::optional<std::vector<ReducedRun>> reduced_runs(const Lowering& lowering, const Node& node, int axes_input_since) {
  const Shape& x = lowering.shape(node.inputs[0]);
  const auto axes = constant_ints(lowering.graph(), node, "axes", 1, axes_input_since);
  if (!axes) return std::nullopt;
  bool reduced[kMaxRank] = {};
  for (const std::int64_t axis : *axes) reduced[axis < 0 ? axis + x.rank() : axis] = true;
  std::vector<ReducedRun> runs;
  bool is_open = false;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    if (x[axis] == 1) continue;
    if (reduced[axis] && is_open) runs.back().first = axis;
    if (reduced[axis] && !is_open) runs.push_back({axis, axis + 1});
    is_open = reduced[axis];
  }
  return runs;
}

// A step for each run: the mean of means of equally many is the mean, the length of lengths is the length.
enum class Reduction : std::uint8_t { kMean, kSum, kLength };
template <Reduction kind>
Result<bool> lower_reduction(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Shape& x = lowering.shape(node.inputs[0]);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || x.elements() == 0) return false;
  const auto runs = reduced_runs(lowering, node, kind == Reduction::kSum ? 13 : 18);
  if (!runs || runs->empty()) return false;
  OperandId from = lowering.operand(node.inputs[0]);
  std::int64_t inner = 1;  // of what is behind the run, without what was averaged
  int behind = x.rank();
  for (std::size_t i = 0; i < runs->size(); ++i) {
    const auto [first, last] = (*runs)[i];
    inner *= x.elements(last, behind);
    behind = first;
    const std::int64_t count = x.elements(first, last);
    const ReduceParams params{x.elements(0, first), count, inner,
                              kind == Reduction::kMean ? static_cast<float>(count) : 1.0f, kind == Reduction::kLength};
    OperandId to = 0;
    if (i + 1 == runs->size()) {
      to = lowering.operand(node.outputs[0]);
    } else {
      KITE_TRY_ASSIGN(const Shape partial, Shape::make(std::array{params.outer, params.inner}));
      to = lowering.buffer({DType::kFloat32, partial});
    }
    lowering.step(id, kReduce, params, {from}, {to});
    from = to;
  }
  return true;
}

constexpr LowerRule kPoolRules[] = {{kInternalDomain, "MaxPool", lower_max_pool},
                                    {kInternalDomain, "AveragePool", lower_average_pool},
                                    {"", "ReduceL2", lower_reduction<Reduction::kLength>},
                                    {"", "ReduceMean", lower_reduction<Reduction::kMean>},
                                    {"", "ReduceSum", lower_reduction<Reduction::kSum>}};

}  // namespace

std::span<const LowerRule> pool_rules() noexcept { return kPoolRules; }

}  // namespace kite
