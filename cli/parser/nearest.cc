// SPDX-License-Identifier: Apache-2.0
#include "cli/parser/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace kite::cli {

namespace {

constexpr std::size_t kLongest = 64;  // no verb and no option is longer

// Levenshtein's distance, one row of the table after the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t kLeast = 3;  // of two letters anything could be meant
  const std::size_t letters = word.size() - std::min(word.size(), word.find_first_not_of('-'));
  if (letters < kLeast || word.size() > kLongest) return {};
  std::string_view best;
  std::size_t least = letters / 3 + 1;
  for (const std::string& each : known) {
    const std::size_t away = each.starts_with(word) ? 1 : distance(word, each);
    if (away >= least) continue;
    best = each;
    least = away;
  }
  return best;
}

}  // namespace kite::cli
