// SPDX-License-Identifier: Apache-2.0
// Lowers channels-last convolutions to the family that conv_family() chooses.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv_choice.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/expand_depthwise/expand_depthwise.h"
#include "kernels/scaled_conv/scaled_conv.h"
#include "paperkite/try.h"
#include "plan/lower/lowering.h"
#include "plan/lower/region.h"

namespace kite {

bool read_conv(const Lowering& lowering, const Node& node, ValueId weights, ConvParams& params) {
  const Shape& x = lowering.shape(node.inputs[0]);
  const Shape& w = lowering.shape(weights);
  const Shape& y = lowering.shape(node.outputs[0]);
  const auto strides = node.attributes.get_ints("strides");
  const auto pads = node.attributes.get_ints("pads");
  const auto dilations = node.attributes.get_ints("dilations");
  if (!all_fit_int32({x.dims(), w.dims(), y.dims(), strides, pads, dilations})) return false;
  const auto i32 = [](std::int64_t n) { return static_cast<std::int32_t>(n); };
  const bool planar = node.attributes.get_string("input_layout", "nhwc") == "nchw";
  const int h = planar ? 2 : 1;
  params = {.batch = i32(x[0]),
            .in_h = i32(x[h]),
            .in_w = i32(x[h + 1]),
            .in_c = i32(x[planar ? 1 : 3]),
            .out_h = i32(y[1]),
            .out_w = i32(y[2]),
            .out_c = i32(y[3]),
            .kernel_h = i32(w[2]),
            .kernel_w = i32(w[3]),
            .stride_h = int32_at(strides, 0, 1),
            .stride_w = int32_at(strides, 1, 1),
            .dilation_h = int32_at(dilations, 0, 1),
            .dilation_w = int32_at(dilations, 1, 1),
            .pad_top = int32_at(pads, 0, 0),
            .pad_left = int32_at(pads, 1, 0),
            .groups = i32(node.attributes.get_int("group", 1)),
            .input_planar = planar ? 1 : 0};
  return true;
}

namespace {

Result<bool> lower_conv(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  ConvParams params{};
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || !lowering.graph().is_constant(node.inputs[1]) ||
      lowering.shape(node.outputs[0]).elements() == 0 || lowering.shape(node.inputs[0]).elements() == 0 ||
      !read_conv(lowering, node, node.inputs[1], params)) {
    return false;
  }
  KITE_TRY_ASSIGN(params.activation, activation_of(node.attributes));
  const ConvFamily& family = conv_family(params, lowering.target());
  if (lower_with_codes(lowering, id, family, params, WeightOrder::kOutputFirst)) return true;
  const OperandId packed = lowering.packed_weights(node.inputs[1], WeightOrder::kOutputFirst, family, params);
  lowering.step(id, family, params, lowering.product_inputs(node, packed), {lowering.operand(node.outputs[0])});
  return true;
}

// A convolution in float32 with float32 weights, which `family` would compute.
std::optional<ConvParams> float_conv(const Lowering& lowering, NodeId id, const ConvFamily& family) {
  const Graph& graph = lowering.graph();
  if (id == kNoNode) return std::nullopt;
  const Node& node = graph.node(id);
  ConvParams params{};
  if (node.op_type != "Conv" || node.domain != kInternalDomain ||
      lowering.type(node.inputs[0]).dtype != DType::kFloat32 || !graph.is_constant(node.inputs[1]) ||
      graph.value(node.inputs[1]).dequantised != nullptr || lowering.shape(node.outputs[0]).elements() == 0 ||
      lowering.shape(node.inputs[0]).elements() == 0 || !read_conv(lowering, node, node.inputs[1], params)) {
    return std::nullopt;
  }
  auto activation = activation_of(node.attributes);
  if (!activation.ok()) return std::nullopt;
  params.activation = *activation;
  return &conv_family(params, lowering.target()) == &family ? std::optional(params) : std::nullopt;
}

std::optional<ExpandDepthwiseParams> read_expand_depthwise(const Lowering& lowering, NodeId expand, NodeId depthwise) {
  const auto has_residual = [&](NodeId id) {
    const Node& node = lowering.graph().node(id);
    return node.inputs.size() > 3 && node.inputs[3] != kNoValue;
  };
  const auto filtered = float_conv(lowering, depthwise, kDepthwise);
  const auto expanded = filtered ? float_conv(lowering, expand, kConv) : std::nullopt;
  if (!expanded || has_residual(expand) || has_residual(depthwise)) return std::nullopt;
  return ExpandDepthwiseParams{.expand = *expanded, .depthwise = *filtered};
}

// A 1x1 convolution and the depthwise one that reads it.
Region match_expand_depthwise(const Lowering& lowering, NodeId last) {
  const Graph& graph = lowering.graph();
  const Node& node = graph.node(last);
  if (node.op_type != "Conv" || node.domain != kInternalDomain || !graph.is_read_once(node.inputs[0])) return {};
  const NodeId expand = graph.value(node.inputs[0]).producer;
  const auto params = read_expand_depthwise(lowering, expand, last);
  if (!params || !kExpandDepthwise.is_profitable(*params, lowering.target())) return {};
  return {expand, last};
}

Status lower_expand_depthwise(Lowering& lowering, std::span<const NodeId> region) {
  const ExpandDepthwiseParams params = *read_expand_depthwise(lowering, region[0], region[1]);
  const Node& expand = lowering.graph().node(region[0]);
  const Node& depthwise = lowering.graph().node(region[1]);
  const auto weights = [&](const Node& node, const ConvFamily& family, const ConvParams& conv) {
    return lowering.packed_weights(node.inputs[1], WeightOrder::kOutputFirst, family, conv);
  };
  const auto bias = [&](const Node& node) {
    return lowering.operand(node.inputs.size() > 2 ? node.inputs[2] : kNoValue);
  };
  const OperandId expand_weights = weights(expand, kConv, params.expand), expand_bias = bias(expand);
  lowering.step(region[1], kExpandDepthwise, params,
                {lowering.operand(expand.inputs[0]), expand_weights, expand_bias,
                 weights(depthwise, kDepthwise, params.depthwise), bias(depthwise)},
                {lowering.operand(depthwise.outputs[0])});
  return {};
}

// The picture and the numbers that scale its channels, where a node is such a product.
std::optional<std::array<ValueId, 2>> scaled_channels(const Lowering& lowering, NodeId id) {
  if (id == kNoNode) return std::nullopt;
  const Node& node = lowering.graph().node(id);
  if (!node.domain.empty() || node.op_type != "Mul") return std::nullopt;
  const TensorType& y = lowering.type(node.outputs[0]);
  if (y.dtype != DType::kFloat32 || y.shape.rank() != 4) return std::nullopt;
  const Shape scale{y.shape[0], 1, 1, y.shape[3]};
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const ValueId x = node.inputs[i], by = node.inputs[1 - i];
    if (lowering.shape(x) == y.shape && lowering.shape(by) == scale) return std::array{x, by};
  }
  return std::nullopt;
}

