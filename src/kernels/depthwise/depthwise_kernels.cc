// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution, sixteen channels at a time. With stride 1 each input row of those is copied once into a ring
// of as many rows as the kernel has, between columns of zeros, and the output rows are computed from there. The ring
// stays in L1, where a pixel is read for each row of taps that it belongs to; in the picture itself those would be as
// many streams from L2 as a run of outputs has columns. With stride 2 there are four pixels to copy for each output,
// and few of them are read twice: they may be read where they lie.
//
// A run of 7 outputs, kernel width 7: 7 sums + 7 weights of a row of taps + 1 pixel = 15 registers; a row of taps costs
// 13 + 7 loads for 49 multiply-adds.
#include "kernels/depthwise/geometry.h"
#include "kernels/kernel.h"
#include "kernels/simd/finish.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// At most this much of the next step's weights is fetched: what the L2 of a small core holds beside the ring.
constexpr std::int64_t kFetchBytes = 384 * 1024;

struct DepthwiseCall {
  const ConvParams& p;
  const float* x;
  const float* w;  // [block of 16 channels][kernel_h][kernel_w][16]
  Epilogue epilogue;
  float* y;
  float* ring;  // [kernel_h][columns][16]
  std::int64_t columns;
  const char* next;  // this thread's share of the next step's weights
  std::int64_t next_lines;
};

// One block of channels of one output row.
struct DepthwiseRow {
  std::int64_t picture, top;         // input row of the first tap; may lie outside
  std::int64_t first_tap, last_tap;  // rows of taps inside the picture
  std::int64_t first_slot;           // of the ring: the row of first_tap
  std::int64_t channel;              // the first of the block
  int lanes;                         // channels of the block: 1..16
  std::int64_t at;                   // of the first output, in floats from y
};

static inline int lanes_from(int first, int lanes) { return lanes - first < Vec::kLanes ? lanes - first : Vec::kLanes; }

// `Outputs` sums to y[at] and on, a pixel apart.
template <bool Full, int Outputs>
static inline __attribute__((always_inline)) void finish_run(const DepthwiseCall& c, Vec (&sum)[1][Outputs][1],
                                                             std::int64_t at, int lanes) {
  const Epilogue& e = c.epilogue;
  OutputBlock out = {};
  out.y[0] = c.y + at;
  if (e.residual != nullptr) out.residual[0] = e.residual + at;
  out.pixel = c.p.in_c;
  out.last_lanes = lanes;
  out.activation = e.activation;
  if (!kTuning.activates_runs || is_clamp(e.activation.kind)) return finish_clamped<Full>(out, sum);
  if (e.residual != nullptr) add_up<Full>(out, out.residual, sum);
  alignas(64) float held[Outputs * Vec::kLanes];
  OutputBlock here = {};
  here.y[0] = held;
  here.pixel = Vec::kLanes;
  store_sums<true>(here, sum);
  activate(held, held, 1, Outputs * Vec::kLanes, 0, e.activation);
#pragma GCC unroll 8
  for (int q = 0; q < Outputs; ++q) sum[0][q][0] = load(held + q * Vec::kLanes);
  store_sums<Full>(out, sum);
}

// `Outputs` neighbours of a row from output `q` on. Full: the block has all its channels. Out of line: together they
// would be too much for the compiler to keep the sums in registers.
template <int Outputs, int Width, int Stride, bool Ring, bool Full>
__attribute__((noinline)) static void depthwise_run(const DepthwiseCall& c, const DepthwiseRow& row, std::int64_t q) {
  constexpr int kColumns = (Outputs - 1) * Stride + Width;
  const ConvParams& p = c.p;
  for (int first = 0; first < row.lanes; first += Vec::kLanes) {
    const int lanes = lanes_from(first, row.lanes);
    const float* const bias_at = c.epilogue.bias == nullptr ? nullptr : c.epilogue.bias + row.channel + first;
    const Vec bias = bias_at == nullptr ? zero() : Full ? load(bias_at) : load_n(bias_at, lanes);
    Vec sum[1][Outputs][1];
#pragma GCC unroll 8
    for (int i = 0; i < Outputs; ++i) sum[0][i][0] = bias;
    std::int64_t slot = row.first_slot;
    // Columns of the run that lie inside the picture; the ring has zeros for the others.
    const std::int64_t column_of_first = q * Stride - p.pad_left;
    const std::int64_t begin = column_of_first < 0 ? -column_of_first : 0;
    const std::int64_t end = p.in_w - column_of_first;
    const float* w = c.w + (row.channel * p.kernel_h + row.first_tap * kBlockChannels) * Width + first;
    for (std::int64_t tap = row.first_tap; tap < row.last_tap; ++tap, w += Width * kBlockChannels) {
      Vec weight[Width];
#pragma GCC unroll 8
      for (int s = 0; s < Width; ++s) weight[s] = load(w + s * kBlockChannels);
      const float* x = Ring ? c.ring + (slot * c.columns + q * Stride) * kBlockChannels + first
                            : c.x + ((row.picture * p.in_h + row.top + tap) * p.in_w + column_of_first) * p.in_c +
                                  row.channel + first;
#pragma GCC unroll 32
      for (int column = 0; column < kColumns; ++column, x += Ring ? kBlockChannels : p.in_c) {
        if (!Ring && (column < begin || column >= end)) continue;
        const Vec pixel = Ring || Full ? load(x) : load_n(x, lanes);
#pragma GCC unroll 8
        for (int i = 0; i < Outputs; ++i) {
          const int s = column - i * Stride;
          if (s >= 0 && s < Width) sum[0][i][0] = accumulate(pixel, weight[s], sum[0][i][0]);
        }
      }
      if (++slot == p.kernel_h) slot = 0;
    }
    finish_run<Full>(c, sum, row.at + q * p.in_c + first, lanes);
  }
}

