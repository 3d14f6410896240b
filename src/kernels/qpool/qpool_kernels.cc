// SPDX-License-Identifier: Apache-2.0
// Pooling of 8-bit numbers: the channels of one output pixel at a time, in plain loops, which the compiler turns into
// vectors of the target.
#include "kernels/kernel.h"
#include "kernels/pool/geometry.h"
#include "kernels/qpool/qpool_params.h"
#include "kernels/simd/bytes/bytes.inl"

namespace kite::KITE_TARGET {

struct QPoolTaps : PoolWindow<std::uint8_t> {
  double count;  // what a mean divides by
};

constexpr std::int64_t kQPoolChannels = 256;  // whose sums stay in L1

// Signed numbers are compared as unsigned ones, raised by 128.
static void max_pixel(const QPoolTaps& taps, std::int64_t channels, std::uint8_t flip, std::uint8_t* __restrict y) {
  const std::int64_t rows = taps.rows, columns = taps.columns, row_step = taps.row_step, column_step = taps.column_step;
  for (std::int64_t c = 0; c < channels; ++c) y[c] = 0;
  const std::uint8_t* row = taps.first;
  for (std::int64_t r = 0; r < rows; ++r, row += row_step) {
    const std::uint8_t* __restrict x = row;
    for (std::int64_t s = 0; s < columns; ++s, x += column_step) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto raised = static_cast<std::uint8_t>(x[c] ^ flip);
        y[c] = raised > y[c] ? raised : y[c];
      }
    }
  }
  for (std::int64_t c = 0; c < channels; ++c) y[c] ^= flip;
}

// Up to kQPoolChannels channels.
static void mean_pixel(const QPoolParams& p, const QPoolTaps& taps, std::int64_t channels, std::uint8_t* y) {
  const std::uint8_t flip = p.x_signed != 0 ? 0x80 : 0;
  std::int32_t sums[kQPoolChannels] = {};
  const std::uint8_t* row = taps.first;
  for (std::int64_t r = 0; r < taps.rows; ++r, row += taps.row_step) {
    const std::uint8_t* x = row;
    for (std::int64_t s = 0; s < taps.columns; ++s, x += taps.column_step) {
      for (std::int64_t c = 0; c < channels; ++c) sums[c] += x[c] ^ flip;
    }
  }
  const auto zeros =
      static_cast<std::int32_t>(taps.rows * taps.columns * (p.x_signed != 0 ? p.x_zero + 128 : p.x_zero));
  const std::int32_t zero = p.zero;
  const double least = p.y_signed != 0 ? -128 - zero : -zero, most = least + 255;
  const double count = taps.count > 0 ? taps.count : 1, x_scale = p.x_scale, y_scale = p.y_scale;  // else the sum is 0
  for (std::int64_t c = 0; c < channels; ++c) {
    double v = static_cast<double>(sums[c] - zeros) / count * x_scale / y_scale;
    v = v > least ? v : least;
    v = v < most ? v : most;
    // Adding 1.5 * 2^52 leaves no place for a fraction.
    y[c] = static_cast<std::uint8_t>(static_cast<std::int32_t>((v + 6755399441055744.0) - 6755399441055744.0) + zero);
  }
}

static void qpool_row(const QPoolParams& params, const std::uint8_t* x, std::uint8_t* y, std::int64_t row) {
  const PoolParams& p = params.pool;
  const std::int64_t n = row / p.out_h;
  const std::int64_t top = (row - n * p.out_h) * p.stride_h - p.pad_top;
  const PoolSpan tall = pool_span(top, p.in_h, p.pad_bottom, p.dilation_h, p.kernel_h);
  const std::int64_t row_step = static_cast<std::int64_t>(p.in_w) * p.channels;
  const std::uint8_t* picture = x + n * p.in_h * row_step;
  std::uint8_t* out = y + row * p.out_w * p.channels;
  for (std::int64_t q = 0; q < p.out_w; ++q, out += p.channels) {
    const PoolSpan wide = pool_span(q * p.stride_w - p.pad_left, p.in_w, p.pad_right, p.dilation_w, p.kernel_w);
    QPoolTaps taps = {pool_window(p, picture, top, tall, q, wide), 0};
    if (p.kind == PoolKind::kMax) {
      max_pixel(taps, p.channels, params.x_signed != 0 ? 0x80 : 0, out);
      continue;
    }
    taps.count = p.kind == PoolKind::kAverageIncludePad
                     ? static_cast<double>(tall.padded) * static_cast<double>(wide.padded)
                     : static_cast<double>(taps.rows) * static_cast<double>(taps.columns);
    const std::uint8_t* const first = taps.first;
    for (std::int64_t c = 0; c < p.channels; c += kQPoolChannels) {
      taps.first = first + c;
      mean_pixel(params, taps, p.channels - c < kQPoolChannels ? p.channels - c : kQPoolChannels, out + c);
    }
  }
}

// Shares are rows of y, counted over the batch.
void qpool_i8(const KernelCall& call);
void qpool_i8(const KernelCall& call) {
  const QPoolParams& p = *static_cast<const QPoolParams*>(call.params);
  auto* y = static_cast<std::uint8_t*>(call.out[0]);
  const std::int64_t rows = static_cast<std::int64_t>(p.pool.batch) * p.pool.out_h;
  const std::int64_t last = rows * (call.share + 1) / call.shares;
  for (std::int64_t row = rows * call.share / call.shares; row < last; ++row) {
    qpool_row(p, static_cast<const std::uint8_t*>(call.in[0]), y, row);
  }
}

}  // namespace kite::KITE_TARGET
