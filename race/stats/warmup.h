// SPDX-License-Identifier: Apache-2.0
// Is a process's series of times steady, and from where on?
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
  kTooShort,       // fewer samples than kFewestForSteadiness: nothing is cut and nothing is claimed
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
  std::vector<Segment> segments;  // as level_segments has them
  std::optional<TwoModes> modes;  // where multimodal
};

// Classes after Barrett et al. 2017, section 4: segments by level_segments; the steady part is the run of segments at
// the end whose levels are within kSameLevel of the last one, and up to a twentieth of the samples between them that
// are not: the machine was busy for a moment and the level came back. It must be half the series at least (they ask for
// the last 500 of 2,000 iterations; a cut of more than half is also where MSER is held to have failed). Multimodal is
// added: two_modes further apart than kSameLevel, in the steady part, or in all of a series without one, with at least
// 6 changes between them that reach into the first and the last third, so that one change of level or a drift is none.
// `series` is in order and without the first inference, which is a measure of its own. Values that are not positive
// numbers make it too short.
[[nodiscard]] SteadinessFound classify_steadiness(std::span<const double> series);

// MSER-5 (White, Cobb & Spratt 2000): of the cuts at multiples of 5 in the first half, the one whose rest has the least
// squared standard error of its batch means. 0 below 20 samples.
[[nodiscard]] std::size_t mser_cut(std::span<const double> series);

}  // namespace kite::race
