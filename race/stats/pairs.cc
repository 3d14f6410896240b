// SPDX-License-Identifier: Apache-2.0
// Pairs rounds.
#include "race/stats/pairs.h"

#include <cmath>

namespace kite::race {
namespace {

bool usable(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

std::vector<double> paired_log_ratios(const ByRound& a, const ByRound& b) {
  std::vector<double> log_ratios;
  for (const auto& [round, value] : a) {
    const auto partner = b.find(round);
    if (partner == b.end() || !usable(value) || !usable(partner->second)) continue;
    log_ratios.push_back(std::log(value) - std::log(partner->second));
  }
  return log_ratios;
}

}  // namespace kite::race
