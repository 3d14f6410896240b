// SPDX-License-Identifier: Apache-2.0
// Which cache the bytes of each step come from and go to, by arithmetic: from the order of the steps and the places
// that they read and write, not from counters of the machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cli/profile/caches.h"
#include "paperkite/model.h"

namespace kite::cli {

// Of one step, for each cache: the bytes that are not in it when the step needs them, so that they pass between it and
// what lies behind. What passes the last cache comes from memory.
using Passed = std::vector<std::uint64_t>;

// A row for each step of a run that follows another. Each cache is one that drops what was not used for the longest
// time; those of `threads` threads count together, since each thread has its own share of a step. A step reads its
// operands and then writes its results, each once: what a kernel reads several times is assumed to stay in the nearest
// cache.
[[nodiscard]] std::vector<Passed> cache_traffic(std::span<const ModelStep> steps, std::span<const Cache> caches,
                                                int threads);

}  // namespace kite::cli
