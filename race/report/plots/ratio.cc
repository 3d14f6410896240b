// SPDX-License-Identifier: Apache-2.0
// Writes ratios.
#include "race/report/plots/ratio.h"

#include <fmt/format.h>

#include <cmath>

namespace kite::race {
namespace {

constexpr double kNarrow = 0.03;  // an interval as narrow as this needs three decimals to be seen

}  // namespace

std::string ratio_with_interval(const std::optional<double>& ratio, const std::optional<double>& low,
                                const std::optional<double>& high) {
  if (!ratio || !std::isfinite(*ratio)) return "n/a";
  const bool bounded = low && high && std::isfinite(*low) && std::isfinite(*high);
  const bool narrow = bounded ? *high - *low < kNarrow : *ratio < 1.25;
  const int decimals = *ratio >= 100 ? 0 : *ratio >= 10 ? 1 : narrow ? 3 : 2;
  const auto text = [&](double value) {
    return std::abs(value) >= 1e7 ? fmt::format("{:.2e}", value) : fmt::format("{:.{}f}", value, decimals);
  };
  if (!bounded) return text(*ratio) + "x";
  return fmt::format("{}x ({}..{})", text(*ratio), text(*low), text(*high));
}

}  // namespace kite::race
