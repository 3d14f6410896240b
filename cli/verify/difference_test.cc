// SPDX-License-Identifier: Apache-2.0
// Distances of tensors: units in the last place, positions, numbers that are none, and integers beyond double.
#include "cli/verify/difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kite::cli {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Difference of(std::initializer_list<float> ours, std::initializer_list<float> theirs) {
  const Shape shape{static_cast<std::int64_t>(ours.size())};
  return compare(Tensor::of<float>(shape, ours).view(), Tensor::of<float>(shape, theirs).view());
}

TEST(Difference, equal_numbers_have_none_also_nan_and_both_zeros) {
  const Difference difference = of({1.0F, kNan, 0.0F, kInfinity}, {1.0F, kNan, -0.0F, kInfinity});
  EXPECT_EQ(difference.differing, 0);
  EXPECT_EQ(difference.largest, 0.0);
  EXPECT_EQ(difference.relative(), 0.0);
  EXPECT_EQ(difference.magnitude, 1.0);
}

TEST(Difference, a_number_beside_none_is_infinitely_far) {
  EXPECT_TRUE(std::isinf(of({kNan}, {1.0F}).largest));
  EXPECT_TRUE(std::isinf(of({kInfinity}, {1.0F}).relative()));
  EXPECT_TRUE(std::isinf(of({kInfinity}, {-kInfinity}).largest));
}

TEST(Difference, units_in_the_last_place_are_steps_between_float32_numbers) {
  EXPECT_EQ(of({1.0F}, {std::nextafter(1.0F, 2.0F)}).ulps, 1.0);
  // From the smallest negative to the smallest positive number there are two steps, over zero.
  EXPECT_EQ(of({-std::numeric_limits<float>::denorm_min()}, {std::numeric_limits<float>::denorm_min()}).ulps, 2.0);
  const Tensor wide = Tensor::of<double>(Shape{1}, {1.0 + 1e-12});
  EXPECT_EQ(compare(Tensor::of<float>(Shape{1}, {1.0F}).view(), wide.view()).ulps, 0.0);
}

TEST(Difference, the_largest_is_found_with_its_index_along_each_axis) {
  const Tensor ours = Tensor::of<float>(Shape{2, 1, 3}, {0, 0, 0, 0, 5, 0});
  const Tensor theirs = Tensor::of<float>(Shape{2, 1, 3}, {0, 1, 0, 0, 8, 0});
  const Difference difference = compare(ours.view(), theirs.view());
  EXPECT_EQ(difference.position, (std::vector<std::int64_t>{1, 0, 1}));
  EXPECT_EQ(difference.differing, 2);
  EXPECT_EQ(difference.largest, 3.0);
  EXPECT_EQ(difference.relative(), 3.0 / 8.0);
  EXPECT_EQ(differing_along(2, ours.view(), theirs.view(), 0.0), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(differing_along(0, ours.view(), theirs.view(), 1.0), (std::vector<std::int64_t>{1}));
}

TEST(Difference, numbers_that_kernels_flush_to_zero_do_not_count) {
  EXPECT_EQ(of({0.0F}, {1e-39F}).relative(), 0.0);
  EXPECT_EQ(of({0.0F}, {1e-37F}).relative(), 1.0);
}

TEST(Difference, integers_beyond_two_to_the_53_are_compared_exactly) {
  constexpr std::int64_t kLarge = (std::int64_t{1} << 53) + 1;
  const Tensor ours = Tensor::of<std::int64_t>(Shape{2}, {kLarge, 7});
  const Tensor theirs = Tensor::of<std::int64_t>(Shape{2}, {kLarge - 1, 7});
  EXPECT_EQ(compare(ours.view(), theirs.view()).differing, 1);
}

}  // namespace
}  // namespace kite::cli
