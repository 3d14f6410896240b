// SPDX-License-Identifier: Apache-2.0
// Tiles of a depthwise convolution: some outputs of some rows, read where the picture lies, one vector of channels
// after the other. Every sum runs over the rows of taps, and over the taps of each, in the same order in all tiles.
//
// 3x3: nine weights stay in registers. An input row is read once for all output rows that it belongs to, of which at
// most three (two with stride 2) are not finished: 2 outputs x 3 sums + 9 weights + 1 pixel = 16 registers, 7 x 3 + 9 +
// 1 = 31 of 32.
// Wider kernels: one row of taps is in registers, 7 sums + 7 weights + 1 pixel = 15; of 32 registers, two output rows
// that share an input row take 2 x (7 + 7) + 1.
#pragma once

#include "kernels/conv/conv_params.h"
#include "kernels/depthwise/geometry.h"
#include "kernels/simd/finish.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

constexpr int kMostOutputs = 28;  // of a tile

struct DepthwiseCall {
  const ConvParams& p;
  const float* x;
  const float* w;  // [block of 16 channels][kernel_h][kernel_w][16]
  Epilogue epilogue;
  float* y;
  std::int64_t x_row, y_row;      // floats from row to row
  std::int64_t x_pixel, y_pixel;  // and from pixel to pixel
};

// Tiles side by side.
struct DepthwiseTiles {
  std::int64_t x, y;          // floats from call.x and call.y to the first pixel, which may be outside, and output
  std::int64_t channel, end;  // channels [channel, end)
  // What lies inside the picture: input rows [top, bottom) and columns [left, right) of the first tile's pixels.
  std::int64_t top, bottom, left, right;
  std::int64_t count;
};

template <bool Value>
struct Constant {
  static constexpr bool value = Value;
};
using Yes = Constant<true>;
using No = Constant<false>;

using DepthwiseFn = void (*)(const DepthwiseCall&, const DepthwiseTiles&);

// Rows and columns of a tile's pixels that may lie outside at each end.
constexpr int tile_edge(int taps) { return taps / 2; }

// Whether pixel `i` of `count` is inside [begin, end): only the ends are looked at.
static inline __attribute__((always_inline)) bool is_inside(int i, int count, int edge, std::int64_t begin,
                                                            std::int64_t end) {
  return (i >= edge || i >= begin) && (i < count - edge || i < end);
}

static inline const float* floats_at(const char* p) { return reinterpret_cast<const float*>(p); }

// Pixels of a row by their number, from as few registers as x86 addresses allow. Distances in bytes.
struct PixelRow {
  const char* at;
  std::ptrdiff_t d1, d3;

  const float* operator[](int i) const {
    const char* four = at + i / 4 * 4 * d1;
    return floats_at(i % 4 == 0 ? four : i % 4 == 1 ? four + d1 : i % 4 == 2 ? four + 2 * d1 : four + d3);
  }
};

// Whether sums are held in a tile of their own while a residual is added and they are activated.
static inline bool holds(const DepthwiseCall& c) {
  return c.epilogue.residual != nullptr || (kTuning.activates_runs && !is_clamp(c.epilogue.activation.kind));
}

// Where the outputs of a tile go, and how: a copy, of which the compiler knows that no store changes it.
struct TileOutputs {
  const float* bias;
  char* y;                    // of channel 0
  std::ptrdiff_t row, pixel;  // bytes
  float low, high;
  bool has_low, has_high, held;

  TileOutputs(const DepthwiseCall& c, std::int64_t at, float* hold, int outputs)
      : bias(c.epilogue.bias),
        y(reinterpret_cast<char*>(c.y + at)),
        row(c.y_row * 4),
        pixel(c.y_pixel * 4),
        held(holds(c)) {
    const ActivationForm activation = c.epilogue.activation;
    has_high = activation.kind == Activation::kClip && !held;
    has_low = has_high || (activation.kind == Activation::kRelu && !held);
    low = has_high ? activation.a : 0.0f;
    high = activation.b;
    if (!held) return;
    y = reinterpret_cast<char*>(hold);
    row = outputs * Vec::kLanes * 4;
    pixel = Vec::kLanes * 4;
  }

  template <bool Full>
  Vec first_sum(std::int64_t channel, int lanes) const {
    if (bias == nullptr) return zero();
    return Full ? load(bias + channel) : load_n(bias + channel, lanes);
  }
  // The first output of a tile and a vector of channels.
  char* at(std::int64_t floats) const { return held ? y : y + floats * 4; }

  template <bool Full, int Outputs>
  __attribute__((always_inline)) void store_row(char* to, Vec (&sum)[Outputs], int lanes) const {
    if (has_low) {
      const Vec limit = splat(low);
#pragma GCC unroll 8
      for (int q = 0; q < Outputs; ++q) sum[q] = max(sum[q], limit);
    }
    if (has_high) {
      const Vec limit = splat(high);
#pragma GCC unroll 8
      for (int q = 0; q < Outputs; ++q) sum[q] = min(sum[q], limit);
    }
#pragma GCC unroll 8
    for (int q = 0; q < Outputs; ++q, to += pixel) {
      auto* const output = reinterpret_cast<float*>(to);
      if (Full) {
        store(output, sum[q]);
      } else {
        store_n(output, sum[q], lanes);
      }
    }
  }
};

