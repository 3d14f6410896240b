// SPDX-License-Identifier: Apache-2.0
// Coordinates are computed in float32, as other runtimes do: a different rounding would choose another neighbour.
#include "ops/resampling.h"

#include <algorithm>
#include <cmath>

namespace kite {

namespace {

float coordinate(Coordinates kind, const ResampledAxis& axis, std::int64_t at) {
  const auto x = static_cast<float>(at);
  const auto in = static_cast<float>(axis.in);
  const auto out = static_cast<float>(axis.out);
  switch (kind) {
    case Coordinates::kHalfPixel: return (x + 0.5F) / axis.scale - 0.5F;
    case Coordinates::kHalfPixelSymmetric: {
      // The output is centred where its exact length would not be a whole number.
      const float adjustment = out / (axis.scale * in);
      return in / 2 * (1 - adjustment) + (x + 0.5F) / axis.scale - 0.5F;
    }
    case Coordinates::kPytorchHalfPixel: return axis.out > 1 ? (x + 0.5F) / axis.scale - 0.5F : 0.0F;
    case Coordinates::kAlignCorners: return axis.out > 1 ? x * (in - 1) / (out - 1) : 0.0F;
    case Coordinates::kAsymmetric: return x / axis.scale;
    case Coordinates::kTfHalfPixelForNn: return (x + 0.5F) / axis.scale;
    case Coordinates::kTfCropAndResize:
      return axis.out > 1 ? axis.roi_start * (in - 1) + x * (axis.roi_end - axis.roi_start) * (in - 1) / (out - 1)
                          : 0.5F * (axis.roi_start + axis.roi_end) * (in - 1);
  }
  return x;
}

std::int64_t nearest_index(Nearest kind, float x, bool is_reduced) {
  const float below = std::floor(x);
  switch (kind) {
    case Nearest::kRoundPreferFloor: return static_cast<std::int64_t>(x - below > 0.5F ? below + 1 : below);
    case Nearest::kRoundPreferCeil: return static_cast<std::int64_t>(x - below >= 0.5F ? below + 1 : below);
    case Nearest::kFloor: return static_cast<std::int64_t>(below);
    case Nearest::kCeil: return static_cast<std::int64_t>(std::ceil(x));
    case Nearest::kSimple: return static_cast<std::int64_t>(is_reduced ? std::ceil(x) : std::trunc(x));
  }
  return 0;
}

// Keys' cubic convolution: Cubic convolution interpolation for digital image processing, 1981.
double cubic(double x, double a) {
  const double d = std::fabs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

double weight_of(const Resampling& how, double distance) {
  return how.filter == Interpolation::kCubic ? cubic(distance, how.cubic_a) : std::max(0.0, 1 - std::fabs(distance));
}

// Half the width of the filter in input elements, and the factor by which distances shrink.
struct Reach {
  double radius;
  double shrink;
};

Reach reach_of(const Resampling& how, const ResampledAxis& axis) {
  const double shrink = how.antialias ? std::min(1.0, static_cast<double>(axis.scale)) : 1.0;
  return {(how.filter == Interpolation::kCubic ? 2.0 : 1.0) / shrink, shrink};
}

}  // namespace

std::int64_t most_taps(const Resampling& how, const ResampledAxis& axis) {
  if (how.filter == Interpolation::kNearest || !axis.is_resized()) return 1;
  return 2 * static_cast<std::int64_t>(std::ceil(reach_of(how, axis).radius)) + 2;
}

void find_taps(const Resampling& how, const ResampledAxis& axis, std::int64_t at, Taps& taps) {
  taps.count = 1;
  taps.is_outside = false;
  taps.index[0] = at;
  taps.weight[0] = 1;
  if (!axis.is_resized()) return;
  float x = coordinate(how.coordinates, axis, at);
  const auto end = static_cast<float>(axis.in - 1);
  taps.is_outside = how.coordinates == Coordinates::kTfCropAndResize && !(x >= 0 && x <= end);
  if (taps.is_outside) return;
  if (how.filter == Interpolation::kNearest) {
    taps.index[0] = std::clamp<std::int64_t>(nearest_index(how.nearest, x, axis.scale < 1), 0, axis.in - 1);
    return;
  }
  // Linear interpolation of the repeated edge is the edge itself.
  if (how.filter == Interpolation::kLinear && !how.antialias) x = std::clamp(x, 0.0F, end);
  const auto centre = static_cast<double>(x);
  const Reach reach = reach_of(how, axis);
  const auto first = static_cast<std::int64_t>(std::floor(centre - reach.radius)) + 1;
  const auto last = static_cast<std::int64_t>(std::ceil(centre + reach.radius)) - 1;
  // What lies outside repeats the edge, unless it is excluded.
  taps.count = 0;
  double sum = 0;
  for (std::int64_t i = first; i <= last && taps.count < kMaxTaps; ++i) {
    if (how.exclude_outside && (i < 0 || i >= axis.in)) continue;
    const auto n = static_cast<std::size_t>(taps.count++);
    taps.index[n] = std::clamp<std::int64_t>(i, 0, axis.in - 1);
    taps.weight[n] = weight_of(how, (static_cast<double>(i) - centre) * reach.shrink);
    sum += taps.weight[n];
  }
  if ((!how.exclude_outside && !how.antialias) || sum == 0) return;
  for (int n = 0; n < taps.count; ++n) taps.weight[static_cast<std::size_t>(n)] /= sum;
}

}  // namespace kite
