// SPDX-License-Identifier: Apache-2.0
// Recipes applied to pictures: sizes, padding, and that the two steps alone give the same result as both together.
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
  // 1x60000 resized to a short side of 256 has 15 million rows, of which 224 are needed.
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

TEST(Preprocess, a_first_crop_takes_the_middle_of_the_short_side_and_a_border_has_its_colour) {
  Image image = flat(8, 4, 10);
  image.row(1)[3 * 3] = 200;
  PreprocessRecipe recipe;
  recipe.first_crop = FirstCrop{0.5, 0.5};  // 2x2 at (3, 1)
  recipe.crop = {4, 2};
  recipe.fill = {255, 0, 0};
  const Image seen = resize_and_crop(image, recipe).value();
  EXPECT_EQ(seen.row(0)[0], 255);
  EXPECT_EQ(seen.row(0)[1], 0);
  EXPECT_EQ(seen.row(0)[3], 200);
  EXPECT_EQ(seen.row(1)[3], 10);
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

// What the recipe makes of a picture that has the input's size already.
Tensor tensor_of(const RgbPicture& picture, const PreprocessRecipe& recipe) {
  Image image = Image::make({picture.width, picture.height}).value();
  std::ranges::copy(picture.rgb, image.row(0));
  return to_tensor(image, make_tables(recipe.normalization), recipe.channel_order, recipe.form);
}

TEST(PreparePicture, views_hold_the_pixels_that_are_normalised_and_change_no_number) {
  const auto file = MappedFile::open("models/pictures/paper_kite_1.jpg");
  ASSERT_TRUE(file.ok());
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kShortSide, 64, 0};
  recipe.normalization.mean = {0.5, 0.25, 0.125};
  for (const PixelMode pixels : {PixelMode::kRgb, PixelMode::kGrey}) {
    recipe.form.pixels = pixels;
    if (pixels == PixelMode::kGrey) recipe.normalization.mean = {0.5, 0.5, 0.5};
    for (const Size crop : {Size{56, 48}, Size{0, 0}, Size{100, 10}}) {
      recipe.crop = crop;
      const auto plain = prepare_picture(file->bytes(), recipe);
      const auto viewed = prepare_picture(file->bytes(), recipe, {true, 50});
      ASSERT_TRUE(plain.ok() && viewed.ok());
      EXPECT_EQ(plain->views, nullptr);
      ASSERT_NE(viewed->views, nullptr);
      EXPECT_TRUE(std::ranges::equal(plain->tensor.view().bytes(), viewed->tensor.view().bytes()));
      const Tensor again = tensor_of(viewed->views->seen, recipe);
      ASSERT_EQ(again.type(), plain->tensor.type());
      EXPECT_TRUE(std::ranges::equal(again.view().bytes(), plain->tensor.view().bytes()));
    }
  }
}

TEST(PreparePicture, the_overview_is_the_whole_picture_in_its_colours_and_the_part_that_is_seen_is_in_its_pixels) {
  const auto file = MappedFile::open("models/pictures/paper_kite_1.jpg");
  ASSERT_TRUE(file.ok());
  const auto image = decode(file->bytes());
  ASSERT_TRUE(image.ok());
  const Size size = image->size();
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kExact, size.height / 2, size.width / 4};
  recipe.crop = {10, size.height};  // inside from side to side, beyond the picture above and below
  recipe.form.pixels = PixelMode::kGrey;
  const auto prepared = prepare_picture(file->bytes(), recipe, {true, 50});
  ASSERT_TRUE(prepared.ok());
  const PictureViews& views = *prepared->views;
  EXPECT_EQ(views.size, (PictureSize{size.height, size.width}));
  const std::int64_t longest = std::max(size.width, size.height);
  const auto small = resize(*image, {size.width * 50 / longest, size.height * 50 / longest}, Filter::kBilinear);
  ASSERT_TRUE(small.ok());
  EXPECT_TRUE(std::ranges::equal(views.overview.rgb, small->pixels()));
  EXPECT_EQ(views.width, 40.0);
  EXPECT_NEAR(views.left + views.width / 2, static_cast<double>(size.width) / 2, 4.0);
  EXPECT_EQ(views.height, 2.0 * static_cast<double>(size.height));
  EXPECT_NEAR(views.top + views.height / 2, static_cast<double>(size.height) / 2, 2.0);
  EXPECT_EQ(views.stored_as.substr(0, 5), "JPEG,");
}

TEST(Preprocess, grey_is_made_before_the_resize_with_pillows_weights) {
  Image image = Image::make({2, 1}).value();
  const std::uint8_t rgb[] = {255, 0, 0, 0, 0, 255};
  std::ranges::copy(rgb, image.row(0));
  PreprocessRecipe recipe;
  recipe.form.pixels = PixelMode::kGrey;
  recipe.form.dtype = DType::kUInt8;
  recipe.normalization.arithmetic = Arithmetic::kHuggingFace;
  recipe.normalization.rescale = 1;
  const Tensor grey = preprocess(image, recipe).value();
  EXPECT_EQ(grey.shape(), (Shape{1, 1, 1, 2}));
  EXPECT_EQ(grey.as<std::uint8_t>()[0], 76);  // 19595 * 255 / 65536
  EXPECT_EQ(grey.as<std::uint8_t>()[1], 29);
  recipe.resize = {ResizeMode::kExact, 1, 1};
  EXPECT_EQ(preprocess(image, recipe)->as<std::uint8_t>()[0], 53);  // of 76 and 29; of the mean colour it were 52
}

TEST(Preprocess, each_element_type_holds_the_float32_value) {
  const Image image = flat(2, 2, 200);
  PreprocessRecipe recipe;
  recipe.normalization.arithmetic = Arithmetic::kHuggingFace;
  recipe.normalization.rescale = 1;
  const auto first = [&](DType dtype) {
    recipe.form.dtype = dtype;
    return preprocess(image, recipe).value();
  };
  EXPECT_EQ(first(DType::kUInt8).as<std::uint8_t>()[11], 200);
  EXPECT_EQ(first(DType::kInt32).as<std::int32_t>()[11], 200);
  EXPECT_EQ(first(DType::kInt64).as<std::int64_t>()[11], 200);
  EXPECT_EQ(first(DType::kFloat64).as<double>()[11], 200.0);
  EXPECT_EQ(first(DType::kFloat16).as<Float16>()[11].bits, 0x5a40);  // 200 = 1.5625 * 2^7
  recipe.form.dtype = DType::kInt8;
  EXPECT_EQ(preprocess(image, recipe).error().code, ErrorCode::kInvalidModel);
  recipe.normalization.mean = {128, 128, 128};
  EXPECT_EQ(preprocess(image, recipe)->as<std::int8_t>()[11], 72);
}

TEST(Preprocess, alpha_is_255_and_a_picture_that_may_have_its_own_is_refused) {
  Image image = flat(2, 1, 51);
  PreprocessRecipe recipe;
  recipe.form.pixels = PixelMode::kRgba;
  recipe.form.axes = "HWC";
  EXPECT_EQ(preprocess(image, recipe).error().code, ErrorCode::kUnsupportedImage);
  image.facts().is_opaque = true;
  const Tensor rgba = preprocess(image, recipe).value();
  EXPECT_EQ(rgba.shape(), (Shape{1, 2, 4}));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(rgba.as<float>()[i], i % 4 == 3 ? 1.0F : 0.2F);
  recipe.crop = {4, 4};
  EXPECT_EQ(preprocess(image, recipe).error().code, ErrorCode::kUnsupportedImage);
}

}  // namespace
}  // namespace kite
