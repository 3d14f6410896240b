// SPDX-License-Identifier: Apache-2.0
// What foreign files may cost at most, by name. Each limit has a default that no usual file comes near.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace kite {

enum class LimitOf : std::uint8_t { kModel, kPicture, kText };

struct LimitRow {
  LimitOf of = LimitOf::kModel;
  std::string_view name;  // "pixels"
  std::int64_t standard = 0;
  std::int64_t highest = 0;  // that may be stated
  std::string_view unit;     // "bytes", "nodes"
  std::string_view meaning;  // what is counted
};

// Every limit there is.
[[nodiscard]] std::span<const LimitRow> all_limits() noexcept;

// Those that a caller states; the others have their defaults.
using StatedLimits = std::map<std::string, std::int64_t, std::less<>>;

}  // namespace kite
