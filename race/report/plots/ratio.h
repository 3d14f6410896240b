// SPDX-License-Identifier: Apache-2.0
// "0.52x (0.50..0.54)": a ratio as the page writes it everywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kite::race {

// Three decimals where the interval is narrow, two elsewhere, one from 10 on, none from 100 on. "n/a" for what is no
// number; without the brackets where there is no interval.
[[nodiscard]] std::string ratio_with_interval(const std::optional<double>& ratio, const std::optional<double>& low,
                                              const std::optional<double>& high);

// "not ranked: why", also where `why` begins so already.
[[nodiscard]] inline std::string not_ranked_text(std::string_view why) {
  if (why.empty()) return "not ranked";
  return why.starts_with("not ranked") ? std::string(why) : "not ranked: " + std::string(why);
}

}  // namespace kite::race
