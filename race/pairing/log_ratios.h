// SPDX-License-Identifier: Apache-2.0
// What a race compares: one ln ratio to the reference for each replicate. A replicate is a set of a heat, a round with
// the reference between the contestants, or a round of an older journal, in which the reference ran once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "race/journal/journal.h"

namespace kite::race {

// Keys are made by replicate_of().
using LogRatios = std::map<std::int32_t, double>;

// Processes with the same number belong to one replicate.
[[nodiscard]] std::int32_t replicate_of(std::int32_t heat, std::int32_t round) noexcept;
// The round or set of a replicate.
[[nodiscard]] std::int32_t number_of(std::int32_t replicate) noexcept;

// One process and its value. Processes without a value, or whose value is not a positive number, are left out.
struct Valued {
  std::int32_t replicate = 0;
  std::int64_t begin_ns = 0;
  double value = 0;
};

// Compares each process of `own` with the mean ln of two processes of `reference` in its replicate: the last that began
// before it and the first that began after it, or the only one of these. Several processes of
// one replicate are averaged.
[[nodiscard]] LogRatios log_ratios_of(std::span<const Valued> own, std::span<const Valued> reference);

// The ratios of the steady samples of all sets in which the processes of both cells were ok (blocks.h). Empty: the race
// had no heats.
struct SteadyRatios {
  LogRatios log_ratios;
  std::int32_t pairs = 0, dropped = 0;  // blocks
};
[[nodiscard]] SteadyRatios steady_log_ratios(const Journal& journal, std::int32_t cell, std::int32_t reference);

}  // namespace kite::race
