// SPDX-License-Identifier: Apache-2.0
// What one elementwise call on 8-bit numbers needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

enum class ByteOp : std::int32_t {
  kQuantize,         // y = round(x / scale) + zero; x and scale are float32, in[1] is the scale
  kQuantizeDynamic,  // the same with a scale and a zero point found in x: out[1], out[2]
  kDequantize,       // y = (x - x_zero) * scale, float32
  kAdd,              // y = round((a - a_zero) * a_factor + (b - b_zero) * b_factor) + zero
  kMul,              // y = round((a - a_zero) * (b - b_zero) * a_factor) + zero
  kRanges,           // the least and the most of each of kByteRanges parts of x, 0 included
  kQuantizeRanges,   // kQuantizeDynamic, where kRanges has looked at x: in[1]
};

// Parts of a tensor whose ranges are found before it is quantised, so that threads can share both.
constexpr std::int64_t kByteRanges = 64;

// Over [rows, columns]; b has as many numbers, or one row or one number, which is repeated. Every result of 8 bits is
// rounded half to even and kept within [least, most] before `zero` is added.
struct BytesParams {
  ByteOp op;
  std::int32_t x_signed, b_signed, y_signed;  // 1: int8, 0: uint8
  std::int64_t rows, columns;
  std::int64_t b_rows, b_columns;  // rows or 1, columns or 1
  std::int32_t x_zero, b_zero, zero;
  float scale;  // of kQuantize and kDequantize
  double x_factor, b_factor;
};

}  // namespace kite
