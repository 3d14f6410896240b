// SPDX-License-Identifier: Apache-2.0
// y[n,k,o] = bias[k] + sum over c,t of x[n, c, o*stride - pad + t*dilation] * w[k, c, t], c within k's group; o and t
// run over 1 to 3 spatial axes, and x is 0 in the padding. Sums are float64 and rounded once.
#include <algorithm>
#include <array>
#include <cstdint>

#include "ops/convolution.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/window.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 3));
  KITE_TRY_ASSIGN(const Convolution conv, infer_convolution(context, ConvLayout::kChannelsFirst));
  std::array<std::int64_t, kMaxSpatial + 2> dims{conv.batch, conv.out_channels};
  std::size_t rank = 2;
  for (const WindowAxis& axis : conv.window.spatial()) dims[rank++] = axis.out;
  return context.set_output(0, context.input(0).dtype, std::span<const std::int64_t>(dims).first(rank));
}

// Outputs that are summed at a time. Rows of RegNet and ResNet are at most 112 wide; 64 doubles stay in L1.
constexpr std::int64_t kBlock = 64;

// Adds one input row, as seen through the kernel row `taps`, to the sums of outputs [begin, begin + kBlock).
template <typename T>
void add_row(const WindowAxis& width, const T* row, const T* taps, std::int64_t begin, double* sums) {
  for (std::int64_t t = 0; t < width.kernel; ++t) {
    const auto weight = static_cast<double>(taps[t]);
    const std::int64_t first = std::max(width.first_output(t), begin);
    const std::int64_t last = std::min(width.last_output(t), begin + kBlock);
    // row[o * stride + shift] is the input under output o.
    const std::int64_t shift = t * width.dilation - width.pad_begin;
    for (std::int64_t o = first; o < last; ++o) {
      sums[o - begin] += weight * static_cast<double>(row[o * width.stride + shift]);
    }
  }
}

// One output channel of one picture: `x` are the planes of its group, `w` its [C/group, kernel...] weights.
template <typename T>
void convolve_plane(const Window& window, std::int64_t channels, const T* x, const T* w, double bias, T* y) {
  const WindowAxis& depth = window.depth();
  const WindowAxis& height = window.height();
  const WindowAxis& width = window.width();
  std::array<double, kBlock> sums{};
  for (std::int64_t od = 0; od < depth.out; ++od) {
    for (std::int64_t oh = 0; oh < height.out; ++oh) {
      for (std::int64_t begin = 0; begin < width.out; begin += kBlock) {
        sums.fill(bias);
        for (std::int64_t c = 0; c < channels; ++c) {
          for (std::int64_t td = depth.first_tap(od); td < depth.last_tap(od); ++td) {
            const std::int64_t id = depth.start(od) + td * depth.dilation;
            for (std::int64_t th = height.first_tap(oh); th < height.last_tap(oh); ++th) {
              const std::int64_t ih = height.start(oh) + th * height.dilation;
              add_row(width, x + ((c * depth.in + id) * height.in + ih) * width.in,
                      w + ((c * depth.kernel + td) * height.kernel + th) * width.kernel, begin, sums.data());
            }
          }
        }
        const std::int64_t count = std::min(kBlock, width.out - begin);
        for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(sums[static_cast<std::size_t>(i)]);
        y += count;
      }
    }
  }
}

Status compute(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Convolution conv, read_convolution(context, ConvLayout::kChannelsFirst));
  const Window window = with_long_rows(conv.window);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* x = context.inputs[0].as<T>();
    const T* w = context.inputs[1].as<T>();
    const T* bias = context.has_input(2) ? context.inputs[2].as<T>() : nullptr;
    T* y = context.outputs[0].as<T>();
    const std::int64_t channels = conv.in_per_group();
    const Shape& weights = context.inputs[1].type.shape;
    const std::int64_t filter = weights.elements(1, weights.rank());  // elements of one output channel
    const auto [first, last] = context.share.of(conv.batch * conv.out_channels, 1);
    for (std::int64_t plane = first; plane < last; ++plane) {
      const std::int64_t n = plane / conv.out_channels;
      const std::int64_t k = plane % conv.out_channels;
      const std::int64_t first_channel = n * conv.in_channels + k / conv.out_per_group() * channels;
      convolve_plane(window, channels, x + first_channel * window.in_pixels(), w + k * filter,
                     bias == nullptr ? 0.0 : static_cast<double>(bias[k]), y + plane * window.out_pixels());
    }
    return {};
  });
}

}  // namespace

extern const Operator kConvOperator{
    "", "Conv", 7, kLastOpset, "float32 and float64, 1 to 3 spatial axes", infer, compute, Sharing::kShared};

}  // namespace kite
