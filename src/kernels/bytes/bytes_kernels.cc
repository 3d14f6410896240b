// SPDX-License-Identifier: Apache-2.0
// Elementwise operators on bytes. Real numbers are computed as the portable operators do, in float32 between real and
// 8-bit numbers, and in float64 between two 8-bit tensors, in plain loops there: only the last rounding counts.
#include "kernels/bytes/bytes_params.h"
#include "kernels/kernel.h"
#include "kernels/simd/bytes/bytes.inl"

namespace kite::KITE_TARGET {

struct ByteRange {
  std::int64_t begin, end;
};

// Runs of whole cache lines of bytes.
static ByteRange share_of(const KernelCall& call, std::int64_t count) {
  const std::int64_t lines = (count + 63) / 64;
  const std::int64_t begin = lines * call.share / call.shares * 64, end = lines * (call.share + 1) / call.shares * 64;
  return {begin, end < count ? end : count};
}

// round(x / scale) + zero in 8 bits.
static void quantize_run(const float* x, std::uint8_t* y, std::int64_t count, float scale, std::int32_t zero,
                         bool is_signed) {
  const float first = static_cast<float>(is_signed ? -128 - zero : -zero);
  const Vec least = splat(first), most = splat(first + 255.0f), divisor = splat(scale);
  const Whole raised = whole(zero);
  for (std::int64_t i = 0; i < count; i += Vec::kLanes) {
    const int lanes = count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes;
    Vec v = div(load_n(x + i, lanes), divisor);
    v = select_less(least, v, v, least);  // NaN becomes the least
    v = select_less(v, most, v, most);
    store_bytes(y + i, add(to_whole(v), raised), lanes);
  }
}

struct FloatRange {
  float least, most;
};

// Of so many numbers, 0 included; NaN is passed over.
static FloatRange range_of(const float* x, std::int64_t count) {
  Vec lows[4] = {zero(), zero(), zero(), zero()}, highs[4] = {zero(), zero(), zero(), zero()};
  std::int64_t i = 0;
  for (; i + 4 * Vec::kLanes <= count; i += 4 * Vec::kLanes) {
    for (int v = 0; v < 4; ++v) {
      const Vec next = load(x + i + v * Vec::kLanes);
      lows[v] = select_less(next, lows[v], next, lows[v]);
      highs[v] = select_less(highs[v], next, next, highs[v]);
    }
  }
  for (; i < count; i += Vec::kLanes) {
    const Vec next = load_n(x + i, count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes);
    lows[0] = select_less(next, lows[0], next, lows[0]);
    highs[0] = select_less(highs[0], next, next, highs[0]);
  }
  FloatRange range = {0, 0};
  for (int v = 0; v < 4; ++v) {
    const float low = -max_lanes(negate(lows[v])), high = max_lanes(highs[v]);
    range.least = low < range.least ? low : range.least;
    range.most = high > range.most ? high : range.most;
  }
  return range;
}

// A share of the parts, which do not depend on the number of shares.
static void find_ranges(const KernelCall& call, std::int64_t count) {
  auto* const ranges = static_cast<FloatRange*>(call.out[0]);
  const std::int64_t lines = (count + 15) / 16, last = kByteRanges * (call.share + 1) / call.shares;
  for (std::int64_t part = kByteRanges * call.share / call.shares; part < last; ++part) {
    const std::int64_t begin = lines * part / kByteRanges * 16, end = lines * (part + 1) / kByteRanges * 16;
    ranges[part] = range_of(static_cast<const float*>(call.in[0]) + begin, (end < count ? end : count) - begin);
  }
}

// Each share looks at all of x, unless its ranges are known.
static void quantize_dynamic(const KernelCall& call, std::int64_t count, bool has_ranges) {
  const auto* x = static_cast<const float*>(call.in[0]);
  const auto [least, most] =
      has_ranges ? range_of(static_cast<const float*>(call.in[1]), 2 * kByteRanges) : range_of(x, count);
  const float scale = least == most ? 1.0f : (most - least) / 255.0f;
  float point = 0.0f - least / scale;
  point = point > 0.0f ? point : 0.0f;
  point = point < 255.0f ? point : 255.0f;
  const auto rounded = static_cast<std::int32_t>(__builtin_rintf(point));
  if (call.share == 0) {
    *static_cast<float*>(call.out[1]) = scale;
    *static_cast<std::uint8_t*>(call.out[2]) = static_cast<std::uint8_t>(rounded);
  }
  const ByteRange run = share_of(call, count);
  quantize_run(x + run.begin, static_cast<std::uint8_t*>(call.out[0]) + run.begin, run.end - run.begin, scale, rounded,
               false);
}

// Signed numbers are raised by 128, and their zero points, too: one loop for both types.
struct ByteInput {
  const std::uint8_t* from;
  std::uint8_t flip;
  std::int32_t zero;
};
static inline ByteInput byte_input(const void* from, std::int32_t is_signed, std::int32_t zero) {
  return {static_cast<const std::uint8_t*>(from), static_cast<std::uint8_t>(is_signed != 0 ? 0x80 : 0),
          is_signed != 0 ? zero + 128 : zero};
}

static void dequantize_run(ByteInput x, std::int64_t first, std::int64_t count, float* __restrict y, float scale) {
  const std::uint8_t* __restrict from = x.from + first;
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<float>((from[i] ^ x.flip) - x.zero) * scale;
}

// The element of a row that one number repeats is read with step 0. Numbers of its own instead of the params, which a
// store of bytes could change for all that the compiler knows.
template <int Step, bool IsProduct>
static void pair_row(const BytesParams& p, std::int64_t columns, ByteInput a, ByteInput b, std::uint8_t* __restrict y) {
  const std::uint8_t* __restrict a_from = a.from, * __restrict b_from = b.from;
  const std::int32_t zero = p.zero;
  const double a_factor = p.x_factor, b_factor = p.b_factor;
  const double least = p.y_signed != 0 ? -128 - zero : -zero, most = least + 255;
  for (std::int64_t i = 0; i < columns; ++i) {
    const std::int32_t left = (a_from[i] ^ a.flip) - a.zero, right = (b_from[i * Step] ^ b.flip) - b.zero;
    double v = IsProduct ? static_cast<double>(left * right) * a_factor
                         : static_cast<double>(left) * a_factor + static_cast<double>(right) * b_factor;
    v = v > least ? v : least;
    v = v < most ? v : most;
    // Adding 1.5 * 2^52 leaves no place for a fraction.
    y[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>((v + 6755399441055744.0) - 6755399441055744.0) + zero);
  }
}

static void pair_rows(const KernelCall& call, const BytesParams& p) {
  const bool is_product = p.op == ByteOp::kMul, is_row = p.b_columns != 1 || p.columns == 1;
  const auto row = is_product ? (is_row ? pair_row<1, true> : pair_row<0, true>)
                              : (is_row ? pair_row<1, false> : pair_row<0, false>);
  ByteInput a = byte_input(call.in[0], p.x_signed, p.x_zero), b = byte_input(call.in[1], p.b_signed, p.b_zero);
  auto* y = static_cast<std::uint8_t*>(call.out[0]);
  if (p.rows == 1) {
    const ByteRange run = share_of(call, p.columns);
    a.from += run.begin;
    b.from += is_row ? run.begin : 0;
    return row(p, run.end - run.begin, a, b, y + run.begin);
  }
  const std::int64_t first = p.rows * call.share / call.shares, last = p.rows * (call.share + 1) / call.shares;
  const std::int64_t b_step = p.b_rows == 1 ? 0 : p.b_columns;
  a.from += first * p.columns;
  b.from += first * b_step;
  y += first * p.columns;
  for (std::int64_t r = first; r < last; ++r, a.from += p.columns, b.from += b_step, y += p.columns)
    row(p, p.columns, a, b, y);
}

void bytes_i8(const KernelCall& call);
void bytes_i8(const KernelCall& call) {
  const BytesParams& p = *static_cast<const BytesParams*>(call.params);
  const std::int64_t count = p.rows * p.columns;
  const ByteRange run = share_of(call, count);
  const std::int64_t length = run.end - run.begin;
  switch (p.op) {
    case ByteOp::kQuantize:
      return quantize_run(static_cast<const float*>(call.in[0]) + run.begin,
                          static_cast<std::uint8_t*>(call.out[0]) + run.begin, length, p.scale, p.zero,
                          p.y_signed != 0);
    case ByteOp::kQuantizeDynamic: return quantize_dynamic(call, count, false);
    case ByteOp::kRanges: return find_ranges(call, count);
    case ByteOp::kQuantizeRanges: return quantize_dynamic(call, count, true);
    case ByteOp::kDequantize:
      return dequantize_run(byte_input(call.in[0], p.x_signed, p.x_zero), run.begin, length,
                            static_cast<float*>(call.out[0]) + run.begin, p.scale);
    case ByteOp::kAdd:
    case ByteOp::kMul: return pair_rows(call, p);
  }
}

}  // namespace kite::KITE_TARGET
