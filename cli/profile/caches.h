// SPDX-License-Identifier: Apache-2.0
// The data caches of the processor, as Linux tells them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kite::cli {

struct Cache {
  int level = 0;
  std::uint64_t bytes = 0;
  int sharers = 1;  // hardware threads that it serves
};

// By level, of the first processor; empty where they are not told, as in some virtual machines. `folder` has the cpu0.
[[nodiscard]] std::vector<Cache> data_caches(const std::string& folder = "/sys/devices/system/cpu");

}  // namespace kite::cli
