// SPDX-License-Identifier: Apache-2.0
// DeformConv: a convolution whose tap t of output o reads x at o*stride - pad + t*dilation + offset[t,o], by bilinear
// interpolation with zeros outside the picture, times mask[t,o]. Channels in `offset_group` runs have own offsets.
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/checked.h"
#include "ops/convolution.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/window.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Inputs: x, weights, offsets, bias, mask.
Status check_side_input(const InferContext& context, int i, const char* name, const Convolution& conv,
                        std::int64_t channels) {
  KITE_TRY(context.require_same_dtype(0, i));
  const Shape& shape = context.shape(i);
  if (shape.rank() == 4 && shape[0] == conv.batch && shape[1] == channels && shape[2] == conv.window.height().out &&
      shape[3] == conv.window.width().out) {
    return {};
  }
  return context.invalid(std::string("input '") + name + "' has shape " + shape.to_string() + ", expected [" +
                         std::to_string(conv.batch) + "," + std::to_string(channels) + "," +
                         std::to_string(conv.window.height().out) + "," + std::to_string(conv.window.width().out) +
                         "]");
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 5));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.require_same_dtype(0, 1));
  if (context.shape(0).rank() != 4) {
    return context.unsupported("input has shape " + context.shape(0).to_string() + ", supported are 2 spatial axes");
  }
  KITE_TRY_ASSIGN(const Convolution conv, infer_geometry(context, ConvLayout::kChannelsFirst, 1));
  KITE_TRY_ASSIGN(const std::int64_t groups, context.get_int("offset_group", 1));
  if (groups < 1 || conv.in_channels % groups != 0) {
    return context.invalid("attribute 'offset_group' is " + std::to_string(groups) + ", the input has " +
                           std::to_string(conv.in_channels) + " channels");
  }
  const Shape& w = context.shape(1);
  const auto taps = (Checked(groups) * w[2] * w[3] * 2).exact();
  if (!taps) return context.invalid("weights " + w.to_string() + " are too large");
  KITE_TRY(check_side_input(context, 2, "offset", conv, *taps));
  if (context.has_input(3)) {
    KITE_TRY(context.require_same_dtype(0, 3));
    if (context.shape(3).rank() != 1 || context.shape(3)[0] != conv.out_channels) {
      return context.invalid("input 'B' has shape " + context.shape(3).to_string() + ", expected [" +
                             std::to_string(conv.out_channels) + "]");
    }
  }
  if (context.has_input(4)) KITE_TRY(check_side_input(context, 4, "mask", conv, *taps / 2));
  const Checked products = Checked(conv.in_per_group()) * w[2] * w[3];
  context.set_products(products.capped());
  context.set_terms((products * 4).capped());
  return context.set_output(
      0, context.input(0).dtype,
      std::array{conv.batch, conv.out_channels, conv.window.height().out, conv.window.width().out});
}

// The four pixels around a point, those outside the picture without weight.
struct Sample {
  std::array<std::int64_t, 4> at{};
  std::array<double, 4> weight{};
};

Sample sample_at(double y, double x, std::int64_t height, std::int64_t width) {
  Sample sample;
  // Also false where an offset is NaN; beyond the border by a pixel or more nothing is read.
  const bool is_near = y > -1 && x > -1 && y < static_cast<double>(height) && x < static_cast<double>(width);
  if (!is_near) return sample;
  const auto top = static_cast<std::int64_t>(std::floor(y)), left = static_cast<std::int64_t>(std::floor(x));
  const double down = y - static_cast<double>(top), right = x - static_cast<double>(left);
  for (int i = 0; i < 4; ++i) {
    const std::int64_t row = top + i / 2, column = left + i % 2;
    if (row < 0 || row >= height || column < 0 || column >= width) continue;
    sample.at[static_cast<std::size_t>(i)] = row * width + column;
    sample.weight[static_cast<std::size_t>(i)] = (i / 2 == 1 ? down : 1 - down) * (i % 2 == 1 ? right : 1 - right);
  }
  return sample;
}

template <typename T>
void convolve(const ComputeContext& context, const Convolution& conv) {
  const WindowAxis& height = conv.window.height();
  const WindowAxis& width = conv.window.width();
  const std::int64_t offset_groups = context.attributes.get_int("offset_group", 1);
  const std::int64_t group_channels = conv.in_channels / offset_groups;
  const std::int64_t taps = height.kernel * width.kernel;
  const std::int64_t in_pixels = height.in * width.in, out_pixels = height.out * width.out;
  const T* offsets = context.inputs[2].as<T>();
  const T* mask = context.has_input(4) ? context.inputs[4].as<T>() : nullptr;
  const auto [first, last] = context.share.of(conv.batch * conv.out_channels * out_pixels, 16);
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t pixel = i % out_pixels, k = i / out_pixels % conv.out_channels;
    const std::int64_t n = i / out_pixels / conv.out_channels;
    const std::int64_t begin = k / conv.out_per_group() * conv.in_per_group();
    double sum = context.has_input(3) ? static_cast<double>(context.inputs[3].as<T>()[k]) : 0;
    for (std::int64_t c = 0; c < conv.in_per_group(); ++c) {
      const T* x = context.inputs[0].as<T>() + (n * conv.in_channels + begin + c) * in_pixels;
      const T* w = context.inputs[1].as<T>() + (k * conv.in_per_group() + c) * taps;
      const std::int64_t group = n * offset_groups + (begin + c) / group_channels;
      for (std::int64_t t = 0; t < taps; ++t) {
        const T* shift = offsets + (group * taps + t) * 2 * out_pixels + pixel;
        const Sample sample =
            sample_at(static_cast<double>(height.start(pixel / width.out) + t / width.kernel * height.dilation) +
                          static_cast<double>(shift[0]),
                      static_cast<double>(width.start(pixel % width.out) + t % width.kernel * width.dilation) +
                          static_cast<double>(shift[out_pixels]),
                      height.in, width.in);
        double value = 0;
        for (std::size_t j = 0; j < 4; ++j) {
          if (sample.weight[j] != 0) value += sample.weight[j] * static_cast<double>(x[sample.at[j]]);
        }
        if (mask != nullptr) value *= static_cast<double>(mask[(group * taps + t) * out_pixels + pixel]);
        sum += value * static_cast<double>(w[t]);
      }
    }
    context.outputs[0].as<T>()[i] = static_cast<T>(sum);
  }
}

Status compute(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Convolution conv, read_convolution(context, ConvLayout::kChannelsFirst));
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    convolve<T>(context, conv);
    return {};
  });
}

}  // namespace

extern constinit const Operator kDeformConvOperator = {
    "", "DeformConv", 19, kLastOpset, "2 spatial axes", infer, compute, Sharing::kShared};

}  // namespace kite
