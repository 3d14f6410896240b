// SPDX-License-Identifier: Apache-2.0
// Whole numbers and bytes of any processor. Included by bytes.inl; bytes/avx512.inl says what each function is
// for.
#pragma once

namespace kite::generic {

struct Whole {
  Ints v;
};

using UnsignedInts [[gnu::vector_size(16)]] = std::uint32_t;  // sums and products wrap

static inline Whole whole(std::int32_t x) { return {Ints{x, x, x, x}}; }
static inline Whole load_whole(const std::int32_t* p) {
  Whole a;
  __builtin_memcpy(&a.v, p, sizeof a.v);
  return a;
}
static inline void store_whole(std::int32_t* p, Whole a) { __builtin_memcpy(p, &a.v, sizeof a.v); }
static inline void store_whole_n(std::int32_t* p, Whole a, int n) {
  for (int i = 0; i < n; ++i) p[i] = a.v[i];
}
static inline UnsignedInts wrapping(Whole a) { return reinterpret_cast<UnsignedInts>(a.v); }
static inline Whole whole_of(UnsignedInts bits) { return {reinterpret_cast<Ints>(bits)}; }
static inline Whole add(Whole a, Whole b) { return whole_of(wrapping(a) + wrapping(b)); }
static inline Whole sub(Whole a, Whole b) { return whole_of(wrapping(a) - wrapping(b)); }
static inline Whole mul(Whole a, Whole b) { return whole_of(wrapping(a) * wrapping(b)); }
static inline Vec to_float(Whole a) { return {__builtin_convertvector(a.v, Floats)}; }
static inline Whole to_whole(Vec a) { return {__builtin_convertvector(round_even(a).v, Ints)}; }
static inline Whole load_bytes(const std::uint8_t* p) { return {Ints{p[0], p[1], p[2], p[3]}}; }
static inline Whole load_bytes(const std::int8_t* p) { return {Ints{p[0], p[1], p[2], p[3]}}; }
static inline void store_bytes(std::uint8_t* p, Whole a, int n) {
  for (int i = 0; i < n; ++i) p[i] = static_cast<std::uint8_t>(a.v[i]);
}

struct PairDot {
  using Shorts [[gnu::vector_size(16)]] = std::int16_t;
  struct Factor {
    Shorts even, odd;
  };
  static inline Factor weights(const std::int8_t* p) {
    Shorts all;
    __builtin_memcpy(&all, p, sizeof all);
    return {(all << 8) >> 8, all >> 8};
  }
  static inline Factor pixels(const std::uint8_t* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, 4);
    const auto all = reinterpret_cast<Shorts>(Ints{four, four, four, four});
    return {all & 0xff, (all >> 8) & 0xff};
  }
  // The sums of neighbouring products.
  static inline Whole pairs(Shorts a, Shorts b) {
#ifdef __SSE2__  // of every x86-64; compilers do not find it
    return {reinterpret_cast<Ints>(__builtin_ia32_pmaddwd128(a, b))};
#else
    Ints sums;
    for (int i = 0; i < 4; ++i) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
    return {sums};
#endif
  }
  static inline Whole accumulate(Factor x, Factor w, Whole sum) {
    return add(add(pairs(x.even, w.even), pairs(x.odd, w.odd)), sum);
  }
  static inline Whole small(Whole w) { return {w.v & 0xffff}; }
  static inline Whole accumulate_small(Whole x, Whole w, Whole sum) {
    return add(pairs(reinterpret_cast<Shorts>(x.v), reinterpret_cast<Shorts>(w.v)), sum);
  }
};
using FusedDot = PairDot;

}  // namespace kite::generic
