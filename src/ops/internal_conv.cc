// SPDX-License-Identifier: Apache-2.0
// paperkite.Conv: y = act(conv(x, w) + bias + residual) on channels-last tensors.
// x [N,H,W,C], or [N,C,H,W] with input_layout="nchw"; w [K,C/group,R,S] as in ONNX; bias [K] and residual [N,P,Q,K]
// may be left out; y [N,P,Q,K]. pads are always explicit.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ops/activate.h"
#include "ops/convolution.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/window.h"
#include "paperkite/try.h"

namespace kite {
namespace {

ConvLayout input_layout(const Attributes& attributes) {
  return attributes.get_string("input_layout", "nhwc") == "nchw" ? ConvLayout::kChannelsFirst
                                                                 : ConvLayout::kChannelsLast;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 4));
  KITE_TRY(context.get_string("input_layout", "nhwc"));
  const std::string_view layout = context.attributes().get_string("input_layout", "nhwc");
  if (layout != "nhwc" && layout != "nchw") {
    return context.invalid("attribute 'input_layout' is \"" + std::string(layout) +
                           "\", expected \"nhwc\" or \"nchw\"");
  }
  if (context.shape(0).rank() != 4) {
    return context.invalid("input has shape " + context.shape(0).to_string() + ", expected rank 4");
  }
  KITE_TRY(check_activation(context));
  KITE_TRY_ASSIGN(const Convolution conv, infer_convolution(context, input_layout(context.attributes())));
  const std::array dims{conv.batch, conv.window.height().out, conv.window.width().out, conv.out_channels};
  KITE_TRY(context.set_output(0, context.input(0).dtype, dims));  // also checks what make() checks again
  KITE_TRY_ASSIGN(const Shape out, Shape::make(dims));
  if (context.has_input(3)) {
    KITE_TRY(context.require_same_dtype(0, 3));
    if (context.shape(3) != out) {
      return context.invalid("residual has shape " + context.shape(3).to_string() + ", expected " + out.to_string());
    }
  }
  return {};
}

// Distances in elements between neighbours of x along each axis.
struct Steps {
  std::int64_t channel;
  std::int64_t column;
  std::int64_t row;
};

Steps steps_of(const Convolution& conv, ConvLayout layout) {
  const std::int64_t width = conv.window.width().in;
  if (layout == ConvLayout::kChannelsLast) return {1, conv.in_channels, width * conv.in_channels};
  return {conv.window.height().in * width, 1, width};
}

// Output channels that are summed at a time, so that one load of x serves several sums.
constexpr std::int64_t kBlock = 8;
using Sums = std::array<double, kBlock>;

// Sums for one output pixel and `count` output channels from `k` on. `x` is the picture at the group's first channel.
template <typename T>
void sum_pixel(const Convolution& conv, const Steps& steps, const T* x, const T* w, std::int64_t oh, std::int64_t ow,
               std::int64_t count, Sums& sums) {
  const WindowAxis& height = conv.window.height();
  const WindowAxis& width = conv.window.width();
  const std::int64_t plane = height.kernel * width.kernel;  // from one input channel to the next in w
  const std::int64_t filter = conv.in_per_group() * plane;  // from one output channel to the next
  for (std::int64_t r = height.first_tap(oh); r < height.last_tap(oh); ++r) {
    const T* x_row = x + (height.start(oh) + r * height.dilation) * steps.row;
    for (std::int64_t s = width.first_tap(ow); s < width.last_tap(ow); ++s) {
      const T* x_pixel = x_row + (width.start(ow) + s * width.dilation) * steps.column;
      const T* w_tap = w + r * width.kernel + s;
      for (std::int64_t c = 0; c < conv.in_per_group(); ++c) {
        const auto value = static_cast<double>(x_pixel[c * steps.channel]);
        const T* w_channel = w_tap + c * plane;
        for (std::int64_t i = 0; i < count; ++i) {
          sums[static_cast<std::size_t>(i)] += value * static_cast<double>(w_channel[i * filter]);
        }
      }
    }
  }
}

template <typename T>
void convolve(const ComputeContext& context, const Convolution& conv, const Steps& steps) {
  const T* x = context.inputs[0].as<T>();
  const T* w = context.inputs[1].as<T>();
  const T* bias = context.has_input(2) ? context.inputs[2].as<T>() : nullptr;
  const T* residual = context.has_input(3) ? context.inputs[3].as<T>() : nullptr;
  T* y = context.outputs[0].as<T>();
  const ActivationFunction activation(context.attributes);
  const WindowAxis& height = conv.window.height();
  const WindowAxis& width = conv.window.width();
  const std::int64_t filter = conv.in_per_group() * height.kernel * width.kernel;
  const std::int64_t picture = conv.in_channels * height.in * width.in;
  const auto [first, last] = context.share.of(conv.batch * height.out * width.out, 1);
  for (std::int64_t pixel = first; pixel < last; ++pixel) {
    const std::int64_t n = pixel / width.out / height.out, oh = pixel / width.out % height.out, ow = pixel % width.out;
    const std::int64_t at = pixel * conv.out_channels;
    for (std::int64_t g = 0; g < conv.group; ++g) {
      const T* x_group = x + n * picture + g * conv.in_per_group() * steps.channel;
      const std::int64_t end = (g + 1) * conv.out_per_group();
      for (std::int64_t k = g * conv.out_per_group(); k < end; k += kBlock) {
        const std::int64_t count = std::min(kBlock, end - k);
        Sums sums{};
        for (std::int64_t i = 0; i < count; ++i) {
          if (bias != nullptr) sums[static_cast<std::size_t>(i)] += static_cast<double>(bias[k + i]);
          if (residual != nullptr) sums[static_cast<std::size_t>(i)] += static_cast<double>(residual[at + k + i]);
        }
        sum_pixel(conv, steps, x_group, w + k * filter, oh, ow, count, sums);
        for (std::int64_t i = 0; i < count; ++i) {
          y[at + k + i] = static_cast<T>(activation(sums[static_cast<std::size_t>(i)]));
        }
      }
    }
  }
}

Status compute(const ComputeContext& context) {
  const ConvLayout layout = input_layout(context.attributes);
  KITE_TRY_ASSIGN(const Convolution conv, read_convolution(context, layout));
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    convolve<T>(context, conv, steps_of(conv, layout));
    return {};
  });
}

}  // namespace

extern const Operator kInternalConvOperator{"paperkite",        "Conv", 0,       1000,
                                            "two spatial axes", infer,  compute, Sharing::kShared};

}  // namespace kite
