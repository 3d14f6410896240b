// SPDX-License-Identifier: Apache-2.0
// Numbers are read by std::from_chars, which ignores the locale and accepts no hexadecimal prefix
// and no leading blanks.
#include "base/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "base/ascii.h"

namespace kite {

namespace {

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// 1024 to the power that "", "b", "k", "kb", "kib", "m", ... name; 0 for anything else.
double factor_of(std::string_view unit) {
  std::string lower = lower_case(unit);
  if (lower.ends_with('b')) lower.pop_back();
  if (lower.size() == 2 && lower[1] == 'i') lower.pop_back();
  if (lower.empty()) return 1.0;
  constexpr std::string_view kPrefixes = "kmgt";
  const std::size_t power = lower.size() == 1 ? kPrefixes.find(lower[0]) : std::string_view::npos;
  return power == std::string_view::npos ? 0.0 : std::ldexp(1.0, 10 * static_cast<int>(power + 1));
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) { return parse_whole<std::int64_t>(text); }

std::optional<std::uint64_t> parse_unsigned(std::string_view text) { return parse_whole<std::uint64_t>(text); }

std::optional<double> parse_real(std::string_view text) {
  const auto number = parse_whole<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::uint64_t> parse_size_bytes(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string_view unit = text.substr(digits);
  if (unit.size() > 1 && unit.starts_with(' ')) unit.remove_prefix(1);
  const double factor = factor_of(unit);
  if (factor == 1.0) return parse_whole<std::uint64_t>(text.substr(0, digits));
  const auto number = parse_real(text.substr(0, digits));
  if (!number || factor == 0.0 || *number * factor >= 0x1p64) return std::nullopt;
  return static_cast<std::uint64_t>(*number * factor);
}

}  // namespace kite
