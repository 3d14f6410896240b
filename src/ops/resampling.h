// SPDX-License-Identifier: Apache-2.0
// Where an element of a resized axis comes from: coordinates and filter taps, one axis at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kite {

enum class Coordinates {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kTfHalfPixelForNn,
  kTfCropAndResize,
};
enum class Interpolation { kNearest, kLinear, kCubic };
// kSimple: what Resize of opset 10 and Upsample do, down for enlarging and up for reducing.
enum class Nearest { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil, kSimple };

struct ResampledAxis {
  std::int64_t in = 1;
  std::int64_t out = 1;
  float scale = 1;      // out / in, as the model states it
  float roi_start = 0;  // of kTfCropAndResize, in parts of the axis
  float roi_end = 1;

  [[nodiscard]] bool is_resized() const { return in != out || scale != 1 || roi_start != 0 || roi_end != 1; }
};

struct Resampling {
  Coordinates coordinates = Coordinates::kHalfPixel;
  Interpolation filter = Interpolation::kNearest;
  Nearest nearest = Nearest::kRoundPreferFloor;
  double cubic_a = -0.75;
  bool exclude_outside = false;
  bool antialias = false;
};

// A reduction by up to 64 (cubic) or 128 (linear) with antialiasing.
inline constexpr int kMaxTaps = 260;

// The elements of the input that one element of the output is the weighted sum of, in ascending order.
struct Taps {
  int count = 0;
  bool is_outside = false;  // of kTfCropAndResize: the extrapolation value
  std::array<std::int64_t, kMaxTaps> index;
  std::array<double, kMaxTaps> weight;
};

// How many taps an axis may need.
[[nodiscard]] std::int64_t most_taps(const Resampling& how, const ResampledAxis& axis);

// The taps of output position `at`.
void find_taps(const Resampling& how, const ResampledAxis& axis, std::int64_t at, Taps& taps);

}  // namespace kite
