// SPDX-License-Identifier: Apache-2.0
// Names of kernels and targets as a plan stores them.
#pragma once

#include <cstdint>
#include <string_view>

namespace kite {

// FNV-1a.
[[nodiscard]] constexpr std::uint64_t name_id(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace kite
