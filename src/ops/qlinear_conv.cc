// SPDX-License-Identifier: Apache-2.0
// ConvInteger: y[n,k,o] = sum over c,t of (x[n, c, o*stride - pad + t*dilation] - x_zero) * (w[k, c, t] - w_zero[k]) in
// 32 bits, which wrap; padding adds nothing. QLinearConv adds a bias, and rounds the sum * x_scale * w_scale[k] /
// y_scale to y's 8 bits.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "ops/convolution.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/quantization.h"
#include "ops/window.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status set_convolved(InferContext& context, const Convolution& conv, DType dtype) {
  std::array<std::int64_t, kMaxSpatial + 2> dims{conv.batch, conv.out_channels};
  std::size_t rank = 2;
  for (const WindowAxis& axis : conv.window.spatial()) dims[rank++] = axis.out;
  return context.set_output(0, dtype, std::span<const std::int64_t>(dims).first(rank));
}

Status infer_integer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 4));
  KITE_TRY(require_dtype(context, 0, QuantizedTypes{}));
  KITE_TRY(require_dtype(context, 1, QuantizedTypes{}));
  KITE_TRY_ASSIGN(const Convolution conv, infer_geometry(context, ConvLayout::kChannelsFirst, 1));
  KITE_TRY(require_zero_point(context, 2, context.input(0).dtype));
  KITE_TRY(require_zero_point(context, 3, context.input(1).dtype, conv.out_channels));
  return set_convolved(context, conv, DType::kInt32);
}

Status check_integer_bias(const InferContext& context, std::int64_t channels) {
  if (!context.has_input(8)) return {};
  const TensorType& bias = context.input(8);
  if (bias.dtype == DType::kInt32 && bias.shape.rank() == 1 && bias.shape[0] == channels) return {};
  return context.invalid("the bias is " + std::string(dtype_name(bias.dtype)) + bias.shape.to_string() +
                         ", expected int32[" + std::to_string(channels) + "]");
}

Status infer_qlinear(InferContext& context) {
  KITE_TRY(context.require_inputs(8, 9));
  KITE_TRY(require_dtype(context, 0, QuantizedTypes{}));
  KITE_TRY(require_dtype(context, 3, QuantizedTypes{}));
  KITE_TRY_ASSIGN(const Convolution conv, infer_geometry(context, ConvLayout::kChannelsFirst, 3));
  KITE_TRY(require_scale(context, 1));
  KITE_TRY(require_zero_point(context, 2, context.input(0).dtype));
  KITE_TRY(require_scale(context, 4, conv.out_channels));
  KITE_TRY(require_zero_point(context, 5, context.input(3).dtype, conv.out_channels));
  KITE_TRY(require_scale(context, 6));
  KITE_TRY(context.require_same_dtype(1, 4));
  KITE_TRY(context.require_same_dtype(1, 6));
  KITE_TRY_ASSIGN(const DType dtype, result_type(context, 7));
  KITE_TRY(check_integer_bias(context, conv.out_channels));
  return set_convolved(context, conv, dtype);
}

// Outputs that are summed at a time; the sums stay in L1.
constexpr std::int64_t kBlock = 64;
// Unsigned, whose overflow wraps.
using Sums = std::array<std::uint32_t, kBlock>;

// Adds one input row, as seen through the kernel row `taps`, to the sums of outputs [begin, begin + kBlock).
template <typename X, typename W>
void add_row(const WindowAxis& width, const X* row, std::int32_t x_zero, const W* taps, std::int32_t w_zero,
             std::int64_t begin, std::uint32_t* sums) {
  for (std::int64_t t = 0; t < width.kernel; ++t) {
    const std::int32_t weight = taps[t] - w_zero;
    if (weight == 0) continue;
    const std::int64_t first = std::max(width.first_output(t), begin);
    const std::int64_t count = std::min(width.last_output(t), begin + kBlock) - first;
    if (count <= 0) continue;
    const X* in = row + first * width.stride + t * width.dilation - width.pad_begin;
    std::uint32_t* out = sums + (first - begin);
    if (width.stride == 1) {  // apart, so that it becomes vectors
      for (std::int64_t i = 0; i < count; ++i) out[i] += static_cast<std::uint32_t>(weight * (in[i] - x_zero));
    } else {
      for (std::int64_t i = 0; i < count; ++i) {
        out[i] += static_cast<std::uint32_t>(weight * (in[i * width.stride] - x_zero));
      }
    }
  }
}

