// SPDX-License-Identifier: Apache-2.0
// The limits of one call, and the one form of the error when one of them is reached.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "paperkite/error.h"
#include "paperkite/limits.h"

namespace kite {

enum class Limit : std::uint8_t {
#define KITE_LIMIT(identifier, of, name, standard, highest, unit, meaning) k##identifier,
#include "base/limits.inc"
#undef KITE_LIMIT
};

inline constexpr auto kLimitRows = std::to_array<LimitRow>({
#define KITE_LIMIT(identifier, of, name, standard, highest, unit, meaning) \
  {LimitOf::of, name, standard, highest, unit, meaning},
#include "base/limits.inc"
#undef KITE_LIMIT
});

[[nodiscard]] constexpr const LimitRow& row_of(Limit limit) noexcept {
  return kLimitRows[static_cast<std::size_t>(limit)];
}

class Limits {
 public:
  Limits() noexcept {
    for (std::size_t i = 0; i < kLimitRows.size(); ++i) values_[i] = kLimitRows[i].standard;
  }

  [[nodiscard]] std::int64_t operator[](Limit limit) const noexcept { return values_[static_cast<std::size_t>(limit)]; }
  [[nodiscard]] std::int64_t& operator[](Limit limit) noexcept { return values_[static_cast<std::size_t>(limit)]; }

  // kLimit: "<what> has more than 200 scans"; `remedy`, and the flag that raises the limit, where it can be raised.
  // What no value of a limit lets in is no question of cost: such a model is kUnsupportedModel. `needed` is how much
  // there is, where that is known.
  [[nodiscard]] Error over(Limit limit, std::string_view what, std::string where = {}, std::string_view remedy = {},
                           std::int64_t needed = 0) const;

  // The limits of models that differ from their defaults: "nodes=5 outputs=7". What is kept of a model under such
  // limits must not be taken for what other limits allow.
  [[nodiscard]] std::string model_text() const;

 private:
  std::array<std::int64_t, kLimitRows.size()> values_{};
};

// "pixels" and "500000", or "codec-bytes" and "500MB". kUsage, with `where` it was stated.
[[nodiscard]] Result<std::int64_t> parse_limit(std::string_view name, std::string_view value, std::string_view where);

// "NAME=VALUE", into `stated`. kUsage also for a name that is stated already.
[[nodiscard]] Status add_limit(StatedLimits& stated, std::string_view text, std::string_view where);

// kUsage for a name that there is not, and for a value outside of 0 to the highest.
[[nodiscard]] Result<Limits> limits_of(const StatedLimits& stated);

}  // namespace kite
