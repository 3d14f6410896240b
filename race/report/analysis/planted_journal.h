// SPDX-License-Identifier: Apache-2.0
// For tests: a journal like that of a race, made from known true ratios, so that a test knows what the report must
// find. It has two models, three modes, a control, a variant with a cache, and contestants that fail, are missing or
// are unequal.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "race/journal/journal.h"

namespace kite::race {

struct PlantedOptions {
  std::uint64_t seed = 1;
  std::int32_t rounds = 12;          // finished ones
  std::int32_t planned_rounds = 12;  // as the pilot decided
  std::int32_t samples = 60;         // of an isolated process
  double process_noise = 0.008;      // sd of the ln of a process's own factor
  double round_noise = 0.03;         // sd of the ln of what a round's processes share
  double control_factor = 1;         // the control's true ratio; other than 1 spoils the race
  bool stops_in_pilot = false;       // the plan, parity and two pilot processes, and no more
  bool second_thread_count = false;  // cells at 1 thread besides those at 2
};

// The true ratios to the reference, "onnxruntime-python", by contestant id:
// "onnxruntime-rust" 1 in steady state and 0.4 as a whole program, "paperkite" 0.8, "paperkite:plan" 0.6 as a whole
// program, "pytorch" 3. "blurry" is 0.5, and unequal; "crashy" fails on the second model; "absent" is not ready.
struct PlantedTruth {
  double whole = 1, load = 1, steady = 1, memory = 1;
};
[[nodiscard]] const std::map<std::string, PlantedTruth>& planted_truths();

[[nodiscard]] Journal planted_journal(const PlantedOptions& options = {});

}  // namespace kite::race
