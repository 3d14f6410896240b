// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution: one vector of channels at a time, several neighbouring outputs of a row together, so that a
// pixel is loaded once for all the outputs that it belongs to. Included by <isa>.cc after simd/activation.inl.
//
// 7 outputs, kernel width 7: 7 sums + 7 weights of a row of taps + 1 pixel = 15 registers; a row of taps costs 13 + 7
// loads for 49 multiply-adds. The vectors of channels are the inner loop: x and y are then walked in memory order.
// A tap in the padding is skipped: it is no multiplication by zero.
#include "kernels/depthwise/depthwise_params.h"
#include "kernels/kernel.h"

namespace kite::KITE_ISA {

struct DepthwiseCall {
  const DepthwiseParams& p;
  const float* x;
  const float* w;  // [kernel_h][kernel_w][padded]
  const float* bias;
  const float* residual;
  float* y;
  std::int64_t padded;  // channels rounded up to 16
  std::int64_t first_channel, last_channel;
};

// Where a run of outputs lies: its picture, output row and column, and the rows of taps inside the picture.
struct DepthwisePlace {
  const float* picture;
  std::int64_t top, left;  // of the first tap of the first output; may lie outside
  std::int64_t first_tap_row, last_tap_row;
  std::int64_t at;  // of the first output, in floats from y
};

static inline Vec clamp_of(const DepthwiseParams& p, Vec value) {
  if (p.activation == Activation::kRelu) return max(value, zero());
  if (p.activation == Activation::kClip) return min(max(value, splat(p.activation_a)), splat(p.activation_b));
  return value;
}

// `Outputs` neighbours, `Width` taps in a row, dilation 1; all channels of the share, whole vectors. `overlap`: the
// last vector may start before the end of the one before it, which computes the same bits again.
template <int Outputs, int Width, int Stride>
static void depthwise_run(const DepthwiseCall& c, const DepthwisePlace& place, std::int64_t whole, bool overlap) {
  constexpr int kColumns = (Outputs - 1) * Stride + Width;
  const DepthwiseParams& p = c.p;
  const std::int64_t row_floats = static_cast<std::int64_t>(p.in_w) * p.channels;
  for (std::int64_t channel = c.first_channel;; channel += Vec::kLanes) {
    if (channel >= whole) {
      if (!overlap || channel >= c.last_channel) break;
      channel = c.last_channel - Vec::kLanes;
    }
    Vec sum[Outputs];
#pragma GCC unroll 8
    for (int q = 0; q < Outputs; ++q) sum[q] = zero();
    for (std::int64_t r = place.first_tap_row; r < place.last_tap_row; ++r) {
      Vec weight[Width];
      const float* w = c.w + r * Width * c.padded + channel;
#pragma GCC unroll 8
      for (int s = 0; s < Width; ++s) weight[s] = load(w + s * c.padded);
      const float* x = place.picture + (place.top + r * p.dilation_h) * row_floats + channel;
#pragma GCC unroll 32
      for (int column = 0; column < kColumns; ++column) {
        const std::int64_t at = place.left + column;
        if (at < 0 || at >= p.in_w) continue;
        const Vec pixel = load(x + at * p.channels);
#pragma GCC unroll 8
        for (int q = 0; q < Outputs; ++q) {
          const int s = column - q * Stride;
          if (s >= 0 && s < Width) sum[q] = mul_add(pixel, weight[s], sum[q]);
        }
      }
    }
    const Vec bias = c.bias == nullptr ? zero() : load(c.bias + channel);
#pragma GCC unroll 8
    for (int q = 0; q < Outputs; ++q) {
      const std::int64_t at = place.at + q * p.channels + channel;
      Vec value = add(sum[q], bias);
      if (c.residual != nullptr) value = add(value, load(c.residual + at));
      store(c.y + at, clamp_of(p, value));
    }
  }
}

// Any kernel, stride and dilation, any number of lanes from `first` on; one output.
static void depthwise_any(const DepthwiseCall& c, const DepthwisePlace& place, std::int64_t first) {
  const DepthwiseParams& p = c.p;
  for (std::int64_t channel = first; channel < c.last_channel; channel += Vec::kLanes) {
    const std::int64_t left = c.last_channel - channel;
    const int lanes = left < Vec::kLanes ? static_cast<int>(left) : Vec::kLanes;
    Vec sum = zero();
    for (std::int64_t r = place.first_tap_row; r < place.last_tap_row; ++r) {
      const float* row = place.picture + (place.top + r * p.dilation_h) * p.in_w * p.channels + channel;
      const float* w = c.w + r * p.kernel_w * c.padded + channel;
      std::int64_t at = place.left;
      for (std::int64_t s = 0; s < p.kernel_w; ++s, at += p.dilation_w, w += c.padded) {
        if (at < 0 || at >= p.in_w) continue;
        sum = mul_add(load_n(row + at * p.channels, lanes), load_n(w, lanes), sum);
      }
    }
    const std::int64_t at = place.at + channel;
    Vec value = add(sum, c.bias == nullptr ? zero() : load_n(c.bias + channel, lanes));
    if (c.residual != nullptr) value = add(value, load_n(c.residual + at, lanes));
    store_n(c.y + at, clamp_of(p, value), lanes);
  }
}

template <int Width, int Stride>
static inline int depthwise_step(const DepthwiseCall& c, const DepthwisePlace& place, std::int64_t outputs,
                                 std::int64_t whole, bool overlap) {
  if (outputs >= 7) return depthwise_run<7, Width, Stride>(c, place, whole, overlap), 7;
  if (outputs >= 4) return depthwise_run<4, Width, Stride>(c, place, whole, overlap), 4;
  if (outputs >= 2) return depthwise_run<2, Width, Stride>(c, place, whole, overlap), 2;
  return depthwise_run<1, Width, Stride>(c, place, whole, overlap), 1;
}

// As many of the `outputs` next to each other as one call takes; returns how many.
static int depthwise_some(const DepthwiseCall& c, const DepthwisePlace& place, std::int64_t outputs) {
  const DepthwiseParams& p = c.p;
  const bool fast = p.dilation_w == 1 && (p.stride_w == 1 || p.stride_w == 2) &&
                    (p.kernel_w == 3 || p.kernel_w == 5 || p.kernel_w == 7);
  const std::int64_t channels = c.last_channel - c.first_channel;
  if (!fast || channels < Vec::kLanes) {
    depthwise_any(c, place, c.first_channel);
    return 1;
  }
  const std::int64_t whole = c.first_channel + channels / Vec::kLanes * Vec::kLanes;
  // Where y is the residual, a channel must not be added twice.
  const bool overlap = c.residual == nullptr;
  int done = 0;
  if (p.stride_w == 1) {
    if (p.kernel_w == 3) done = depthwise_step<3, 1>(c, place, outputs, whole, overlap);
    if (p.kernel_w == 5) done = depthwise_step<5, 1>(c, place, outputs, whole, overlap);
    if (p.kernel_w == 7) done = depthwise_step<7, 1>(c, place, outputs, whole, overlap);
  } else {
    if (p.kernel_w == 3) done = depthwise_step<3, 2>(c, place, outputs, whole, overlap);
    if (p.kernel_w == 5) done = depthwise_step<5, 2>(c, place, outputs, whole, overlap);
    if (p.kernel_w == 7) done = depthwise_step<7, 2>(c, place, outputs, whole, overlap);
  }
  if (!overlap && whole < c.last_channel) {
    DepthwisePlace one = place;
    for (int q = 0; q < done; ++q, one.left += p.stride_w, one.at += p.channels) depthwise_any(c, one, whole);
  }
  return done;
}

// The smooth activations, over what the run has stored; the values are still in L1.
static void activate_run(const DepthwiseCall& c, std::int64_t at, std::int64_t outputs) {
  for (std::int64_t q = 0; q < outputs; ++q, at += c.p.channels) {
    for (std::int64_t channel = c.first_channel; channel < c.last_channel; channel += Vec::kLanes) {
      const std::int64_t left = c.last_channel - channel;
      const int lanes = left < Vec::kLanes ? static_cast<int>(left) : Vec::kLanes;
      float* y = c.y + at + channel;
      store_n(y, activate(load_n(y, lanes), c.p.activation, c.p.activation_a, c.p.activation_b), lanes);
    }
  }
}

static void depthwise_row(const DepthwiseCall& c, std::int64_t row) {
  const DepthwiseParams& p = c.p;
  const std::int64_t n = row / p.out_h;
  const std::int64_t out_row = row - n * p.out_h;
  DepthwisePlace place = {};
  place.picture = c.x + n * p.in_h * p.in_w * p.channels;
  place.top = out_row * p.stride_h - p.pad_top;
  place.first_tap_row = place.top < 0 ? (-place.top + p.dilation_h - 1) / p.dilation_h : 0;
  place.last_tap_row = place.top >= p.in_h ? 0 : (p.in_h - 1 - place.top) / p.dilation_h + 1;
  if (place.last_tap_row > p.kernel_h) place.last_tap_row = p.kernel_h;
  for (std::int64_t q = 0; q < p.out_w;) {
    place.left = q * p.stride_w - p.pad_left;
    place.at = (row * p.out_w + q) * p.channels;
    const int done = depthwise_some(c, place, p.out_w - q);
    if (p.activation > Activation::kClip) activate_run(c, place.at, done);
    q += done;
  }
}

// Shares: rows times runs of channels, whichever grid leaves the slowest thread the least.
static void depthwise(const KernelCall& call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call.params);
  const std::int64_t rows = static_cast<std::int64_t>(p.batch) * p.out_h;
  const std::int64_t vectors = (static_cast<std::int64_t>(p.channels) + 15) / 16;
  std::int64_t across = 1;  // threads that share one row's channels
  std::int64_t best = -1;
  for (std::int64_t t = 1; t <= call.parts; ++t) {
    if (call.parts % t != 0) continue;
    const std::int64_t down = call.parts / t;
    const std::int64_t slowest = (rows + down - 1) / down * ((vectors + t - 1) / t);
    if (best < 0 || slowest < best) {
      best = slowest;
      across = t;
    }
  }
  const std::int64_t down = call.parts / across;
  const std::int64_t column = call.part % across;
  const std::int64_t part = call.part / across;
  const std::int64_t end = vectors * (column + 1) / across * 16;
  const DepthwiseCall c = {p,
                           static_cast<const float*>(call.in[0]),
                           static_cast<const float*>(call.in[1]),
                           static_cast<const float*>(call.in[2]),
                           static_cast<const float*>(call.in[3]),
                           static_cast<float*>(call.out[0]),
                           vectors * 16,
                           vectors * column / across * 16,
                           end < p.channels ? end : p.channels};
  if (c.first_channel >= c.last_channel) return;
  for (std::int64_t row = rows * part / down; row < rows * (part + 1) / down; ++row) depthwise_row(c, row);
}

}  // namespace kite::KITE_ISA
