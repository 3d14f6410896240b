// SPDX-License-Identifier: Apache-2.0
#include "race/report/plots/axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kite::race {
namespace {

std::string labels(const Axis& axis, int most) {
  std::string out;
  for (const auto& tick : axis.ticks(most)) out += (out.empty() ? "" : " ") + tick.label;
  return out;
}

TEST(axis, ticks_are_round_numbers) {
  EXPECT_EQ(labels(Axis::linear(0, 100, 0, 1), 6), "0 20 40 60 80 100");
  EXPECT_EQ(labels(Axis::linear(0.13, 0.72, 0, 1), 6), "0.2 0.3 0.4 0.5 0.6 0.7");
  EXPECT_EQ(labels(Axis::linear(-3, 3, 0, 1), 8), "-3 -2 -1 0 1 2 3");
  EXPECT_EQ(labels(Axis::log(1, 1000, 0, 1), 4), "1 10 100 1000");
  EXPECT_EQ(labels(Axis::log(1, 100, 0, 1), 8), "1 2 5 10 20 50 100");
  EXPECT_EQ(labels(Axis::log(0.5, 3, 0, 1), 8), "0.5 0.7 1 1.5 2 3");
  EXPECT_EQ(labels(Axis::log(0.96, 1.04, 0, 1), 5), "0.96 0.98 1 1.02 1.04");
}

TEST(axis, ticks_stay_within_the_axis_and_the_number_asked_for) {
  for (const double low : {1e-12, 0.003, 0.7, 1.0, 42.0, 1e9}) {
    for (const double factor : {1.0001, 1.3, 5.0, 70.0, 1e6, 1e40}) {
      for (const int most : {2, 5, 9}) {
        for (const Axis& axis : {Axis::linear(low, low * factor, 10, 20), Axis::log(low, low * factor, 10, 20)}) {
          const auto ticks = axis.ticks(most);
          EXPECT_LE(static_cast<int>(ticks.size()), most) << low << ' ' << factor;
          EXPECT_GE(ticks.size(), 1U) << low << ' ' << factor << ' ' << most << ' ' << axis.is_log();
          for (const auto& tick : ticks) {
            EXPECT_GE(tick.px, 10 - 1e-6);
            EXPECT_LE(tick.px, 20 + 1e-6);
          }
        }
      }
    }
  }
}

TEST(axis, becomes_logarithmic_past_a_factor_of_ten) {
  EXPECT_FALSE(Axis::around({1, 9.9}, 0, 1).is_log());
  EXPECT_TRUE(Axis::around({1, 10.1}, 0, 1).is_log());
  EXPECT_FALSE(Axis::around({0, 100}, 0, 1).is_log());
}

TEST(axis, places_values_between_its_ends_and_keeps_others_at_them) {
  const Axis axis = Axis::log(1, 100, 0, 200);
  EXPECT_NEAR(axis.at(10), 100, 1e-9);
  EXPECT_NEAR(axis.at(1e9), 200, 1e-9);
  EXPECT_NEAR(axis.at(-5), 0, 1e-9);
  EXPECT_EQ(Axis::linear(0, 10, 50, 0).at(10), 0);
}

TEST(axis, survives_values_that_say_nothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<double>> cases = {{},
                                                  {nan},
                                                  {inf, -inf},
                                                  {0},
                                                  {5},
                                                  {5, 5, 5},
                                                  {0, 0},
                                                  {-1, -1},
                                                  {1e-300, 1e300},
                                                  {-1e308, 1e308},
                                                  {4e-324, 5e-324}};
  for (const auto& values : cases) {
    for (const Axis& axis : {Axis::around(values, 0, 100), Axis::from_zero(values, 0, 100)}) {
      for (const double value : {0.0, 1.0, nan, inf, -inf, 1e308}) {
        EXPECT_TRUE(std::isfinite(axis.at(value)));
        EXPECT_GE(axis.at(value), 0);
        EXPECT_LE(axis.at(value), 100 + 1e-9);
      }
      for (const auto& tick : axis.ticks(6)) EXPECT_TRUE(std::isfinite(tick.px)) << tick.label;
    }
  }
}

TEST(axis, labels_have_no_needless_digits) {
  EXPECT_EQ(tick_label(0.1 + 0.2), "0.3");
  EXPECT_EQ(tick_label(1500), "1500");
  EXPECT_EQ(tick_label(1e7), "1e7");
  EXPECT_EQ(tick_label(2e-7), "2e-7");
}

}  // namespace
}  // namespace kite::race
