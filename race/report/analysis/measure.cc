// SPDX-License-Identifier: Apache-2.0
// The names of measures and modes in files and in reports.
#include "race/report/analysis/analysis.h"

namespace kite::race {

std::string_view measure_name(Measure measure) noexcept {
  static constexpr std::array<std::string_view, kMeasureCount> kNames = {
      "wall", "label", "user", "system", "load", "first", "p50", "peak_rss", "peak_anon"};
  return kNames[static_cast<std::size_t>(measure)];
}

std::string_view measure_title(Measure measure) noexcept {
  static constexpr std::array<std::string_view, kMeasureCount> kTitles = {
      "start to exit",   "start to answer",       "user CPU time", "system CPU time",      "model load",
      "first inference", "steady inference time", "peak memory",   "peak anonymous memory"};
  return kTitles[static_cast<std::size_t>(measure)];
}

bool is_memory(Measure measure) noexcept { return measure == Measure::kPeakRss || measure == Measure::kPeakAnon; }

std::string_view mode_title(Mode mode) noexcept {
  switch (mode) {
    case Mode::kOneshot: return "whole program, one picture";
    case Mode::kNoPre: return "inference alone";
    case Mode::kIncPre: return "inference with preprocessing";
  }
  return "";
}

Measure main_measure(Mode mode) noexcept { return mode == Mode::kOneshot ? Measure::kWall : Measure::kP50; }

}  // namespace kite::race