template <int Width, int Stride, bool Ring, bool Full>
static void depthwise_outputs(const DepthwiseCall& c, const DepthwiseRow& row) {
  std::int64_t q = 0;
  for (; q + 7 <= c.p.out_w; q += 7) depthwise_run<7, Width, Stride, Ring, Full>(c, row, q);
  if (q + 4 <= c.p.out_w) depthwise_run<4, Width, Stride, Ring, Full>(c, row, q), q += 4;
  if (q + 2 <= c.p.out_w) depthwise_run<2, Width, Stride, Ring, Full>(c, row, q), q += 2;
  if (q < c.p.out_w) depthwise_run<1, Width, Stride, Ring, Full>(c, row, q);
}

using DepthwiseFn = void (*)(const DepthwiseCall&, const DepthwiseRow&);

template <int Stride, bool Ring, bool Full>
static DepthwiseFn find_outputs(int width) {
  if (width == 3) return depthwise_outputs<3, Stride, Ring, Full>;
  return width == 5 ? depthwise_outputs<5, Stride, Ring, Full> : depthwise_outputs<7, Stride, Ring, Full>;
}

template <bool Full>
static DepthwiseFn find_outputs(const ConvParams& p, bool ring) {
  if (p.stride_w == 1) return find_outputs<1, true, Full>(p.kernel_w);
  if constexpr (Vec::kLanes == kBlockChannels) {
    if (!ring) return find_outputs<2, false, Full>(p.kernel_w);
  }
  return find_outputs<2, true, Full>(p.kernel_w);
}

// One row of a block into the ring, between the zeros that are there already.
static void copy_row(const DepthwiseCall& c, const float* from, float* to, int lanes) {
  const ConvParams& p = c.p;
  const std::int64_t left = p.pad_left < c.columns ? p.pad_left : c.columns;
  const std::int64_t inside = c.columns - left < p.in_w ? c.columns - left : p.in_w;
  to += left * kBlockChannels;
  for (std::int64_t i = 0; i < inside; ++i, from += p.in_c, to += kBlockChannels) {
    if (lanes == kBlockChannels) {
#pragma GCC unroll 4
      for (int v = 0; v < kBlockChannels; v += Vec::kLanes) store(to + v, load(from + v));
    } else {
      for (int v = 0; v < lanes; v += Vec::kLanes) store(to + v, load_n(from + v, lanes_from(v, lanes)));
    }
  }
}

// Any kernel, stride and dilation, from the picture itself.
static void depthwise_in_place(const DepthwiseCall& c, const DepthwiseRow& row) {
  const ConvParams& p = c.p;
  const std::int64_t row_floats = static_cast<std::int64_t>(p.in_w) * p.in_c;
  for (std::int64_t q = 0; q < p.out_w; ++q) {
    for (int first = 0; first < row.lanes; first += Vec::kLanes) {
      const int lanes = lanes_from(first, row.lanes);
      const std::int64_t channel = row.channel + first;
      const float* const bias = c.epilogue.bias;
      Vec sum[1][1][1] = {{{bias == nullptr ? zero() : load_n(bias + channel, lanes)}}};
      for (std::int64_t tap = row.first_tap; tap < row.last_tap; ++tap) {
        const float* x = c.x + (row.picture * p.in_h + row.top + tap * p.dilation_h) * row_floats + channel;
        const float* w = c.w + (row.channel * p.kernel_h + tap * kBlockChannels) * p.kernel_w + first;
        std::int64_t column = q * p.stride_w - p.pad_left;
        for (std::int64_t s = 0; s < p.kernel_w; ++s, column += p.dilation_w, w += kBlockChannels) {
          if (column < 0 || column >= p.in_w) continue;
          sum[0][0][0] = mul_add(load_n(x + column * p.in_c, lanes), load(w), sum[0][0][0]);
        }
      }
      finish_run<false>(c, sum, row.at + q * p.in_c + first, lanes);
    }
  }
}