// What store_row() has left in `hold`: `rows` of `outputs`, the first of which belongs to y + at.
static __attribute__((noinline)) void finish_held(const DepthwiseCall& c, std::int64_t at, int lanes, float* hold,
                                                  int rows, int outputs) {
  const Epilogue& e = c.epilogue;
  if (e.residual != nullptr) {
    float* sum = hold;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* residual = e.residual + at + row * c.y_row;
      for (int i = 0; i < outputs; ++i, residual += c.y_pixel, sum += Vec::kLanes) {
        store(sum, add(load(sum), load_n(residual, lanes)));
      }
    }
  }
  if (e.activation.kind != Activation::kNone) {
    activate(hold, hold, 1, rows * outputs * Vec::kLanes, 0, e.activation);
  }
  for (; rows > 0; --rows, at += c.y_row) {
    float* y = c.y + at;
    for (int i = 0; i < outputs; ++i, y += c.y_pixel, hold += Vec::kLanes) store_n(y, load(hold), lanes);
  }
}

static inline const float* weights_of(const float* packed, std::int64_t channel, std::int64_t taps) {
  const auto lane = static_cast<std::int64_t>(static_cast<std::uint64_t>(channel) % kBlockChannels);
  return packed + (channel - lane) * taps + lane;
}

// 3x3. Full: all vectors are; else there is one, which is not. A pixel outside to the left or right is read from zeros:
// left out by a branch, it would have the compiler move sums between registers.
template <int Rows, int Outputs, int Stride, bool Full>
__attribute__((noinline)) static void tile_3x3(const DepthwiseCall& c, const DepthwiseTiles& t) {
  constexpr int kRows = (Rows - 1) * Stride + 3, kColumns = (Outputs - 1) * Stride + 3;
  static_assert(Rows * Outputs <= kMostOutputs);
  alignas(64) float hold[kMostOutputs * Vec::kLanes];
  alignas(64) float zeros[Vec::kLanes];
  store(zeros, zero());
  if (!Full) {
    for (int i = 0; i < Rows * Outputs; ++i) store(hold + i * Vec::kLanes, zero());
  }
  const TileOutputs out(c, t.y, hold, Outputs);
  const std::int64_t end = t.end;
  const bool above = t.top > 0, below = t.bottom < kRows;
  const std::ptrdiff_t pixel = c.x_pixel * 4, row = c.x_row * 4;
  const std::int64_t x_step = Outputs * Stride * c.x_pixel, y_step = Outputs * c.y_pixel;
  const auto* const no_pixel = reinterpret_cast<const char*>(zeros);
  const float* const packed = c.w;
  const std::int64_t count = t.count;
  for (std::int64_t tile = 0; tile < count; ++tile) {
    const std::ptrdiff_t left_row = t.left > tile * Outputs * Stride ? 0 : row;
    const std::ptrdiff_t right_row = t.right < tile * Outputs * Stride + kColumns ? 0 : row;
    const auto* const x_at = reinterpret_cast<const char*>(c.x + t.x + tile * x_step);
    for (std::int64_t channel = t.channel; channel < end; channel += Vec::kLanes) {
      const int lanes = Full ? Vec::kLanes : static_cast<int>(end - channel);
      const float* const w = weights_of(packed, channel, 9);
      Vec weight[3][3];
#pragma GCC unroll 9
      for (int i = 0; i < 9; ++i) weight[i / 3][i % 3] = load(w + i * kBlockChannels);
      const Vec bias = out.first_sum<Full>(channel, lanes);
      Vec sum[Rows][Outputs];
      PixelRow x = {x_at + channel * 4, pixel, 3 * pixel};
      const char* left = left_row == 0 ? no_pixel : x.at;
      const char* right = right_row == 0 ? no_pixel : x.at + (kColumns - 1) * pixel;
      char* y = out.at(tile * y_step + channel);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        if (i % Stride == 0 && i / Stride < Rows) {
#pragma GCC unroll 8
          for (int q = 0; q < Outputs; ++q) sum[i / Stride][q] = bias;
        }
        if (!(i == 0 && above) && !(i == kRows - 1 && below)) {
          asm("" : "+r"(x.d1), "+r"(x.d3));  // or the compiler would make a pointer for each column
#pragma GCC unroll 16
          for (int column = 0; column < kColumns; ++column) {
            const float* const at = column == 0              ? floats_at(left)
                                    : column == kColumns - 1 ? floats_at(right)
                                                             : x[column];
            const Vec value = Full ? load(at) : load_n(at, lanes);
#pragma GCC unroll 8
            for (int p = 0; p < Rows; ++p) {
              const int r = i - p * Stride;
              if (r < 0 || r >= 3) continue;
#pragma GCC unroll 8
              for (int q = 0; q < Outputs; ++q) {
                const int s = column - q * Stride;
                if (s >= 0 && s < 3) sum[p][q] = accumulate(value, weight[r][s], sum[p][q]);
              }
            }
          }
        }
        x.at += row;
        left += left_row;
        right += right_row;
        if (i >= 2 && (i - 2) % Stride == 0) {
          out.store_row<Full>(y, sum[(i - 2) / Stride], lanes);
          y += out.row;
        }
      }
      if (out.held) finish_held(c, t.y + tile * y_step + channel, lanes, hold, Rows, Outputs);
    }
  }
}

