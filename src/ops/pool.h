// SPDX-License-Identifier: Apache-2.0
// The loops that the pooling operators share, for channels-first and channels-last tensors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "ops/op.h"
#include "ops/window.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

enum class PoolLayout : std::uint8_t { kChannelsFirst, kChannelsLast };

struct Pooling {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  bool channels_last = false;
  Window window;
};

// For infer(): checks the attributes and sets the type of output 0, with the element type of input 0 by default.
[[nodiscard]] Result<Pooling> infer_pooling(InferContext& context, PoolLayout layout,
                                            std::optional<DType> dtype = std::nullopt);

// For compute(): what infer_pooling() accepted.
[[nodiscard]] Result<Pooling> read_pooling(const ComputeContext& context, PoolLayout layout);

// The taps [first, last) of one output along depth, height and width that lie inside the input.
struct PoolTaps {
  std::array<std::int64_t, kMaxSpatial> out{};  // the output's position
  std::array<std::int64_t, kMaxSpatial> first{};
  std::array<std::int64_t, kMaxSpatial> last{};
};

[[nodiscard]] PoolTaps pool_taps(const Window& window, std::int64_t od, std::int64_t oh, std::int64_t ow) noexcept;

// Calls fn(pixel) with the index of each input pixel under the taps, in row-major order.
template <typename Fn>
void for_each_pixel(const Window& window, const PoolTaps& taps, Fn&& fn) {
  const auto& [depth, height, width] = window.axes;
  for (std::int64_t td = taps.first[0]; td < taps.last[0]; ++td) {
    const std::int64_t id = depth.start(taps.out[0]) + td * depth.dilation;
    for (std::int64_t th = taps.first[1]; th < taps.last[1]; ++th) {
      const std::int64_t row = (id * height.in + height.start(taps.out[1]) + th * height.dilation) * width.in;
      const std::int64_t begin = row + width.start(taps.out[2]);
      for (std::int64_t tw = taps.first[2]; tw < taps.last[2]; ++tw) fn(begin + tw * width.dilation);
    }
  }
}

// Calls fn(x, step, taps, y, plane): x points at pixel 0 of one channel, pixels lie `step` elements apart, y is the
// output element, `plane` the number of the channel counted over the batch. Of the planes in this share.
template <typename T, typename Fn>
void for_each_window(const Pooling& pool, Share share, const T* x, T* y, Fn&& fn) {
  const Window& window = pool.window;
  const std::int64_t step = pool.channels_last ? pool.channels : 1;
  const auto [first, last] = share.of(pool.batch * pool.channels, pool.channels_last ? 16 : 1);
  for (std::int64_t plane = first; plane < last; ++plane) {
    const std::int64_t n = plane / pool.channels, c = plane % pool.channels;
    const T* in = x + n * pool.channels * window.in_pixels() + c * (pool.channels_last ? 1 : window.in_pixels());
    T* out = y + n * pool.channels * window.out_pixels() + c * (pool.channels_last ? 1 : window.out_pixels());
    for (std::int64_t od = 0; od < window.depth().out; ++od) {
      for (std::int64_t oh = 0; oh < window.height().out; ++oh) {
        for (std::int64_t ow = 0; ow < window.width().out; ++ow, out += step) {
          fn(in, step, pool_taps(window, od, oh, ow), out, plane);
        }
      }
    }
  }
}

}  // namespace kite
