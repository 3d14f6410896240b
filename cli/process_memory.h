// SPDX-License-Identifier: Apache-2.0
// What the kernel reports about this process's memory.
#pragma once

#include <cstdint>

namespace kite::cli {

// Bytes; 0 where the kernel does not say.
struct ProcessMemory {
  std::uint64_t rss_anon = 0;
  std::uint64_t rss_file = 0;  // includes shared memory, as which the kernel counts a file mapped from a tmpfs
  std::uint64_t pss = 0;       // each shared page counts as its size divided by the number of processes that use it
  std::uint64_t peak = 0;      // largest resident size so far
};

[[nodiscard]] ProcessMemory process_memory();

}  // namespace kite::cli