// One output channel of one picture. Calls store(i, sum) for each of its outputs.
template <typename X, typename W, typename Store>
void convolve_plane(const Window& window, std::int64_t channels, const X* x, std::int32_t x_zero, const W* w,
                    std::int32_t w_zero, std::int32_t bias, Store store) {
  const auto& [depth, height, width] = window.axes;
  std::int64_t at = 0;
  Sums sums{};
  for (std::int64_t od = 0; od < depth.out; ++od) {
    for (std::int64_t oh = 0; oh < height.out; ++oh) {
      for (std::int64_t begin = 0; begin < width.out; begin += kBlock) {
        sums.fill(static_cast<std::uint32_t>(bias));
        for (std::int64_t c = 0; c < channels; ++c) {
          for (std::int64_t td = depth.first_tap(od); td < depth.last_tap(od); ++td) {
            const std::int64_t id = depth.start(od) + td * depth.dilation;
            for (std::int64_t th = height.first_tap(oh); th < height.last_tap(oh); ++th) {
              const std::int64_t ih = height.start(oh) + th * height.dilation;
              add_row(width, x + ((c * depth.in + id) * height.in + ih) * width.in, x_zero,
                      w + ((c * depth.kernel + td) * height.kernel + th) * width.kernel, w_zero, begin, sums.data());
            }
          }
        }
        const std::int64_t count = std::min(kBlock, width.out - begin);
        for (std::int64_t i = 0; i < count; ++i) {
          store(at + i, static_cast<std::int32_t>(sums[static_cast<std::size_t>(i)]));
        }
        at += count;
      }
    }
  }
}

// What the two operators read from where.
struct Operands {
  std::size_t weights;
  std::int32_t x_zero;
  ZeroPoints w_zeros;
  const std::int32_t* bias;  // may be null
};

// Calls store(k, i, sum) with output channel k and element i of y for all outputs.
template <typename Store>
Status convolve(const ComputeContext& context, const Operands& operands, Store store) {
  KITE_TRY_ASSIGN(const Convolution conv, read_convolution(context, ConvLayout::kChannelsFirst, operands.weights));
  const Window window = with_long_rows(conv.window);
  const std::int64_t channels = conv.in_per_group();
  const Shape& shape = context.inputs[operands.weights].type.shape;
  const std::int64_t filter = shape.elements(1, shape.rank());
  return dispatch(QuantizedTypes{}, context.inputs[0].type.dtype, [&]<typename X>() -> Status {
    const X* x = context.inputs[0].as<X>();
    return dispatch(QuantizedTypes{}, context.inputs[operands.weights].type.dtype, [&]<typename W>() -> Status {
      const W* w = context.inputs[operands.weights].as<W>();
      const auto [first, last] = context.share.of(conv.batch * conv.out_channels, 1);
      for (std::int64_t plane = first; plane < last; ++plane) {
        const std::int64_t n = plane / conv.out_channels;
        const std::int64_t k = plane % conv.out_channels;
        const std::int64_t first_channel = n * conv.in_channels + k / conv.out_per_group() * channels;
        const std::int64_t first_output = plane * window.out_pixels();
        convolve_plane(window, channels, x + first_channel * window.in_pixels(), operands.x_zero, w + k * filter,
                       operands.w_zeros[k], operands.bias == nullptr ? 0 : operands.bias[k],
                       [&](std::int64_t i, std::int32_t sum) { store(k, first_output + i, sum); });
      }
      return {};
    });
  });
}

Status compute_integer(const ComputeContext& context) {
  std::int32_t* y = context.outputs[0].as<std::int32_t>();
  const Operands operands{1, ZeroPoints(context, 2)[0], ZeroPoints(context, 3), nullptr};
  return convolve(context, operands, [y](std::int64_t, std::int64_t i, std::int32_t sum) { y[i] = sum; });
}

Status compute_qlinear(const ComputeContext& context) {
  const Operands operands{3, ZeroPoints(context, 2)[0], ZeroPoints(context, 5),
                          context.has_input(8) ? context.inputs[8].as<std::int32_t>() : nullptr};
  return dispatch(FloatTypes{}, context.inputs[1].type.dtype, [&]<typename T>() -> Status {
    const T x_scale = Scales<T>(context.inputs[1])[0];
    const Scales<T> w_scales(context.inputs[4]);
    const QuantizedResult<T> y(context, 6, 7);
    return convolve(context, operands, [&](std::int64_t k, std::int64_t i, std::int32_t sum) {
      y.store(i, static_cast<T>(sum) * (x_scale * w_scales[k] / y.scale));
    });
  });
}

}  // namespace

extern const Operator kConvIntegerOperator{
    "", "ConvInteger", 10, kLastOpset, "1 to 3 spatial axes", infer_integer, compute_integer, Sharing::kShared};
extern const Operator kQLinearConvOperator{"",
                                           "QLinearConv",
                                           10,
                                           kLastOpset,
                                           "1 to 3 spatial axes; float32 scales",
                                           infer_qlinear,
                                           compute_qlinear,
                                           Sharing::kShared};

}  // namespace kite
