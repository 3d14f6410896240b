// SPDX-License-Identifier: Apache-2.0
// "0.52x (0.50..0.54)": a ratio in the form that the whole page uses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kite::race {

// Three decimals if the interval is narrow, otherwise two; one from 10 on, none from 100 on. "n/a" if it is not a
// number. Without an interval there are no brackets.
[[nodiscard]] std::string ratio_with_interval(const std::optional<double>& ratio, const std::optional<double>& low,
                                              const std::optional<double>& high);

// "not ranked: why"; `why` may begin with "not ranked" already.
[[nodiscard]] inline std::string not_ranked_text(std::string_view why) {
  if (why.empty()) return "not ranked";
  return why.starts_with("not ranked") ? std::string(why) : "not ranked: " + std::string(why);
}

}  // namespace kite::race
