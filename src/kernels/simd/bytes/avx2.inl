// SPDX-License-Identifier: Apache-2.0
// Whole numbers and bytes of AVX2. Included by bytes.inl; bytes/avx512.inl says what each function is for.
#pragma once

namespace kite::avx2 {

struct Whole {
  __m256i v;
};

static inline Whole whole(std::int32_t x) { return {_mm256_set1_epi32(x)}; }
static inline Whole load_whole(const std::int32_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
}
static inline void store_whole(std::int32_t* p, Whole a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
static inline void store_whole_n(std::int32_t* p, Whole a, int n) {
  store_n(reinterpret_cast<float*>(p), {_mm256_castsi256_ps(a.v)}, n);
}
static inline Whole add(Whole a, Whole b) { return {_mm256_add_epi32(a.v, b.v)}; }
static inline Whole sub(Whole a, Whole b) { return {_mm256_sub_epi32(a.v, b.v)}; }
static inline Whole mul(Whole a, Whole b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
static inline Vec to_float(Whole a) { return {_mm256_cvtepi32_ps(a.v)}; }
static inline Whole to_whole(Vec a) { return {_mm256_cvtps_epi32(a.v)}; }
static inline Whole load_bytes(const std::uint8_t* p) {
  return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
static inline Whole load_bytes(const std::int8_t* p) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
static inline void store_bytes(std::uint8_t* p, Whole a, int n) {
  const __m256i low = _mm256_and_si256(a.v, _mm256_set1_epi32(0xff));
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
  const long long bytes = _mm_cvtsi128_si64(_mm_packus_epi16(words, words));
  if (n == Vec::kLanes) {
    __builtin_memcpy(p, &bytes, 8);
  } else {
    for (int i = 0; i < n; ++i) p[i] = static_cast<std::uint8_t>(bytes >> (8 * i));
  }
}

struct PairDot {
  struct Factor {
    __m256i even, odd;
  };
  static inline Factor weights(const std::int8_t* p) {
    const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return {_mm256_srai_epi16(_mm256_slli_epi16(all, 8), 8), _mm256_srai_epi16(all, 8)};
  }
  static inline Factor pixels(const std::uint8_t* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, 4);
    const __m256i all = _mm256_set1_epi32(four);
    return {_mm256_and_si256(all, _mm256_set1_epi16(0xff)), _mm256_srli_epi16(all, 8)};
  }
  static inline Whole accumulate(Factor x, Factor w, Whole sum) {
    const __m256i even = _mm256_madd_epi16(x.even, w.even), odd = _mm256_madd_epi16(x.odd, w.odd);
    return {_mm256_add_epi32(_mm256_add_epi32(even, odd), sum.v)};
  }
  static inline Whole small(Whole w) { return {_mm256_and_si256(w.v, _mm256_set1_epi32(0xffff))}; }
  static inline Whole accumulate_small(Whole x, Whole w, Whole sum) {
    return {_mm256_add_epi32(_mm256_madd_epi16(x.v, w.v), sum.v)};
  }
};
using FusedDot = PairDot;

}  // namespace kite::avx2
