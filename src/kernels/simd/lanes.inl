// SPDX-License-Identifier: Apache-2.0
// Sums and maxima across the lanes of a Vec, and tails filled with a value. Included after <isa>.inl.
namespace kite::KITE_ISA {

// Halves are added until one lane is left: lane i to lane i + width, for width = kLanes/2 down to 1.
static inline float sum_lanes(Vec a) {
  alignas(64) float lanes[Vec::kLanes];
  store(lanes, a);
#pragma GCC unroll 4
  for (int width = Vec::kLanes / 2; width > 0; width /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

// The largest lane; lanes that are NaN are passed over or returned, as it happens.
static inline float max_lanes(Vec a) {
  alignas(64) float lanes[Vec::kLanes];
  store(lanes, a);
#pragma GCC unroll 4
  for (int width = Vec::kLanes / 2; width > 0; width /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < width; ++i) lanes[i] = lanes[i] < lanes[i + width] ? lanes[i + width] : lanes[i];
  }
  return lanes[0];
}

// load_n with lanes past n holding `fill`.
static inline Vec load_n_or(const float* p, int n, float fill) {
  alignas(64) float lanes[Vec::kLanes];
  store(lanes, splat(fill));
  store_n(lanes, load_n(p, n), n);
  return load(lanes);
}

}  // namespace kite::KITE_ISA