// Output rows [begin, end) of one picture, one block of channels.
static void depthwise_block(DepthwiseCall& c, DepthwiseRow row, std::int64_t begin, std::int64_t end,
                            std::int64_t row_lines) {
  const ConvParams& p = c.p;
  const std::int64_t row_floats = static_cast<std::int64_t>(p.in_w) * p.in_c;
  const float* picture = c.x + row.picture * p.in_h * row_floats + row.channel;
  const bool full = row.lanes == kBlockChannels;
  const DepthwiseFn outputs = !depthwise_has_runs(p) ? depthwise_in_place
                              : full                 ? find_outputs<true>(p, c.ring != nullptr)
                                                     : find_outputs<false>(p, c.ring != nullptr);
  std::int64_t next = 0;  // input row that is not in the ring yet
  for (std::int64_t out_row = begin; out_row < end; ++out_row) {
    row.top = out_row * p.stride_h - p.pad_top;
    row.first_tap = row.top < 0 ? (-row.top + p.dilation_h - 1) / p.dilation_h : 0;
    row.last_tap = row.top >= p.in_h ? 0 : (p.in_h - 1 - row.top) / p.dilation_h + 1;
    if (row.last_tap > p.kernel_h) row.last_tap = p.kernel_h;
    if (row.first_tap > row.last_tap) row.first_tap = row.last_tap;
    row.at = ((row.picture * p.out_h + out_row) * p.out_w) * p.in_c + row.channel;
    if (c.ring != nullptr) {
      if (next < row.top) next = row.top;
      for (; next < row.top + row.last_tap; ++next) {
        copy_row(c, picture + next * row_floats, c.ring + next % p.kernel_h * c.columns * kBlockChannels, row.lanes);
      }
    }
    row.first_slot = (row.top + row.first_tap) % p.kernel_h;
    for (std::int64_t i = 0; i < row_lines && c.next_lines > 0; ++i, --c.next_lines, c.next += 64) prefetch_l2(c.next);
    outputs(c, row);
    if (!kTuning.activates_runs && !is_clamp(p.activation.kind)) {
      float* const y = c.y + row.at;
      activate(y, y, p.out_w, row.lanes, p.in_c, p.activation);
    }
  }
}

// Shares: rows times blocks of channels.
void depthwise_f32(const KernelCall& call);
void depthwise_f32(const KernelCall& call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call.params);
  const std::int64_t rows = static_cast<std::int64_t>(p.batch) * p.out_h;
  const std::int64_t blocks = (p.in_c + kBlockChannels - 1) / kBlockChannels;
  const DepthwiseWalk& walk = *static_cast<const DepthwiseWalk*>(call.prepared);
  const std::int64_t across = walk.across;
  const std::int64_t down = call.shares / across;
  const std::int64_t column = call.share % across;
  const std::int64_t band = call.share / across;
  const bool ring = walk.uses_ring;
  const std::int64_t next_bytes = static_cast<std::int64_t>(call.next_weights_bytes);
  const std::int64_t next_begin = next_bytes * call.share / call.shares;
  std::int64_t next_share = next_bytes * (call.share + 1) / call.shares - next_begin;
  if (next_share > kFetchBytes) next_share = kFetchBytes;
  DepthwiseCall c = {p,
                     static_cast<const float*>(call.in[0]),
                     static_cast<const float*>(call.in[1]),
                     epilogue_of(call, p.activation),
                     static_cast<float*>(call.out[0]),
                     ring ? static_cast<float*>(call.scratch) : nullptr,
                     walk.ring_columns,
                     static_cast<const char*>(call.next_weights) + next_begin,
                     next_share / 64};
  if (ring) {
    const std::int64_t floats = p.kernel_h * c.columns * kBlockChannels;
    for (std::int64_t i = 0; i < floats; i += Vec::kLanes) store(c.ring + i, zero());
  }
  const std::int64_t last_row = rows * (band + 1) / down;
  const std::int64_t calls = (blocks / across + 1) * (rows / down + 1);
  const std::int64_t row_lines = (c.next_lines + calls - 1) / calls;
  for (std::int64_t block = blocks * column / across; block < blocks * (column + 1) / across; ++block) {
    DepthwiseRow row = {};
    row.channel = block * kBlockChannels;
    const std::int64_t left = p.in_c - row.channel;
    row.lanes = static_cast<int>(left < kBlockChannels ? left : kBlockChannels);
    for (std::int64_t at = rows * band / down; at < last_row;) {
      row.picture = at / p.out_h;
      const std::int64_t first = at - row.picture * p.out_h;
      const std::int64_t count = last_row - at < p.out_h - first ? last_row - at : p.out_h - first;
      depthwise_block(c, row, first, first + count, row_lines);
      at += count;
    }
  }
}

}  // namespace kite::KITE_TARGET
