// SPDX-License-Identifier: Apache-2.0
// Lowers channels-last convolutions to the family that conv_family() chooses.
#include <optional>

#include "kernels/conv/conv.h"
#include "kernels/conv_choice.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/expand_depthwise/expand_depthwise.h"
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

// A convolution in float32 with its own weights and no residual, which `family` would compute.
std::optional<ConvParams> plain_conv(const Lowering& lowering, NodeId id, const ConvFamily& family) {
  const Graph& graph = lowering.graph();
  if (id == kNoNode) return std::nullopt;
  const Node& node = graph.node(id);
  ConvParams params{};
  if (node.op_type != "Conv" || node.domain != kInternalDomain ||
      lowering.type(node.inputs[0]).dtype != DType::kFloat32 || !graph.is_constant(node.inputs[1]) ||
      graph.value(node.inputs[1]).dequantised != nullptr || (node.inputs.size() > 3 && node.inputs[3] != kNoValue) ||
      lowering.shape(node.outputs[0]).elements() == 0 || lowering.shape(node.inputs[0]).elements() == 0 ||
      !read_conv(lowering, node, node.inputs[1], params)) {
    return std::nullopt;
  }
  auto activation = activation_of(node.attributes);
  if (!activation.ok()) return std::nullopt;
  params.activation = *activation;
  return &conv_family(params, lowering.target()) == &family ? std::optional(params) : std::nullopt;
}

std::optional<ExpandDepthwiseParams> read_expand_depthwise(const Lowering& lowering, NodeId expand, NodeId depthwise) {
  const auto filtered = plain_conv(lowering, depthwise, kDepthwise);
  const auto expanded = filtered ? plain_conv(lowering, expand, kConv) : std::nullopt;
  if (!expanded) return std::nullopt;
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

constexpr RegionRule kConvRegionRules[] = {{match_expand_depthwise, lower_expand_depthwise}};

constexpr LowerRule kConvRules[] = {{kInternalDomain, "Conv", lower_conv}};

}  // namespace

std::span<const RegionRule> conv_region_rules() noexcept { return kConvRegionRules; }
std::span<const LowerRule> conv_rules() noexcept { return kConvRules; }

}  // namespace kite
