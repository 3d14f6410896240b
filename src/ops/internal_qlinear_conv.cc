// SPDX-License-Identifier: Apache-2.0
// paperkite.QLinearConv: QLinearConv on channels-last tensors. x [N,H,W,C], or [N,C,H,W] with input_layout="nchw";
// w [K,C/group,R,S]; y [N,P,Q,K]. It also stands for the convolutions of dynamic quantisation: where y has no scale, it
// is float32, sum * (x_scale * w_scale[k]) + bias[k]. A bias of real numbers may also be added before y is rounded.
// `low` and `high` are the limits of y's 8 bits.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ops/convolution.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/quantization.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias: as QLinearConv has them.
constexpr int kW = 3;
constexpr int kYScale = 6;
constexpr int kYZero = 7;
constexpr int kBias = 8;

ConvLayout input_layout(const Attributes& attributes) {
  return attributes.get_string("input_layout", "nhwc") == "nchw" ? ConvLayout::kChannelsFirst
                                                                 : ConvLayout::kChannelsLast;
}

Status check_bias(const InferContext& context, std::int64_t channels) {
  if (!context.has_input(kBias)) return {};
  const TensorType& bias = context.input(kBias);
  const DType real = context.input(1).dtype;
  const bool may_be_whole = context.has_input(kYScale);
  if ((bias.dtype == real || (may_be_whole && bias.dtype == DType::kInt32)) && bias.shape.rank() == 1 &&
      bias.shape[0] == channels) {
    return {};
  }
  return context.invalid("the bias is " + std::string(dtype_name(bias.dtype)) + bias.shape.to_string() + ", expected " +
                         std::string(dtype_name(may_be_whole ? DType::kInt32 : real)) + "[" + std::to_string(channels) +
                         "]");
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 9));
  KITE_TRY(require_dtype(context, 0, QuantizedTypes{}));
  if (!context.has_input(kW)) return context.invalid("input 3 must not be left out");
  KITE_TRY(require_dtype(context, kW, QuantizedTypes{}));
  if (context.shape(0).rank() != 4) {
    return context.invalid("input has shape " + context.shape(0).to_string() + ", expected rank 4");
  }
  KITE_TRY(context.get_string("input_layout", "nhwc"));
  KITE_TRY(context.get_int("low", 0));
  KITE_TRY(context.get_int("high", 0));
  KITE_TRY_ASSIGN(const Convolution conv, infer_geometry(context, input_layout(context.attributes()), kW));
  KITE_TRY(require_scale(context, 1));
  KITE_TRY(require_zero_point(context, 2, context.input(0).dtype));
  KITE_TRY(require_scale(context, 4, conv.out_channels));
  KITE_TRY(require_zero_point(context, 5, context.input(kW).dtype, conv.out_channels));
  KITE_TRY(context.require_same_dtype(1, 4));
  const std::array dims{conv.batch, conv.window.height().out, conv.window.width().out, conv.out_channels};
  KITE_TRY(check_bias(context, conv.out_channels));
  if (!context.has_input(kYScale)) {
    return context.set_output(0, context.input(1).dtype, dims);
  }
  KITE_TRY(require_scale(context, kYScale));
  KITE_TRY(context.require_same_dtype(1, kYScale));
  KITE_TRY_ASSIGN(const DType dtype, result_type(context, kYZero));
  return context.set_output(0, dtype, dims);
}

// The sum of output channel k at one pixel, in 32 bits, which wrap. `x`: the picture at the group's first channel.
template <typename X, typename W>
std::int32_t sum_of(const Convolution& conv, ConvLayout layout, const X* x, std::int32_t x_zero, const W* w,
                    std::int32_t w_zero, std::int64_t oh, std::int64_t ow) {
  const WindowAxis& height = conv.window.height();
  const WindowAxis& width = conv.window.width();
  const bool last = layout == ConvLayout::kChannelsLast;
  const std::int64_t pixel_step = last ? conv.in_channels : 1, channel_step = last ? 1 : height.in * width.in;
  std::uint32_t sum = 0;
  for (std::int64_t r = height.first_tap(oh); r < height.last_tap(oh); ++r) {
    for (std::int64_t s = width.first_tap(ow); s < width.last_tap(ow); ++s) {
      const X* pixel =
          x + ((height.start(oh) + r * height.dilation) * width.in + width.start(ow) + s * width.dilation) * pixel_step;
      const W* tap = w + r * width.kernel + s;
      for (std::int64_t c = 0; c < conv.in_per_group(); ++c) {
        sum += static_cast<std::uint32_t>((pixel[c * channel_step] - x_zero) *
                                          (tap[c * height.kernel * width.kernel] - w_zero));
      }
    }
  }
  return static_cast<std::int32_t>(sum);
}

