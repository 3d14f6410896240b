// SPDX-License-Identifier: Apache-2.0
// Reading and cutting small texts of the kernel's.
#include "race/spawn/proc_text.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "base/ascii.h"

namespace kite::race {

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return std::nullopt;
  std::string whole = std::move(text).str();
  while (!whole.empty() && whole.back() == '\n') whole.pop_back();
  return whole;
}

std::optional<std::string> value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    // "cpu" must not find "cpu0".
    if (line.starts_with(key) && line.size() > key.size() &&
        (kBlanks.find(line[key.size()]) != std::string_view::npos || line[key.size()] == ':' ||
         line[key.size()] == '=')) {
      std::string_view value = line.substr(key.size());
      value.remove_prefix(std::min(value.find_first_not_of(" \t:="), value.size()));
      return std::string(trimmed(value));
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  text = trimmed(text);
  std::uint64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

std::int64_t cpu_list_size(std::string_view list) {
  std::int64_t count = 0;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view range = list.substr(0, comma);
    const std::size_t dash = range.find('-');
    const auto first = number_of(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_of(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last > 1'000'000) return 0;
    count += static_cast<std::int64_t>(*last - *first + 1);
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return count;
}

}  // namespace kite::race
