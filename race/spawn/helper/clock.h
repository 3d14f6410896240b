// SPDX-License-Identifier: Apache-2.0
// The only clock of the race: CLOCK_MONOTONIC in nanoseconds. Contestants use it for their phases, too.
#pragma once

#include <cstdint>
#include <ctime>

namespace kite::race {

inline std::int64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace kite::race
