// SPDX-License-Identifier: Apache-2.0
// Decimal texts against std::to_chars.
#include "base/decimal_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace kite {
namespace {

template <typename... Form>
std::string standard_text(auto value, Form... form) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, form...).ptr};
}

void expect_the_standard_texts(double value) {
  EXPECT_EQ(shortest_text(value), standard_text(value));
  EXPECT_EQ(shortest_text(static_cast<float>(value)), standard_text(static_cast<float>(value)));
  for (const int digits : {1, 4, 17}) {
    EXPECT_EQ(rounded_text(value, digits), standard_text(value, std::chars_format::general, digits)) << digits;
  }
}

TEST(DecimalText, is_that_of_the_standard_library) {
  std::vector<double> values = {0.0,     -0.0,       1.0,        0.485,      1.0 / 255,
                                255,     100000,     1e5 + 0.5,  1e21,       1e22,
                                1e23,    5e-324,     0x1p60,     0x1p53 + 2, 123456789012345678.0,
                                0.0001,  0.00001,    9.9996,     99999.5,    1e-5,
                                12345.0, 16777216.0, 33554432.0, 1e10};
  for (const auto& edge :
       {std::numeric_limits<double>::max(), std::numeric_limits<double>::min(), std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN(), double{std::numeric_limits<float>::max()},
        double{std::numeric_limits<float>::denorm_min()}}) {
    values.push_back(edge);
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    values.push_back(std::bit_cast<double>(random()));
    values.push_back(static_cast<double>(random() % 2000000) / (1 << random() % 30));
    values.push_back(static_cast<double>(random() >> random() % 64));
  }
  for (const double value : values) {
    expect_the_standard_texts(value);
    expect_the_standard_texts(-value);
    if (testing::Test::HasFailure()) FAIL() << value;
  }
}

}  // namespace
}  // namespace kite
