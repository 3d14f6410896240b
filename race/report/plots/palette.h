// SPDX-License-Identifier: Apache-2.0
// The classes that plots draw with. Colours stand in html/plot.css as custom properties (after Okabe and Ito, darkened
// on light paper, lightened on dark), so that one SVG serves both themes. A series has a shape besides its colour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kite::race {

enum class Shape : std::uint8_t { kCircle, kSquare, kDiamond, kTriangle, kDown, kCross, kPlus, kRing };

inline constexpr std::size_t kSeriesColours = 7;
inline constexpr std::size_t kShapes = 8;  // 7 and 8 have no common factor: 56 series differ in colour or shape

[[nodiscard]] inline std::string series_class(std::size_t series) {
  return "s" + std::to_string(series % kSeriesColours);
}
[[nodiscard]] inline Shape series_shape(std::size_t series) noexcept { return static_cast<Shape>(series % kShapes); }

inline constexpr std::size_t kPhaseColours = 5;  // classes p0 to p4

// The word of a verdict decides class and shape; anything else is drawn as undecided.
[[nodiscard]] inline std::string_view verdict_class(std::string_view verdict) noexcept {
  if (verdict == "faster") return "v-faster";
  if (verdict == "slower") return "v-slower";
  if (verdict == "equivalent") return "v-equivalent";
  return "v-undecided";
}
[[nodiscard]] inline Shape verdict_shape(std::string_view verdict) noexcept {
  if (verdict == "faster") return Shape::kDiamond;
  if (verdict == "slower") return Shape::kTriangle;
  if (verdict == "equivalent") return Shape::kSquare;
  return Shape::kRing;
}

[[nodiscard]] inline std::string_view verdict_glyph(std::string_view verdict) noexcept {
  if (verdict == "faster") return "\xE2\x97\x86";      // a diamond
  if (verdict == "slower") return "\xE2\x96\xB2";      // a triangle
  if (verdict == "equivalent") return "\xE2\x96\xA0";  // a square
  return "\xE2\x97\x8B";                              // a ring
}

// Of a deviation, as a class h0 (far below) .. h4 (none) .. h8 (far above).
inline constexpr std::array<double, 8> kHeatEdges = {-0.20, -0.10, -0.05, -0.02, 0.02, 0.05, 0.10, 0.20};

}  // namespace kite::race
