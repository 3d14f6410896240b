// SPDX-License-Identifier: Apache-2.0
// What a race compares: one ln ratio to the reference for each replicate, whatever a replicate was: a set of a heat, a
// round with the reference between the contestants, or a round of an older journal, in which it ran once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "race/journal/journal.h"

namespace kite::race {

// By replicate_of().
using LogRatios = std::map<std::int32_t, double>;

// Processes with the same number are of one replicate.
[[nodiscard]] std::int32_t replicate_of(std::int32_t heat, std::int32_t round) noexcept;
// The round or set of a replicate.
[[nodiscard]] std::int32_t number_of(std::int32_t replicate) noexcept;

// One process and its value; processes without a value, or with one that is no positive number, are left out.
struct Valued {
  std::int32_t replicate = 0;
  std::int64_t begin_ns = 0;
  double value = 0;
};

// Each of `own` against the mean ln of the two of `reference` that began nearest to it in its replicate, the last
// before and the first after; where there is one only, against that. Several of one replicate are averaged.
[[nodiscard]] LogRatios log_ratios_of(std::span<const Valued> own, std::span<const Valued> reference);

// Of the steady samples of all sets in which both cells' processes were ok (blocks.h); none where the race had no
// heats.
struct SteadyRatios {
  LogRatios log_ratios;
  std::int32_t pairs = 0, dropped = 0;  // blocks
};
[[nodiscard]] SteadyRatios steady_log_ratios(const Journal& journal, std::int32_t cell, std::int32_t reference);

}  // namespace kite::race
