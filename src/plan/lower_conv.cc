// SPDX-License-Identifier: Apache-2.0
// Channels-last convolutions: to the depthwise family where every channel has its own filter, else to the one that
// conv_family() names.
#include <array>
#include <limits>

#include "kernels/conv/conv.h"
#include "kernels/conv_families.h"
#include "kernels/depthwise/depthwise.h"
#include "paperkite/try.h"
#include "plan/lowering.h"

namespace kite {

namespace {

// The shape of one internal Conv in the 32-bit numbers that kernels use.
struct ConvShape {
  std::int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
  std::int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, groups;
  bool input_planar;
};

bool fits_int32(std::span<const std::int64_t> dims) {
  for (const std::int64_t dim : dims) {
    if (dim > std::numeric_limits<std::int32_t>::max()) return false;
  }
  return true;
}

// False for shapes with a dimension of 2^31 or more: those stay with the portable operator.
bool read_shape(const Lowering& lowering, const Node& node, ConvShape& shape) {
  const Shape& x = lowering.shape(node.inputs[0]);
  const Shape& w = lowering.shape(node.inputs[1]);
  const Shape& y = lowering.shape(node.outputs[0]);
  const auto strides = node.attributes.get_ints("strides");
  const auto pads = node.attributes.get_ints("pads");
  const auto dilations = node.attributes.get_ints("dilations");
  for (const auto numbers : {x.dims(), w.dims(), y.dims(), strides, pads, dilations}) {
    if (!fits_int32(numbers)) return false;
  }
  const auto i32 = [](std::int64_t n) { return static_cast<std::int32_t>(n); };
  const auto at = [&](std::span<const std::int64_t> list, std::size_t i, std::int64_t fallback) {
    return i32(i < list.size() ? list[i] : fallback);
  };
  shape.input_planar = node.attributes.get_string("input_layout", "nhwc") == "nchw";
  const int h = shape.input_planar ? 2 : 1;
  shape.batch = i32(x[0]);
  shape.in_h = i32(x[h]);
  shape.in_w = i32(x[h + 1]);
  shape.in_c = i32(x[shape.input_planar ? 1 : 3]);
  shape.out_h = i32(y[1]);
  shape.out_w = i32(y[2]);
  shape.out_c = i32(y[3]);
  shape.kernel_h = i32(w[2]);
  shape.kernel_w = i32(w[3]);
  shape.stride_h = at(strides, 0, 1);
  shape.stride_w = at(strides, 1, 1);
  shape.dilation_h = at(dilations, 0, 1);
  shape.dilation_w = at(dilations, 1, 1);
  shape.pad_top = at(pads, 0, 0);
  shape.pad_left = at(pads, 1, 0);
  shape.groups = i32(node.attributes.get_int("group", 1));
  return true;
}

std::uint64_t conv_macs(const ConvShape& s) {
  return static_cast<std::uint64_t>(s.batch) * static_cast<std::uint64_t>(s.out_h) *
         static_cast<std::uint64_t>(s.out_w) * static_cast<std::uint64_t>(s.out_c) *
         static_cast<std::uint64_t>(s.kernel_h) * static_cast<std::uint64_t>(s.kernel_w) *
         static_cast<std::uint64_t>(s.in_c / s.groups);
}

// Weights, bias and residual of a Conv; weights are packed by `pack` when the plan's memory exists.
std::vector<OperandId> conv_inputs(Lowering& lowering, const Node& node, OperandId packed) {
  std::vector<OperandId> inputs{lowering.operand(node.inputs[0]), packed};
  for (std::size_t i = 2; i < 4; ++i) {
    inputs.push_back(lowering.operand(i < node.inputs.size() ? node.inputs[i] : kNoValue));
  }
  return inputs;
}

void lower_depthwise(Lowering& lowering, NodeId id, const ConvShape& s, const ActivationForm& act) {
  const Node& node = lowering.graph().node(id);
  const DepthwiseParams params{s.batch,    s.in_h,     s.in_w,     s.in_c,     s.out_h,      s.out_w,
                               s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.dilation_h, s.dilation_w,
                               s.pad_top,  s.pad_left, act.kind,   act.a,      act.b};
  const KernelInfo& kernel = select_depthwise(params, lowering.isa());
  const TensorView weights = *lowering.graph().value(node.inputs[1]).constant;
  const OperandId packed =
      lowering.constant(depthwise_packed_bytes(params, kernel), [params, &kernel, weights](std::byte* out) {
        pack_depthwise(params, kernel, weights.as<float>(), reinterpret_cast<float*>(out));
      });
  LoweredStep& step =
      lowering.step(id, kernel, params, conv_inputs(lowering, node, packed), {lowering.operand(node.outputs[0])});
  step.scratch_bytes = depthwise_scratch_bytes(params, kernel);
  step.max_parts = depthwise_max_parts(params);
  step.macs = conv_macs(s);
}

Result<bool> lower_conv(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  ConvShape s{};
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || !lowering.graph().is_constant(node.inputs[1]) ||
      lowering.shape(node.outputs[0]).elements() == 0 || lowering.shape(node.inputs[0]).elements() == 0 ||
      !read_shape(lowering, node, s)) {
    return false;
  }
  KITE_TRY_ASSIGN(const ActivationForm act, activation_of(node.attributes));
  if (s.groups == s.in_c && s.out_c == s.in_c && !s.input_planar && s.groups > 1) {
    lower_depthwise(lowering, id, s, act);
    return true;
  }
  const ConvParams params{s.batch,
                          s.in_h,
                          s.in_w,
                          s.in_c,
                          s.out_h,
                          s.out_w,
                          s.out_c,
                          s.kernel_h,
                          s.kernel_w,
                          s.stride_h,
                          s.stride_w,
                          s.dilation_h,
                          s.dilation_w,
                          s.pad_top,
                          s.pad_left,
                          s.groups,
                          s.input_planar ? 1 : 0,
                          act.kind,
                          act.a,
                          act.b};
  const TensorView weights = *lowering.graph().value(node.inputs[1]).constant;
  const ConvFamily& family = conv_family(params, lowering.isa());
  const KernelInfo& kernel = family.select(params, lowering.isa());
  const OperandId packed = lowering.constant(family.packed_bytes(params, kernel),
                                             [params, pack = family.pack, &kernel, weights](std::byte* out) {
                                               pack(params, kernel, weights.as<float>(), reinterpret_cast<float*>(out));
                                             });
  LoweredStep& step =
      lowering.step(id, kernel, params, conv_inputs(lowering, node, packed), {lowering.operand(node.outputs[0])});
  step.scratch_bytes = family.scratch_bytes(params, kernel);
  step.max_parts = conv_max_parts(params);
  step.macs = conv_macs(s);
  return true;
}

constexpr LowerRule kRules[] = {{kInternalDomain, "Conv", lower_conv}};

}  // namespace

std::span<const LowerRule> conv_rules() noexcept { return kRules; }

}  // namespace kite
