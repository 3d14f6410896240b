// SPDX-License-Identifier: Apache-2.0
// Whether the series of times of a process becomes steady, and from which sample on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "race/stats/changepoint.h"
#include "race/stats/modes.h"

namespace kite::race {

enum class Steadiness : std::uint8_t {
  kTooShort,       // fewer samples than kFewestForSteadiness: nothing is cut, and no class is claimed
  kFlat,           // one level throughout
  kWarmUp,         // a slower start, then one level
  kSlowDown,       // a faster start, then one level
  kNoSteadyState,  // the last level does not last half the series
  kMultimodal      // two kinds of samples that keep alternating, before or after a cut
};
// "too short to tell", "flat", "warm-up", "slow-down", "no steady state", "multimodal"
[[nodiscard]] std::string_view steadiness_name(Steadiness steadiness) noexcept;

inline constexpr std::size_t kFewestForSteadiness = 10;
inline constexpr double kSameLevel = 0.02;  // levels closer than the race's margin are one level

struct SteadinessFound {
  Steadiness steadiness = Steadiness::kTooShort;
  std::size_t cut = 0;            // leading samples that are not steady; 0 unless there is a steady state after them
  std::size_t mser_cut = 0;       // what MSER-5 would cut: a second opinion, not used
  std::vector<Segment> segments;  // from level_segments
  std::optional<TwoModes> modes;  // if multimodal
};

// Classes after Barrett et al. 2017, section 4, with segments from level_segments:
//   1. The steady section is the run of segments at the end whose levels are within kSameLevel of the last one. Up to a
//      twentieth of its samples may be at other levels: then the machine was busy for a moment, and
//      the level came back.
//   2. It must be at least half of the series. (Barrett et al. ask for the last 500 of 2,000 iterations; MSER is also
//      said to have failed if it cuts more than half.)
//   3. A class is added, multimodal: two_modes finds modes further apart than kSameLevel in the steady section (or in
//      the whole series if there is none), with at least 6 changes between them that reach into the first and the last
//      third. So a single change of level, or a drift, is not multimodal.
// `series` is in order and without the first inference, which is a measure of its own. If it holds a value that is not
// a positive number, the class is kTooShort.
[[nodiscard]] SteadinessFound classify_steadiness(std::span<const double> series);

// MSER-5 (White, Cobb & Spratt 2000): of the cuts at multiples of 5 in the first half, the one whose rest has the least
// squared standard error of its batch means. 0 below 20 samples.
[[nodiscard]] std::size_t mser_cut(std::span<const double> series);

}  // namespace kite::race
