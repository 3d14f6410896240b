// SPDX-License-Identifier: Apache-2.0
// The walk of a depthwise convolution: a share's rows are cut into bands of as many as a tile takes, each band into
// tiles from left to right, and a tile goes through all channels of the share. So pixels are read as long streams, each
// of them by two neighbouring tiles, while it is in L1 or L2.
#include "kernels/depthwise/geometry.h"
#include "kernels/depthwise/rows_call.h"
#include "kernels/depthwise/tile.inl"
#include "kernels/kernel.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// At most this much of the next step's weights is fetched: what the L2 of a small core holds beside the rows.
constexpr std::int64_t kFetchBytes = 384 * 1024;

constexpr bool kManyRegisters = kRegisters >= 32;

// Tiles of so many outputs of a row: one of these.
constexpr int kWide = 7, kMiddle = 4, kPair = 2;

// The most outputs of a tile.
static int most_rows(const ConvParams& p) {
  if (p.kernel_w == 3) return p.stride_w == 1 ? 4 : 2;
  return kManyRegisters && p.kernel_h >= p.stride_h && p.out_w % kWide == 0 ? 2 : 1;
}
static int most_outputs(const ConvParams& p) { return p.kernel_w == 3 && !kManyRegisters ? kPair : kWide; }

template <int Outputs, int Stride, bool Full>
static DepthwiseFn find_3x3(int rows) {
  constexpr int kTwo = Full ? 2 : 1, kThree = !Full ? 1 : Stride == 1 ? 3 : 2, kFour = Stride == 1 ? 4 : kTwo;
  switch (rows) {
    case 1: return tile_3x3<1, Outputs, Stride, Full>;
    case 2: return tile_3x3<kTwo, Outputs, Stride, Full>;
    case 3: return tile_3x3<kThree, Outputs, Stride, Full>;
    default: return tile_3x3<kFour, Outputs, Stride, Full>;
  }
}

template <int Width, int Stride, bool Full>
static DepthwiseFn find_wide(int rows, int outputs) {
  constexpr int kTwo = kManyRegisters && Full ? 2 : 1, kFour = Full ? kMiddle : kWide;
  if (rows == 2) return tile_wide<kTwo, kWide, Width, Stride, Full>;
  if (outputs == 1) return tile_wide<1, 1, Width, Stride, Full>;
  if (outputs == kMiddle) return tile_wide<1, kFour, Width, Stride, Full>;
  return tile_wide<1, kWide, Width, Stride, Full>;
}

template <int Stride, bool Full>
static DepthwiseFn find_tile(const ConvParams& p, int rows, int outputs) {
  if (p.kernel_w == 5) return find_wide<5, Stride, Full>(rows, outputs);
  if (p.kernel_w == 7) return find_wide<7, Stride, Full>(rows, outputs);
  if (outputs == 1) return find_3x3<1, Stride, Full>(rows);
  if constexpr (!kManyRegisters) return find_3x3<kPair, Stride, Full>(rows);
  constexpr int kFour = Full ? kMiddle : kWide;
  return outputs == kMiddle ? find_3x3<kFour, Stride, Full>(rows) : find_3x3<kWide, Stride, Full>(rows);
}

template <bool Full>
static void run_shape(const DepthwiseCall& c, const DepthwiseTiles& t, int rows, int outputs) {
  (c.p.stride_w == 1 ? find_tile<1, Full>(c.p, rows, outputs) : find_tile<2, Full>(c.p, rows, outputs))(c, t);
}

// Any kernel, stride, dilation and place, an output at a time.
static void one_at_a_time(const DepthwiseCall& c, const DepthwiseTiles& t, std::int64_t rows, std::int64_t outputs) {
  const ConvParams& p = c.p;
  const std::int64_t tap_row = p.kernel_w * kBlockChannels;
  alignas(64) float hold[Vec::kLanes];
  store(hold, zero());
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t q = 0; q < outputs; ++q) {
      const std::int64_t at = t.y + row * c.y_row + q * c.y_pixel;
      const TileOutputs out(c, at, hold, 1);
      for (std::int64_t channel = t.channel; channel < t.end; channel += Vec::kLanes) {
        const int lanes = static_cast<int>(t.end - channel < Vec::kLanes ? t.end - channel : Vec::kLanes);
        Vec sum[1] = {out.first_sum<false>(channel, lanes)};
        const float* w = weights_of(c.w, channel, static_cast<std::int64_t>(p.kernel_h) * p.kernel_w);
        std::int64_t i = row * p.stride_h;
        for (std::int64_t r = 0; r < p.kernel_h; ++r, i += p.dilation_h, w += tap_row) {
          if (i < t.top || i >= t.bottom) continue;
          const float* const x = c.x + t.x + i * c.x_row + channel;
          std::int64_t column = q * p.stride_w;
          for (std::int64_t s = 0; s < p.kernel_w; ++s, column += p.dilation_w) {
            if (column < t.left || column >= t.right) continue;
            sum[0] = mul_add(load_n(x + column * c.x_pixel, lanes), load(w + s * kBlockChannels), sum[0]);
          }
        }
        out.store_row<false>(out.at(channel), sum, lanes);
        if (out.held) finish_held(c, at + channel, lanes, hold, 1, 1);
      }
    }
  }
}

