// SPDX-License-Identifier: Apache-2.0
// From the codes of weights to the floats that they stand for: the bits are those of DequantizeLinear.
#pragma once

#include "kernels/simd/bytes/bytes.inl"
#include "kernels/simd/codes.h"

namespace kite::KITE_TARGET {

template <int Blocks>
static void decode_run(const std::int8_t* codes, const float* scales, const std::int8_t* zeros, std::int64_t count,
                       float* to) {
  Vec scale[Blocks];
  Whole zero[Blocks];
#pragma GCC unroll 4
  for (int b = 0; b < Blocks; ++b) {
    scale[b] = load(scales + b * Vec::kLanes);
    zero[b] = zeros == nullptr ? whole(0) : load_bytes(zeros + b * Vec::kLanes);
  }
  for (std::int64_t i = 0; i < count; ++i, codes += Blocks * Vec::kLanes, to += Blocks * Vec::kLanes) {
#pragma GCC unroll 4
    for (int b = 0; b < Blocks; ++b) {
      store(to + b * Vec::kLanes, mul(to_float(sub(load_bytes(codes + b * Vec::kLanes), zero[b])), scale[b]));
    }
  }
}

// Products [first, first + count) of `blocks` (1 to 4) vectors of columns from `column` on, whose codes begin at
// `codes`; returns `to`.
static __attribute__((noinline)) const float* decode(const Codes& c, const std::int8_t* codes, std::int64_t column,
                                                     std::int64_t blocks, std::int64_t first, std::int64_t count,
                                                     float* to) {
  float* next = to;
  for (std::int64_t end = first + count; first < end;) {
    const std::int64_t row = first / c.block;
    const std::int64_t run = (row + 1) * c.block < end ? (row + 1) * c.block - first : end - first;
    const std::int64_t at = row * c.columns + column;
    const std::int8_t* const zeros = c.zeros == nullptr ? nullptr : c.zeros + at;
    switch (blocks) {
      case 1: decode_run<1>(codes, c.scales + at, zeros, run, next); break;
      case 2: decode_run<2>(codes, c.scales + at, zeros, run, next); break;
      case 3: decode_run<3>(codes, c.scales + at, zeros, run, next); break;
      default: decode_run<4>(codes, c.scales + at, zeros, run, next);
    }
    const std::int64_t numbers = run * blocks * Vec::kLanes;
    codes += numbers;
    next += numbers;
    first += run;
  }
  return to;
}

}  // namespace kite::KITE_TARGET
