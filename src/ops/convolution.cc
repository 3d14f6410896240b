// SPDX-License-Identifier: Apache-2.0
// The checks that stand between a convolution node from a file and its loops.
#include "ops/convolution.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// x.rank() >= 3 and w.rank() == x.rank() hold.
Convolution dimensions(const Shape& x, const Shape& w, std::int64_t group, ConvLayout layout) {
  Convolution conv;
  conv.batch = x[0];
  conv.in_channels = layout == ConvLayout::kChannelsFirst ? x[1] : x[x.rank() - 1];
  conv.out_channels = w[0];
  conv.group = group;
  return conv;
}

std::span<const std::int64_t> spatial(const Shape& x, ConvLayout layout) {
  const auto count = static_cast<std::size_t>(x.rank() - 2);
  return x.dims().subspan(layout == ConvLayout::kChannelsFirst ? 2 : 1, count);
}

Status check_channels(const InferContext& context, const Convolution& conv, const Shape& w) {
  const std::string group = "group=" + std::to_string(conv.group) + " (attribute 'group')";
  if (conv.group < 1) return context.invalid(group + ", expected at least 1");
  if (conv.in_channels % conv.group != 0) {
    return context.invalid(group + " does not divide the input's " + std::to_string(conv.in_channels) + " channels");
  }
  if (conv.out_channels % conv.group != 0) {
    return context.invalid(group + " does not divide the " + std::to_string(conv.out_channels) +
                           " output channels of weights " + w.to_string());
  }
  if (w[1] != conv.in_per_group()) {
    return context.invalid("weights " + w.to_string() + " expect " + std::to_string(w[1]) +
                           " channels per group, the input has " + std::to_string(conv.in_channels) + " channels in " +
                           std::to_string(conv.group) + " group(s)");
  }
  return {};
}

Status check_bias(const InferContext& context, std::int64_t out_channels) {
  if (!context.has_input(2)) return {};
  KITE_TRY(context.require_same_dtype(0, 2));
  const Shape& bias = context.shape(2);
  if (bias.rank() == 1 && bias[0] == out_channels) return {};
  return context.invalid("bias has shape " + bias.to_string() + ", expected [" + std::to_string(out_channels) + "]");
}

// The attribute repeats what the weights say; it may not contradict them.
Status check_kernel_shape(const InferContext& context, std::span<const std::int64_t> kernel, const Shape& w) {
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> stated, context.get_ints("kernel_shape"));
  if (stated.empty() || std::ranges::equal(stated, kernel)) return {};
  std::string text;
  for (const std::int64_t size : stated) text += (text.empty() ? "" : ",") + std::to_string(size);
  return context.invalid("attribute 'kernel_shape' is [" + text + "] but the weights have shape " + w.to_string());
}

}  // namespace

Result<Convolution> infer_convolution(InferContext& context, ConvLayout layout) {
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY_ASSIGN(const Convolution conv, infer_geometry(context, layout, 1));
  KITE_TRY(check_bias(context, conv.out_channels));
  return conv;
}

Result<Convolution> infer_geometry(InferContext& context, ConvLayout layout, int weights) {
  const Shape& x = context.shape(0);
  const Shape& w = context.shape(weights);
  if (x.rank() < 3) {
    return context.invalid("input has shape " + x.to_string() + ", expected batch, channels and spatial axes");
  }
  if (w.rank() != x.rank()) {
    return context.invalid("weights have rank " + std::to_string(w.rank()) + " " + w.to_string() +
                           ", the input has rank " + std::to_string(x.rank()) + " " + x.to_string());
  }
  KITE_TRY_ASSIGN(const std::int64_t group, context.get_int("group", 1));
  Convolution conv = dimensions(x, w, group, layout);
  KITE_TRY(check_channels(context, conv, w));
  KITE_TRY(check_kernel_shape(context, w.dims().subspan(2), w));
  KITE_TRY_ASSIGN(conv.window, infer_window(context, spatial(x, layout), w.dims().subspan(2), WindowUse::kConvolution));
  context.set_products((Checked(conv.in_per_group()) * conv.window.taps()).capped());
  return conv;
}

Result<Convolution> read_convolution(const ComputeContext& context, ConvLayout layout, std::size_t weights) {
  const Shape& x = context.inputs[0].type.shape;
  const Shape& w = context.inputs[weights].type.shape;
  Convolution conv = dimensions(x, w, context.attributes.get_int("group", 1), layout);
  KITE_TRY_ASSIGN(conv.window,
                  make_window(context.attributes, spatial(x, layout), w.dims().subspan(2), WindowUse::kConvolution));
  return conv;
}

Window with_long_rows(Window window) noexcept {
  const auto is_pointwise = [](const WindowAxis& axis) {
    return axis.kernel == 1 && axis.stride == 1 && axis.pad_begin == 0 && axis.pad_end == 0;
  };
  WindowAxis& height = window.axes[1];
  WindowAxis& width = window.axes[2];
  if (is_pointwise(height) && is_pointwise(width)) {
    width.in *= height.in;
    width.out *= height.out;
    height = WindowAxis{};
  }
  return window;
}

}  // namespace kite
