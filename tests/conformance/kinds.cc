// SPDX-License-Identifier: Apache-2.0
// Reads the list of kinds and matches messages and names against its patterns.
#include "conformance/kinds.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace kite::conformance {

namespace {

constexpr std::array<std::pair<std::string_view, KindOf>, 3> kWords = {
    {{"outside", KindOf::kOutside}, {"refused", KindOf::kRefused}, {"differs", KindOf::kDiffers}}};

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

std::optional<Kind> parse_line(std::string_view line) {
  const std::size_t first = line.find('|');
  const std::size_t last = line.rfind('|');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto word =
      std::ranges::find(kWords, without_blanks(line.substr(0, first)), &decltype(kWords)::value_type::first);
  Kind kind;
  kind.pattern = without_blanks(line.substr(first + 1, last - first - 1));
  kind.reason = without_blanks(line.substr(last + 1));
  if (word == kWords.end() || kind.pattern.empty() || kind.reason.empty()) return std::nullopt;
  kind.of = word->second;
  return kind;
}

}  // namespace

Result<std::vector<Kind>> parse_kinds(std::string_view text) {
  std::vector<Kind> kinds;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = without_blanks(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line[0] == '#') continue;
    auto kind = parse_line(line);
    if (!kind) {
      return Error{ErrorCode::kUsage,
                   "expected \"outside, refused or differs | pattern | reason\"",
                   "line " + std::to_string(number),
                   {}};
    }
    kind->line = number;
    kinds.push_back(*std::move(kind));
  }
  return kinds;
}

bool matches(std::string_view pattern, std::string_view text) noexcept {
  // The usual backtracking over the last star: linear in memory, no recursion.
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (n < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && pattern[p] == text[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Kind* find_difference(std::vector<Kind>& kinds, std::string_view case_name) noexcept {
  const auto found = std::ranges::find_if(
      kinds, [&](const Kind& kind) { return kind.of == KindOf::kDiffers && matches(kind.pattern, case_name); });
  return found == kinds.end() ? nullptr : &*found;
}

Kind* find_refusal(std::vector<Kind>& kinds, std::string_view message) noexcept {
  const auto found = std::ranges::find_if(
      kinds, [&](const Kind& kind) { return kind.of != KindOf::kDiffers && matches(kind.pattern, message); });
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace kite::conformance
