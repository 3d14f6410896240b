// SPDX-License-Identifier: Apache-2.0
// Recipes on pictures: sizes, padding, and the equality of the two phases with the whole.
#include "image/preprocess.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

Image flat(std::int64_t width, std::int64_t height, std::uint8_t value) {
  Image image = Image::make({width, height}).value();
  image.fill(value);
  return image;
}

TEST(Preprocess, short_side_and_crop_give_the_crops_size) {
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kShortSide, 32, 0};
  recipe.crop = {28, 24};
  const Tensor tensor = preprocess(flat(50, 33, 255), recipe).value();
  EXPECT_EQ(tensor.shape(), (Shape{1, 3, 24, 28}));
  for (std::int64_t i = 0; i < tensor.shape().elements(); ++i) ASSERT_EQ(tensor.as<float>()[i], 1.0F);
}

TEST(Preprocess, a_crop_larger_than_the_picture_is_padded_with_zeros_before_normalising) {
  PreprocessRecipe recipe;
  recipe.crop = {4, 1};
  recipe.normalization.mean = {0.5, 0.5, 0.5};
  const Tensor tensor = preprocess(flat(1, 1, 255), recipe).value();
  const float expected[] = {-0.5F, 0.5F, -0.5F, -0.5F};  // 1 column before, 2 after
  for (int x = 0; x < 4; ++x) EXPECT_EQ(tensor.as<float>()[x], expected[x]);
}

TEST(Preprocess, without_resize_and_crop_the_picture_keeps_its_size) {
  EXPECT_EQ(preprocess(flat(5, 3, 9), PreprocessRecipe{}).value().shape(), (Shape{1, 3, 3, 5}));
}

TEST(Preprocess, a_thin_picture_is_resized_only_under_the_crop) {
  // 1x60000 to a short side of 256 is 15 million rows; 224 of them are wanted.
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kShortSide, 256, 0};
  recipe.crop = {224, 224};
  EXPECT_EQ(preprocess(flat(1, 60000, 7), recipe).value().shape(), (Shape{1, 3, 224, 224}));
}

TEST(Preprocess, a_long_side_beyond_the_limit_is_an_error) {
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kShortSide, 512, 0};
  recipe.crop = {224, 224};
  const auto refused = preprocess(flat(1, 60000, 7), recipe);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace kite
