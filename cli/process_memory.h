// SPDX-License-Identifier: Apache-2.0
// What the kernel says of this process's memory.
#pragma once

#include <cstdint>

namespace kite::cli {

// Bytes; 0 where the kernel does not say.
struct ProcessMemory {
  std::uint64_t rss_anon = 0;
  std::uint64_t rss_file = 0;  // with shared memory: the kernel counts a file mapped from a tmpfs as that
  std::uint64_t pss = 0;   // shared pages counted in parts
  std::uint64_t peak = 0;  // largest resident size so far
};

[[nodiscard]] ProcessMemory process_memory();

}  // namespace kite::cli