// The scale of squeeze-and-excite, and the 1x1 convolution that reads what it makes.
Region match_scaled_conv(const Lowering& lowering, NodeId last) {
  const Graph& graph = lowering.graph();
  const Node& node = graph.node(last);
  if (node.op_type != "Conv" || node.domain != kInternalDomain || !graph.is_read_once(node.inputs[0])) return {};
  const NodeId product = graph.value(node.inputs[0]).producer;
  if (!scaled_channels(lowering, product)) return {};
  const auto params = float_conv(lowering, last, kConv);
  return params && kScaledConv.is_profitable(*params, lowering.target()) ? Region{product, last} : Region{};
}

Status lower_scaled_conv(Lowering& lowering, std::span<const NodeId> region) {
  const Node& conv = lowering.graph().node(region[1]);
  const auto [x, scale] = *scaled_channels(lowering, region[0]);
  const ConvParams params = *float_conv(lowering, region[1], kConv);
  const auto optional = [&](std::size_t i) {
    return lowering.operand(i < conv.inputs.size() ? conv.inputs[i] : kNoValue);
  };
  const OperandId pixels = lowering.operand(x), bias = optional(2), residual = optional(3);
  lowering.step(region[1], kScaledConv, params,
                {pixels, lowering.packed_weights(conv.inputs[1], WeightOrder::kOutputFirst, kConv, params), bias,
                 residual, lowering.operand(scale)},
                {lowering.operand(conv.outputs[0])});
  return {};
}

constexpr RegionRule kConvRegionRules[] = {{match_expand_depthwise, lower_expand_depthwise},
                                           {match_scaled_conv, lower_scaled_conv}};

constexpr LowerRule kConvRules[] = {{kInternalDomain, "Conv", lower_conv}};

}  // namespace

std::span<const RegionRule> conv_region_rules() noexcept { return kConvRegionRules; }
std::span<const LowerRule> conv_rules() noexcept { return kConvRules; }

}  // namespace kite
