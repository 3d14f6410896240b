// SPDX-License-Identifier: Apache-2.0
// The classes that plots draw with. Colours are in render/plot.css as custom properties (after Okabe and Ito, darkened
// on light paper, lightened on dark), so that one SVG serves both themes. A series has a shape besides its colour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "race/stats/verdict.h"

namespace kite::race {

enum class Shape : std::uint8_t { kCircle, kSquare, kDiamond, kTriangle, kDown, kCross, kPlus, kRing };

inline constexpr std::size_t kSeriesColours = 7;
inline constexpr std::size_t kShapes = 8;  // 7 and 8 have no common factor: 56 series differ in colour or shape

[[nodiscard]] inline std::string series_class(std::size_t series) {
  return "s" + std::to_string(series % kSeriesColours);
}
[[nodiscard]] inline Shape series_shape(std::size_t series) noexcept { return static_cast<Shape>(series % kShapes); }

inline constexpr std::size_t kPhaseColours = 5;  // classes p0 to p4

// A verdict has a class and a shape of its own.
[[nodiscard]] inline std::string_view verdict_class(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kFaster: return "v-faster";
    case Verdict::kSlower: return "v-slower";
    case Verdict::kEquivalent: return "v-equivalent";
    case Verdict::kUndecided: break;
  }
  return "v-undecided";
}
[[nodiscard]] inline Shape verdict_shape(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kFaster: return Shape::kDiamond;
    case Verdict::kSlower: return Shape::kTriangle;
    case Verdict::kEquivalent: return Shape::kSquare;
    case Verdict::kUndecided: break;
  }
  return Shape::kRing;
}

[[nodiscard]] inline std::string_view verdict_glyph(Verdict verdict) noexcept {
  switch (verdict_shape(verdict)) {
    case Shape::kDiamond: return "\xE2\x97\x86";
    case Shape::kTriangle: return "\xE2\x96\xB2";
    case Shape::kSquare: return "\xE2\x96\xA0";
    default: return "\xE2\x97\x8B";  // a ring
  }
}

// The class of a deviation: h0 (far below) .. h4 (none) .. h8 (far above).
inline constexpr std::array<double, 8> kHeatEdges = {-0.20, -0.10, -0.05, -0.02, 0.02, 0.05, 0.10, 0.20};

}  // namespace kite::race
