// SPDX-License-Identifier: Apache-2.0
// Whole numbers and bytes of AVX-512. Included by bytes.inl.
#pragma once

namespace kite::avx512 {

// As many as a Vec has floats.
struct Whole {
  __m512i v;
};

static inline Whole whole(std::int32_t x) { return {_mm512_set1_epi32(x)}; }
static inline Whole load_whole(const std::int32_t* p) { return {_mm512_loadu_si512(p)}; }
static inline void store_whole(std::int32_t* p, Whole a) { _mm512_storeu_si512(p, a.v); }
static inline void store_whole_n(std::int32_t* p, Whole a, int n) { _mm512_mask_storeu_epi32(p, lane_mask(n), a.v); }
static inline Whole add(Whole a, Whole b) { return {_mm512_add_epi32(a.v, b.v)}; }
static inline Whole sub(Whole a, Whole b) { return {_mm512_sub_epi32(a.v, b.v)}; }
static inline Whole mul(Whole a, Whole b) { return {_mm512_mullo_epi32(a.v, b.v)}; }  // the low 32 bits
static inline Vec to_float(Whole a) { return {_mm512_cvtepi32_ps(a.v)}; }
// To the nearest, a tie to the even one; a is within the range of 32 bits.
static inline Whole to_whole(Vec a) { return {_mm512_cvtps_epi32(a.v)}; }
// A lane for each byte.
static inline Whole load_bytes(const std::uint8_t* p) {
  return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
static inline Whole load_bytes(const std::int8_t* p) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
// The lowest byte of each of the first n lanes.
static inline void store_bytes(std::uint8_t* p, Whole a, int n) {
  const __m128i bytes = _mm512_cvtepi32_epi8(a.v);
  if (n == Vec::kLanes) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
  } else {
    _mm_mask_storeu_epi8(p, lane_mask(n), bytes);
  }
}

// Sums of four products, u8 times s8, in each lane: products of pairs, even bytes and odd ones apart.
struct PairDot {
  struct Factor {
    __m512i even, odd;  // 16 bits for each byte
  };
  // Four weights for each lane.
  static inline Factor weights(const std::int8_t* p) {
    const __m512i all = _mm512_loadu_si512(p);
    return {_mm512_srai_epi16(_mm512_slli_epi16(all, 8), 8), _mm512_srai_epi16(all, 8)};
  }
  // The same four bytes for all lanes.
  static inline Factor pixels(const std::uint8_t* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, 4);
    const __m512i all = _mm512_set1_epi32(four);
    return {_mm512_and_si512(all, _mm512_set1_epi16(0xff)), _mm512_srli_epi16(all, 8)};
  }
  static inline Whole accumulate(Factor x, Factor w, Whole sum) {
    const __m512i even = _mm512_madd_epi16(x.even, w.even), odd = _mm512_madd_epi16(x.odd, w.odd);
    return {_mm512_add_epi32(_mm512_add_epi32(even, odd), sum.v)};
  }
  // What accumulate_small() takes as its second factor.
  static inline Whole small(Whole w) { return {_mm512_and_si512(w.v, _mm512_set1_epi32(0xffff))}; }
  // x * w + sum, x and w within 16 bits.
  static inline Whole accumulate_small(Whole x, Whole w, Whole sum) {
    return {_mm512_add_epi32(_mm512_madd_epi16(x.v, w.v), sum.v)};
  }
};

// The same with the instructions of AVX512-VNNI, which not every processor of this target has. In assembly, because the
// file is compiled for all of them.
struct FusedDot : PairDot {
  using Factor = __m512i;
  static inline Factor weights(const std::int8_t* p) { return _mm512_loadu_si512(p); }
  static inline Factor pixels(const std::uint8_t* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, 4);
    return _mm512_set1_epi32(four);
  }
  static inline Whole accumulate(Factor x, Factor w, Whole sum) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.v) : "v"(x), "v"(w));
    return sum;
  }
  static inline Whole accumulate_small(Whole x, Whole w, Whole sum) {
    asm("vpdpwssd %2, %1, %0" : "+v"(sum.v) : "v"(x.v), "v"(w.v));
    return sum;
  }
};

}  // namespace kite::avx512