// t.count tiles of `rows` x `outputs`.
static void run_tiles(const DepthwiseCall& c, const DepthwiseTiles& t, int rows, int outputs) {
  const ConvParams& p = c.p;
  const std::int64_t all = t.count * outputs;
  if (!depthwise_has_tiles(p)) return one_at_a_time(c, t, rows, all);
  DepthwiseTiles part = t;
  part.end -= (t.end - t.channel) % Vec::kLanes;
  if (part.end > part.channel) run_shape<true>(c, part, rows, outputs);
  part.channel = part.end;
  part.end = t.end;
  if (part.end == part.channel) return;
  if constexpr (Vec::kLanes < kBlockChannels) {
    one_at_a_time(c, part, rows, all);
  } else {  // in fewer shapes, as there is one such vector
    const int narrow = outputs == kMiddle ? 1 : outputs, low = p.kernel_w == 3 && rows == 4 ? 4 : 1;
    part.count = all / narrow;
    for (int row = 0; row < rows; row += low) {
      run_shape<false>(c, part, low, narrow);
      const std::int64_t down = static_cast<std::int64_t>(low) * p.stride_h;
      part.x += down * c.x_row;
      part.y += low * c.y_row;
      part.top = part.top > down ? part.top - down : 0;
      part.bottom -= down;
    }
  }
}

// Outputs of the next tiles of `left`, of which `most` at most: few tiles, and none of a single output where others
// will do.
static int next_outputs(std::int64_t left, int most) {
  if (most == kPair) return left >= kPair ? kPair : 1;
  if (left % kWide == 0 || left > 17 || left == kWide + kMiddle || left == kWide + 2 * kMiddle) return kWide;
  return left >= kMiddle ? kMiddle : 1;
}

// `rows` output rows of a picture from `row` on, channels [channel, end).
static void run_rows_of_tiles(const DepthwiseCall& c, std::int64_t picture, std::int64_t row, int rows,
                              std::int64_t channel, std::int64_t end) {
  const ConvParams& p = c.p;
  const std::int64_t above = row * p.stride_h - p.pad_top;
  DepthwiseTiles t = {};
  t.channel = channel;
  t.end = end;
  t.top = above < 0 ? -above : 0;
  t.bottom = p.in_h - above;
  const std::int64_t height =
      static_cast<std::int64_t>(rows - 1) * p.stride_h + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  if (t.bottom > height) t.bottom = height;
  if (t.top > t.bottom) t.top = t.bottom;
  const int most = most_outputs(p);
  // What is activated where it was stored is so while it is in L1.
  const bool activated = !holds(c) && !is_clamp(p.activation.kind);
  for (std::int64_t q = 0; q < p.out_w;) {
    const int outputs = next_outputs(p.out_w - q, most);
    std::int64_t last = p.out_w;
    if (activated) {
      const std::int64_t fitting = kActivatedAtOnce / (rows * (end - channel));
      if (q + fitting < last) last = q + fitting;
    }
    t.count = 1;
    for (std::int64_t next = q + outputs; next + outputs <= last; next += outputs, ++t.count) {
      if (next_outputs(p.out_w - next, most) != outputs) break;
    }
    const std::int64_t before = q * p.stride_w - p.pad_left;
    t.left = before < 0 ? -before : 0;
    t.right = p.in_w - before;
    t.x = (picture * p.in_h + above) * c.x_row + before * c.x_pixel;
    t.y = (picture * p.out_h + row) * c.y_row + q * c.y_pixel;
    run_tiles(c, t, rows, outputs);
    q += t.count * outputs;
    if (!activated) continue;
    float* y = c.y + t.y + channel;
    for (int i = 0; i < rows; ++i, y += c.y_row) {
      activate(y, y, t.count * outputs, end - channel, c.y_pixel, p.activation);
    }
  }
}

