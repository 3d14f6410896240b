// SPDX-License-Identifier: Apache-2.0
// The rounding rules, tested with sizes where they differ from each other.
#include "image/geometry.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

TEST(ResizeShortSide, truncates_the_long_side) {
  const auto size = [](Size from, std::int64_t to) { return resize_short_side(from, to).value(); };
  EXPECT_EQ(size({500, 332}, 256), (Size{385, 256}));  // 385.54
  EXPECT_EQ(size({332, 500}, 256), (Size{256, 385}));
  EXPECT_EQ(size({224, 224}, 256), (Size{256, 256}));
  EXPECT_EQ(size({1000, 999}, 256), (Size{256, 256}));
  EXPECT_EQ(size({7, 3}, 2), (Size{4, 2}));  // 4.67
}

TEST(ResizeShortSide, refuses_sides_beyond_the_limit) {
  EXPECT_TRUE(resize_short_side({65535, 1}, 256).ok());
  const auto refused = resize_short_side({65537, 1}, 256);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_FALSE(resize_short_side({kMaxSide, 1}, 65536).ok());
}

TEST(ResizedSize, keeps_the_ratio_to_cover_or_to_fit_and_rounds_up_to_a_multiple) {
  EXPECT_EQ(resized_size({70, 50}, {ResizeMode::kCover, 27, 45}).value(), (Size{45, 32}));
  EXPECT_EQ(resized_size({70, 50}, {ResizeMode::kFit, 31, 31}).value(), (Size{31, 22}));
  EXPECT_EQ(resized_size({70, 50}, {ResizeMode::kShortSide, 33, 0, 32}).value(), (Size{64, 64}));
  EXPECT_FALSE(resized_size({70000, 1}, {ResizeMode::kFit, 31, 31}).ok());
}

TEST(ResizedSize, a_factor_rounds_otherwise_than_a_quotient_and_is_kept_as_the_step_where_pixels_are_taken_by_it) {
  EXPECT_EQ(resized_size({354, 295}, {ResizeMode::kFitScaled, 9, 9}).value(), (Size{9, 8}));
  EXPECT_EQ(resized_size({354, 295}, {ResizeMode::kFit, 9, 9}).value(), (Size{9, 7}));
  const ResizeRule by_ratio{ResizeMode::kFitByRatio, 31, 31};
  EXPECT_EQ(resized_size({70, 50}, by_ratio).value(), (Size{31, 22}));
  EXPECT_EQ(resize_step({70, 50}, by_ratio), 1.0 / (31.0 / 70.0));
  EXPECT_EQ(resize_step({70, 50}, {ResizeMode::kFitScaled, 31, 31}), 0.0);
}

TEST(FirstCrop, of_a_shape_takes_the_largest_centred_part_of_it) {
  const FirstCrop wide{2, 3, FirstCrop::Unit::kShape};
  EXPECT_EQ(plan_first_crop({70, 40}, wide), (Rectangle{5, 0, 60, 40}));
  EXPECT_EQ(plan_first_crop({31, 70}, wide), (Rectangle{0, 24, 31, 21}));  // 20.67 rows
  EXPECT_EQ(plan_first_crop({3, 2}, wide), (Rectangle{0, 0, 3, 2}));
  EXPECT_EQ(plan_first_crop({5000, 1}, {1, 9, FirstCrop::Unit::kShape}), (Rectangle{2495, 0, 9, 1}));
  EXPECT_EQ(plan_first_crop({1, 5000}, {1, 9, FirstCrop::Unit::kShape}), (Rectangle{0, 2499, 1, 1}));
}

TEST(CenterCrop, a_crop_from_the_start_puts_all_that_is_missing_behind) {
  const CropPlan plan = plan_center_crop({5, 20}, {8, 10}, CropRule::kStart);
  EXPECT_EQ(plan.source, (Rectangle{0, 0, 5, 10}));
  EXPECT_EQ(plan.left, 0);
  EXPECT_EQ(plan.top, 0);
}

TEST(CenterCrop, half_pixels_go_to_the_even_side_or_down) {
  // 343 - 224 = 119, 59.5: even is 60, down is 59.   225 - 224 = 1, 0.5: 0 both ways.
  EXPECT_EQ(plan_center_crop({343, 224}, {224, 224}, CropRule::kHalfEven).source, (Rectangle{60, 0, 224, 224}));
  EXPECT_EQ(plan_center_crop({343, 224}, {224, 224}, CropRule::kFloor).source, (Rectangle{59, 0, 224, 224}));
  EXPECT_EQ(plan_center_crop({225, 224}, {224, 224}, CropRule::kHalfEven).source.x, 0);
  EXPECT_EQ(plan_center_crop({385, 256}, {224, 224}, CropRule::kHalfEven).source,
            (Rectangle{80, 16, 224, 224}));  // 80.5
}

TEST(CenterCrop, a_crop_larger_than_the_picture_pads_with_the_odd_row_where_each_stack_has_it) {
  const CropPlan torchvision = plan_center_crop({5, 20}, {8, 10}, CropRule::kHalfEven);
  EXPECT_EQ(torchvision.source, (Rectangle{0, 5, 5, 10}));
  EXPECT_EQ(torchvision.left, 1);
  EXPECT_EQ(torchvision.top, 0);
  EXPECT_EQ(torchvision.output, (Size{8, 10}));
  EXPECT_EQ(plan_center_crop({5, 20}, {8, 10}, CropRule::kFloor).left, 2);
}

}  // namespace
}  // namespace kite