// Calls store(k, i, sum) with output channel k and element i of y for all outputs of the share.
template <typename Store>
Status convolve(const ComputeContext& context, Store store) {
  const ConvLayout layout = input_layout(context.attributes);
  KITE_TRY_ASSIGN(const Convolution conv, read_convolution(context, layout, kW));
  const WindowAxis& height = conv.window.height();
  const WindowAxis& width = conv.window.width();
  const std::int64_t filter = conv.in_per_group() * height.kernel * width.kernel;
  const std::int64_t group_step =
      conv.in_per_group() * (layout == ConvLayout::kChannelsLast ? 1 : height.in * width.in);
  const std::int32_t x_zero = ZeroPoints(context, 2)[0];
  const ZeroPoints w_zeros(context, 5);
  return dispatch(QuantizedTypes{}, context.inputs[0].type.dtype, [&]<typename X>() -> Status {
    const X* x = context.inputs[0].as<X>();
    return dispatch(QuantizedTypes{}, context.inputs[kW].type.dtype, [&]<typename W>() -> Status {
      const W* w = context.inputs[kW].as<W>();
      const auto [first, last] = context.share.of(conv.batch * height.out * width.out, 1);
      for (std::int64_t pixel = first; pixel < last; ++pixel) {
        const std::int64_t n = pixel / width.out / height.out;
        const X* picture = x + n * conv.in_channels * height.in * width.in;
        for (std::int64_t k = 0; k < conv.out_channels; ++k) {
          store(k, pixel * conv.out_channels + k,
                sum_of(conv, layout, picture + k / conv.out_per_group() * group_step, x_zero, w + k * filter,
                       w_zeros[k], pixel / width.out % height.out, pixel % width.out));
        }
      }
      return {};
    });
  });
}

Status compute(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.inputs[1].type.dtype, [&]<typename T>() -> Status {
    const T x_scale = Scales<T>(context.inputs[1])[0];
    const Scales<T> w_scales(context.inputs[4]);
    if (!context.has_input(kYScale)) {
      const T* bias = context.has_input(kBias) ? context.inputs[kBias].as<T>() : nullptr;
      T* y = context.outputs[0].as<T>();
      return convolve(context, [&](std::int64_t k, std::int64_t i, std::int32_t sum) {
        y[i] = static_cast<T>(sum) * (x_scale * w_scales[k]) + (bias == nullptr ? T{0} : bias[k]);
      });
    }
    const QuantizedResult<T> y(context, kYScale, kYZero);
    const bool is_real = context.has_input(kBias) && context.inputs[kBias].type.dtype != DType::kInt32;
    const T* addend = is_real ? context.inputs[kBias].as<T>() : nullptr;
    const std::int32_t* bias =
        context.has_input(kBias) && !is_real ? context.inputs[kBias].as<std::int32_t>() : nullptr;
    const bool is_signed = context.outputs[0].type.dtype == DType::kInt8;
    const auto low = static_cast<std::int32_t>(context.attributes.get_int("low", is_signed ? -128 : 0));
    const auto high = static_cast<std::int32_t>(context.attributes.get_int("high", is_signed ? 127 : 255));
    const std::int32_t zero = y.rounding.zero();
    return convolve(context, [&](std::int64_t k, std::int64_t i, std::int32_t sum) {
      const auto all = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) +
                                                 static_cast<std::uint32_t>(bias == nullptr ? 0 : bias[k]));
      const T product = static_cast<T>(all) * (x_scale * w_scales[k] / y.scale);
      const std::int32_t q = y.rounding.centred(addend == nullptr ? product : product + addend[k] / y.scale) + zero;
      y.data[i] = static_cast<std::byte>(static_cast<std::uint8_t>(std::clamp(q, low, high)));
    });
  });
}

}  // namespace

extern const Operator kInternalQLinearConvOperator{"paperkite",        "QLinearConv", 0,       1000,
                                                   "two spatial axes", infer,         compute, Sharing::kShared};

}  // namespace kite
