// SPDX-License-Identifier: Apache-2.0
// The walk of a 1x1 convolution of scaled channels: some pixels are scaled into scratch, and multiplied with all panels
// from there by the function that multiplies any matrix (conv/conv_kernels.cc).
#include "kernels/conv/geometry.h"
#include "kernels/kernel.h"
#include "kernels/scaled_conv/geometry.h"
#include "kernels/simd/finish.inl"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

static void scale_pixels(float* to, const float* from, const float* scale, std::int64_t pixels, std::int64_t channels) {
  const int tail = static_cast<int>(channels % Vec::kLanes);
  const std::int64_t whole = channels - tail;
  for (; pixels > 0; --pixels, from += channels, to += channels) {
    for (std::int64_t i = 0; i < whole; i += Vec::kLanes) store(to + i, mul(load(from + i), load(scale + i)));
    if (tail != 0) store_n(to + whole, mul(load_n(from + whole, tail), load_n(scale + whole, tail)), tail);
  }
}

// Shares: pixels of all pictures.
void scaled_conv_f32(const KernelCall& call);
void scaled_conv_f32(const KernelCall& call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call.params);
  const ScaledConvWalk& walk = *static_cast<const ScaledConvWalk*>(call.prepared);
  const std::int64_t picture = static_cast<std::int64_t>(p.out_h) * p.out_w, all = picture * p.batch;
  Range pixels = share(walk.units, call.share, call.shares);
  pixels.begin *= walk.unit;
  pixels.end = pixels.end * walk.unit < all ? pixels.end * walk.unit : all;
  const auto* const x = static_cast<const float*>(call.in[0]);
  const auto* const scales = static_cast<const float*>(call.in[4]);
  auto* const scaled = static_cast<float*>(call.scratch);
  const Epilogue epilogue = epilogue_of(call, p.activation);
  RowsCall rows = {};
  rows.x = scaled;
  rows.w = static_cast<const float*>(call.in[1]);
  rows.depth = rows.x_stride = p.in_c;
  rows.columns = rows.y_stride = p.out_c;
  rows.last_panel = walk.panels;
  for (std::int64_t at = pixels.begin; at < pixels.end; at += rows.rows) {
    const std::int64_t of_picture = (at / picture + 1) * picture - at;
    rows.rows = pixels.end - at < of_picture ? pixels.end - at : of_picture;
    if (rows.rows > walk.band) rows.rows = walk.band;
    scale_pixels(scaled, x + at * p.in_c, scales + at / picture * p.in_c, rows.rows, p.in_c);
    rows.y = static_cast<float*>(call.out[0]) + at * p.out_c;
    rows.epilogue = epilogue;
    if (epilogue.residual != nullptr) rows.epilogue.residual += at * p.out_c;
    if (at + rows.rows == pixels.end && call.next_weights != nullptr) {
      const Range next = share(static_cast<std::int64_t>(call.next_weights_bytes), call.share, call.shares);
      rows.next = static_cast<const char*>(call.next_weights) + next.begin;
      rows.next_bytes = next.end - next.begin < kTuning.next_bytes ? next.end - next.begin : kTuning.next_bytes;
    }
    multiply_rows(rows);
  }
}

}  // namespace kite::KITE_TARGET
