// SPDX-License-Identifier: Apache-2.0
// Lowers channels-last convolutions to the family that conv_family() chooses.
#include "kernels/conv_choice.h"
#include "paperkite/try.h"
#include "plan/lower/lowering.h"

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

constexpr LowerRule kConvRules[] = {{kInternalDomain, "Conv", lower_conv}};

}  // namespace

std::span<const LowerRule> conv_rules() noexcept { return kConvRules; }

}  // namespace kite
