// SPDX-License-Identifier: Apache-2.0
// Reads the list of skipped cases and matches names against its patterns.
#include "conformance/skipped.h"

#include <cstddef>
#include <utility>

namespace kite::conformance {

Result<std::vector<SkipLine>> parse_skip_list(std::string_view text) {
  std::vector<SkipLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string_view::npos || line[first] == '#') continue;
    const std::size_t gap = line.find(' ', first);
    const std::size_t reason = gap == std::string_view::npos ? gap : line.find_first_not_of(' ', gap);
    if (reason == std::string_view::npos) {
      return Error{ErrorCode::kUsage, "a skipped case needs a reason", "line " + std::to_string(number), {}};
    }
    lines.push_back({std::string(line.substr(first, gap - first)), std::string(line.substr(reason)), number, 0});
  }
  return lines;
}

bool matches(std::string_view pattern, std::string_view name) noexcept {
  // The usual backtracking over the last star: linear in memory, no recursion.
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
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

SkipLine* find_skip(std::vector<SkipLine>& lines, std::string_view name) noexcept {
  for (SkipLine& line : lines) {
    if (matches(line.pattern, name)) return &line;
  }
  return nullptr;
}

}  // namespace kite::conformance