// Channels whose weights stay in L1 while tiles go through them.
static std::int64_t chunk_channels(const ConvParams& p) {
  constexpr std::int64_t kWeightBytes = 8 * 1024;
  const std::int64_t fitting = kWeightBytes / (static_cast<std::int64_t>(p.kernel_h) * p.kernel_w * 4);
  return fitting < kBlockChannels ? kBlockChannels : fitting / kBlockChannels * kBlockChannels;
}

// Output rows that one chunk of channels after the other goes through, while their pixels stay in L2.
static std::int64_t rows_of_band(const DepthwiseCall& c, int most) {
  constexpr std::int64_t kPixelBytes = 256 * 1024;
  const std::int64_t fitting = kPixelBytes / (c.x_row * c.p.stride_h * 4);
  return fitting < most ? most : fitting / most * most;
}

void depthwise_rows(const DepthwiseRowsCall& call) {
  const ConvParams& p = *call.params;
  const std::int64_t y_row = static_cast<std::int64_t>(p.out_w) * p.in_c;
  const DepthwiseCall c = {p,     call.x,       call.w, {call.bias, nullptr, p.activation}, call.y, call.x_row,
                           y_row, call.x_pixel, p.in_c};
  const int most = depthwise_has_tiles(p) ? most_rows(p) : 1;
  for (std::int64_t row = call.first_row; row < call.last_row;) {
    const std::int64_t left = call.last_row - row;
    const auto count = static_cast<int>(left / ((left + most - 1) / most));
    run_rows_of_tiles(c, 0, row, count, call.channel, call.end);
    row += count;
  }
}

// Shares: rows times blocks of channels.
void depthwise_f32(const KernelCall& call);
void depthwise_f32(const KernelCall& call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call.params);
  const std::int64_t rows = static_cast<std::int64_t>(p.batch) * p.out_h;
  const std::int64_t blocks = (p.in_c + kBlockChannels - 1) / kBlockChannels;
  const DepthwiseWalk& walk = *static_cast<const DepthwiseWalk*>(call.prepared);
  const std::int64_t down = call.shares / walk.across;
  const std::int64_t column = call.share % walk.across;
  const std::int64_t share = call.share / walk.across;
  const DepthwiseCall c = {p,
                           static_cast<const float*>(call.in[0]),
                           static_cast<const float*>(call.in[1]),
                           epilogue_of(call, p.activation),
                           static_cast<float*>(call.out[0]),
                           static_cast<std::int64_t>(p.in_w) * p.in_c,
                           static_cast<std::int64_t>(p.out_w) * p.in_c,
                           p.in_c,
                           p.in_c};
  const std::int64_t first_row = rows * share / down, last_row = rows * (share + 1) / down;
  const std::int64_t channel = blocks * column / walk.across * kBlockChannels;
  std::int64_t end = blocks * (column + 1) / walk.across * kBlockChannels;
  if (end > p.in_c) end = p.in_c;
  if (channel >= end) return;
  const std::int64_t next_bytes = static_cast<std::int64_t>(call.next_weights_bytes);
  const std::int64_t next_begin = next_bytes * call.share / call.shares;
  std::int64_t lines = next_bytes * (call.share + 1) / call.shares - next_begin;
  lines = (lines < kFetchBytes ? lines : kFetchBytes) / 64;
  const char* next = static_cast<const char*>(call.next_weights) + next_begin;
  const int most = depthwise_has_tiles(p) ? most_rows(p) : 1;
  const std::int64_t chunk = chunk_channels(p), chunks = (end - channel + chunk - 1) / chunk;
  const std::int64_t band_rows = rows_of_band(c, most);
  const std::int64_t each = (lines + chunks - 1) / chunks * most / (last_row - first_row + 1) + 1;
  for (std::int64_t at = first_row; at < last_row;) {
    const std::int64_t picture = at / p.out_h;
    const std::int64_t row = at - picture * p.out_h;
    std::int64_t band = last_row - at < p.out_h - row ? last_row - at : p.out_h - row;
    if (band > band_rows) band = band_rows;
    for (std::int64_t from = channel; from < end; from += chunk) {
      const std::int64_t to = end - from < chunk ? end : from + chunk;
      for (std::int64_t done = 0; done < band;) {
        const std::int64_t left = band - done;
        const auto count = static_cast<int>(left / ((left + most - 1) / most));  // they differ by one row at most
        for (std::int64_t i = 0; i < each && lines > 0; ++i, --lines, next += 64) prefetch_l2(next);
        run_rows_of_tiles(c, picture, row + done, count, from, to);
        done += count;
      }
    }
    at += band;
  }
}

}  // namespace kite::KITE_TARGET