// A row of taps of one output row, or of two that lie `Stride` input rows apart: the first takes the weights at w, the
// second those of the row of taps that it has reached.
template <int Outputs, int Width, int Stride, bool Full, bool First, bool Second>
static inline __attribute__((always_inline)) void add_taps(Vec (&first)[Outputs], Vec (&second)[Outputs],
                                                           const float* w, PixelRow x, std::int64_t left,
                                                           std::int64_t right, int lanes) {
  constexpr int kColumns = (Outputs - 1) * Stride + Width;
  Vec weight[Width], behind[Width];
#pragma GCC unroll 8
  for (int s = 0; s < Width; ++s) {
    if (First) weight[s] = load(w + s * kBlockChannels);
    if (Second) behind[s] = load(w + (s - Stride * Width) * kBlockChannels);
  }
#pragma GCC unroll 32
  for (int column = 0; column < kColumns; ++column) {
    if (!is_inside(column, kColumns, tile_edge(Width), left, right)) continue;
    const Vec value = Full ? load(x[column]) : load_n(x[column], lanes);
#pragma GCC unroll 8
    for (int q = 0; q < Outputs; ++q) {
      const int s = column - q * Stride;
      if (s < 0 || s >= Width) continue;
      if (First) first[q] = accumulate(value, weight[s], first[q]);
      if (Second) second[q] = accumulate(value, behind[s], second[q]);
    }
  }
}

// Any height of the kernel.
template <int Rows, int Outputs, int Width, int Stride, bool Full>
__attribute__((noinline)) static void tile_wide(const DepthwiseCall& c, const DepthwiseTiles& t) {
  static_assert(Rows <= 2);
  alignas(64) float hold[kMostOutputs * Vec::kLanes];
  if (!Full) {
    for (int i = 0; i < Rows * Outputs; ++i) store(hold + i * Vec::kLanes, zero());
  }
  const TileOutputs out(c, t.y, hold, Outputs);
  const std::int64_t end = t.end, height = c.p.kernel_h, all = height + (Rows - 1) * Stride;
  const std::int64_t top = t.top, bottom = t.bottom, count = t.count;
  const std::int64_t x_step = Outputs * Stride * c.x_pixel, y_step = Outputs * c.y_pixel;
  const std::ptrdiff_t pixel = c.x_pixel * 4, row = c.x_row * 4;
  const float* const packed = c.w + top * Width * kBlockChannels;
  const auto at_most = [bottom](std::int64_t i) { return i < bottom ? i : bottom; };
  for (std::int64_t tile = 0; tile < count; ++tile) {
    const std::int64_t left = t.left - tile * Outputs * Stride, right = t.right - tile * Outputs * Stride;
    const auto* const x_at = reinterpret_cast<const char*>(c.x + t.x + top * c.x_row + tile * x_step);
    for (std::int64_t channel = t.channel; channel < end; channel += Vec::kLanes) {
      const int lanes = Full ? Vec::kLanes : static_cast<int>(end - channel);
      const Vec bias = out.first_sum<Full>(channel, lanes);
      Vec sum[Rows][Outputs];
#pragma GCC unroll 14
      for (int i = 0; i < Rows * Outputs; ++i) sum[i / Outputs][i % Outputs] = bias;
      std::int64_t i = top;
      const float* w = weights_of(packed, channel, height * Width);
      PixelRow x = {x_at + channel * 4, pixel, 3 * pixel};
      const auto add_rows = [&](std::int64_t last, auto first, auto second) __attribute__((always_inline)) {
        for (; i < last; ++i, x.at += row, w += Width * kBlockChannels) {
          asm("" : "+r"(x.d1), "+r"(x.d3));
          add_taps<Outputs, Width, Stride, Full, first.value, second.value>(sum[0], sum[Rows - 1], w, x, left, right,
                                                                            lanes);
        }
      };
      if constexpr (Rows == 1) {
        add_rows(at_most(height), Yes{}, No{});
      } else {
        add_rows(at_most(Stride), Yes{}, No{});
        add_rows(at_most(height), Yes{}, Yes{});
        add_rows(at_most(all), No{}, Yes{});
      }
      char* y = out.at(tile * y_step + channel);
#pragma GCC unroll 2
      for (int p = 0; p < Rows; ++p, y += out.row) out.store_row<Full>(y, sum[p], lanes);
      if (out.held) finish_held(c, t.y + tile * y_step + channel, lanes, hold, Rows, Outputs);
    }
  }
}

}  // namespace kite::KITE_TARGET
