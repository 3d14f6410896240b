// SPDX-License-Identifier: Apache-2.0
// Rounds with printf, which rounds correctly, and writes digits and exponent itself, because printf's decimal point is
// the locale's.
#include "base/decimal_text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace kite {

namespace {

// 0.00123 is digits "123" with exponent -3.
struct Decimal {
  bool is_negative = false;
  std::string digits;  // without zeros at the end
  int exponent = 0;    // of the first digit
};

Decimal rounded(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*e", digits - 1, value);
  Decimal decimal;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at == '-') decimal.is_negative = true;
    if (*at >= '0' && *at <= '9') decimal.digits += *at;
  }
  decimal.exponent = std::atoi(at + 1);
  decimal.digits.resize(decimal.digits.find_last_not_of('0') + 1);
  if (decimal.digits.empty()) decimal.digits = "0";
  return decimal;
}

std::string scientific(const Decimal& decimal) {
  std::string text = decimal.digits.substr(0, 1);
  if (decimal.digits.size() > 1) text += '.' + decimal.digits.substr(1);
  char exponent[16];
  std::snprintf(exponent, sizeof exponent, "e%+03d", decimal.exponent);
  return (decimal.is_negative ? "-" : "") + text + exponent;
}

std::string fixed(const Decimal& decimal) {
  const auto before = static_cast<std::size_t>(decimal.exponent + 1);  // digits before the point, where there are any
  std::string text = decimal.is_negative ? "-" : "";
  if (decimal.exponent < 0) {
    text += "0." + std::string(static_cast<std::size_t>(-1 - decimal.exponent), '0') + decimal.digits;
  } else if (decimal.digits.size() <= before) {
    text += decimal.digits + std::string(before - decimal.digits.size(), '0');
  } else {
    text += decimal.digits.substr(0, before) + '.' + decimal.digits.substr(before);
  }
  return text;
}

std::string not_finite(double value) {
  return (std::signbit(value) ? "-" : "") + std::string(std::isnan(value) ? "nan" : "inf");
}

template <typename Float>
std::string shortest(Float value) {
  if (!std::isfinite(value)) return not_finite(value);
  Decimal decimal;
  std::string text;
  for (int digits = 1; digits <= std::numeric_limits<Float>::max_digits10; ++digits) {
    decimal = rounded(value, digits);
    text = scientific(decimal);
    Float read = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), read).ec == std::errc{} && read == value) break;
  }
  std::string plain = fixed(decimal);
  if (plain.size() > text.size()) return text;
  if (static_cast<int>(decimal.digits.size()) > decimal.exponent) return plain;
  // A whole number with zeros behind its digits: there is room for the digits that it really has.
  char exact[64];
  std::snprintf(exact, sizeof exact, "%.0f", static_cast<double>(value));
  return exact;
}

}  // namespace

std::string shortest_text(double value) { return shortest(value); }
std::string shortest_text(float value) { return shortest(value); }

std::string rounded_text(double value, int digits) {
  if (!std::isfinite(value)) return not_finite(value);
  const Decimal decimal = rounded(value, digits);
  return decimal.exponent < -4 || decimal.exponent >= digits ? scientific(decimal) : fixed(decimal);
}

}  // namespace kite
