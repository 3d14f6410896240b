// SPDX-License-Identifier: Apache-2.0
// Recipes on pictures: sizes, padding, and the equality of the two phases with the whole.
#include "image/preprocess.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/mapped_file.h"
#include "image/decode.h"

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

TEST(PreparePicture, is_decode_and_preprocess_and_refuses_what_they_refuse) {
  const auto file = MappedFile::open("models/pictures/paper_kite_1.jpg");
  ASSERT_TRUE(file.ok());
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kShortSide, 64, 0};
  for (const Size crop : {Size{56, 48}, Size{0, 0}, Size{100, 10}}) {  // inside, none, wider than the picture
    recipe.crop = crop;
    const auto prepared = prepare_picture(file->bytes(), recipe);
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    const auto image = decode(file->bytes());
    ASSERT_TRUE(image.ok());
    const Tensor wanted = preprocess(*image, recipe).value();
    ASSERT_EQ(prepared->tensor.type(), wanted.type());
    EXPECT_TRUE(std::ranges::equal(prepared->tensor.view().bytes(), wanted.view().bytes()));
    EXPECT_EQ(prepared->facts.pixel_format, image->facts().pixel_format);
    EXPECT_GT(prepared->decode_ns, 0);
    EXPECT_GT(prepared->preprocess_ns, 0);
  }
  const auto cut = prepare_picture(file->bytes().first(file->bytes().size() / 2), recipe);
  ASSERT_FALSE(cut.ok());
  EXPECT_NE(cut.error().message().find("truncated"), std::string::npos);
}

}  // namespace
}  // namespace kite
