// SPDX-License-Identifier: Apache-2.0
// Whole numbers and bytes of Advanced SIMD. Included by bytes.inl; bytes/avx512.inl says what each function is
// for.
#pragma once

namespace kite::neon {

struct Whole {
  int32x4_t v;
};

static inline Whole whole(std::int32_t x) { return {vdupq_n_s32(x)}; }
static inline Whole load_whole(const std::int32_t* p) { return {vld1q_s32(p)}; }
static inline void store_whole(std::int32_t* p, Whole a) { vst1q_s32(p, a.v); }
static inline void store_whole_n(std::int32_t* p, Whole a, int n) {
  store_n(reinterpret_cast<float*>(p), {vreinterpretq_f32_s32(a.v)}, n);
}
static inline Whole add(Whole a, Whole b) { return {vaddq_s32(a.v, b.v)}; }
static inline Whole sub(Whole a, Whole b) { return {vsubq_s32(a.v, b.v)}; }
static inline Whole mul(Whole a, Whole b) { return {vmulq_s32(a.v, b.v)}; }
static inline Vec to_float(Whole a) { return {vcvtq_f32_s32(a.v)}; }
static inline Whole to_whole(Vec a) { return {vcvtnq_s32_f32(a.v)}; }
static inline Whole load_bytes(const std::uint8_t* p) {
  std::uint32_t four;
  __builtin_memcpy(&four, p, 4);
  const uint16x8_t words = vmovl_u8(vcreate_u8(four));
  return {vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)))};
}
static inline Whole load_bytes(const std::int8_t* p) {
  std::uint32_t four;
  __builtin_memcpy(&four, p, 4);
  return {vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(four))))};
}
static inline void store_bytes(std::uint8_t* p, Whole a, int n) {
  const uint16x4_t words = vmovn_u32(vreinterpretq_u32_s32(a.v));
  const std::uint32_t bytes = vget_lane_u32(vreinterpret_u32_u8(vmovn_u16(vcombine_u16(words, words))), 0);
  __builtin_memcpy(p, &bytes, static_cast<std::size_t>(n));
}

// A weight of every lane after the other (Tuning::weight_planes): products widen as they are summed.
struct PairDot {
  struct Factor {
    int16x8_t first, second;  // of bytes 0 and 1, and 2 and 3
  };
  static inline Factor weights(const std::int8_t* p) {
    const int8x16_t all = vld1q_s8(p);
    return {vmovl_s8(vget_low_s8(all)), vmovl_s8(vget_high_s8(all))};
  }
  static inline int16x4_t pixels(const std::uint8_t* p) {
    std::uint32_t four;
    __builtin_memcpy(&four, p, 4);
    return vreinterpret_s16_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
  }
  static inline Whole accumulate(int16x4_t x, Factor w, Whole sum) {
    sum.v = vmlal_lane_s16(sum.v, vget_low_s16(w.first), x, 0);
    sum.v = vmlal_lane_s16(sum.v, vget_high_s16(w.first), x, 1);
    sum.v = vmlal_lane_s16(sum.v, vget_low_s16(w.second), x, 2);
    return {vmlal_lane_s16(sum.v, vget_high_s16(w.second), x, 3)};
  }
  static inline Whole small(Whole w) { return w; }
  static inline Whole accumulate_small(Whole x, Whole w, Whole sum) { return {vmlaq_s32(sum.v, x.v, w.v)}; }
};
using FusedDot = PairDot;

}  // namespace kite::neon
