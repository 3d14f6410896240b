// SPDX-License-Identifier: Apache-2.0
// Which cells are compared with each other: those of one workload (model, mode, number of threads and track).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "race/schedule/race_setup.h"

namespace kite::race {

struct LineUp {
  std::string title;                          // for people
  std::int32_t reference = -1, control = -1;  // below 0: there is none that can run
  std::vector<std::int32_t> others;
};

// The line-ups of the given cells, in the plan's order.
[[nodiscard]] std::vector<LineUp> line_ups(const RaceSetup& setup, std::span<const std::int32_t> cells);

// Whether a contestant is the plan's reference or, on the other track, the same peer in the same variant.
[[nodiscard]] bool is_reference(const RaceSetup& setup, const ContestantRecord& contestant);

// Puts the reference first, last, and after every second contestant, so that each contestant runs right before or right
// after it: R C1 C2 R C3 R. Without a reference: only the contestants.
[[nodiscard]] std::vector<std::int32_t> with_reference_between(std::int32_t reference,
                                                               std::span<const std::int32_t> contestants);

}  // namespace kite::race
