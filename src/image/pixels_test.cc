// SPDX-License-Identifier: Apache-2.0
// Pixels in memory give what a file of the same pixels gives, and none are read that are not there.
#include "image/pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "image/picture_testing.h"
#include "image/preprocess.h"

namespace kite {
namespace {

bool same(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && std::ranges::equal(a.view().bytes(), b.view().bytes());
}

PreprocessRecipe recipe_of(PixelMode mode, ExifPolicy exif = ExifPolicy::kIgnore) {
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kShortSide, 9, 0};
  recipe.crop = {8, 7};
  recipe.form.pixels = mode;
  recipe.exif = exif;
  return recipe;
}

TEST(Pixels, give_the_tensor_of_a_file_of_these_pixels) {
  const auto colours = noise(13 * 11 * 3, 1);
  const auto greys = noise(13 * 11, 2);
  const Bytes colour_file = png_file(13, 11, PNG_FORMAT_RGB, colours);
  const Bytes grey_file = png_file(13, 11, PNG_FORMAT_GRAY, greys);
  for (const PixelMode mode : {PixelMode::kRgb, PixelMode::kGrey, PixelMode::kRgba}) {
    const PreprocessRecipe recipe = recipe_of(mode);
    const auto of_colours = prepare_pixels({colours.data(), {13, 11}, 3}, recipe);
    const auto of_greys = prepare_pixels({greys.data(), {13, 11}, 1}, recipe);
    ASSERT_TRUE(of_colours.ok() && of_greys.ok());
    EXPECT_TRUE(same(of_colours->tensor, prepare_picture(colour_file, recipe)->tensor));
    EXPECT_TRUE(same(of_greys->tensor, prepare_picture(grey_file, recipe)->tensor));
  }
}

// The memory ends with the last pixel: the address sanitizer would see a byte too many.
TEST(Pixels, rows_may_have_gaps_and_nothing_behind_the_last_one) {
  const auto pixels = noise(5 * 4 * 3, 3);
  std::vector<std::uint8_t> gaps(3 * 40 + 15, 255);
  for (std::size_t y = 0; y < 4; ++y) std::copy_n(pixels.data() + 15 * y, 15, gaps.data() + 40 * y);
  const PreprocessRecipe recipe = recipe_of(PixelMode::kRgb);
  const auto dense = prepare_pixels({pixels.data(), {5, 4}, 3, 15}, recipe);
  const auto sparse = prepare_pixels({gaps.data(), {5, 4}, 3, 40}, recipe);
  ASSERT_TRUE(dense.ok() && sparse.ok());
  EXPECT_TRUE(same(dense->tensor, sparse->tensor));
}

TEST(Pixels, an_orientation_turns_them_where_the_recipe_applies_it_and_is_a_warning_elsewhere) {
  const auto pixels = noise(6 * 4 * 3, 4);
  Image image = Image::make({6, 4}).value();
  std::memcpy(image.row(0), pixels.data(), pixels.size());
  for (int orientation = 0; orientation <= 8; ++orientation) {
    const DecodedPixels stored{pixels.data(), {6, 4}, 3, 0, orientation};
    const auto applied = prepare_pixels(stored, recipe_of(PixelMode::kRgb, ExifPolicy::kApply));
    const auto ignored = prepare_pixels(stored, recipe_of(PixelMode::kRgb));
    ASSERT_TRUE(applied.ok() && ignored.ok());
    const Image turned = upright(image, orientation).value();
    EXPECT_TRUE(same(applied->tensor, preprocess(turned, recipe_of(PixelMode::kRgb)).value())) << orientation;
    EXPECT_TRUE(same(ignored->tensor, preprocess(image, recipe_of(PixelMode::kRgb)).value()));
    EXPECT_TRUE(applied->facts.warnings.empty());
    EXPECT_EQ(ignored->facts.warnings.size(), orientation > 1 ? 1U : 0U);
    EXPECT_EQ(applied->facts.orientation_applied, orientation > 1);
  }
}

TEST(Pixels, that_no_picture_has_are_refused_before_any_is_read) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::uint8_t pixel[3] = {1, 2, 3};
  const auto problem = [&](const DecodedPixels& pixels) {
    const auto reader = open_pixels(pixels, ExifPolicy::kApply);
    if (reader.ok()) return std::string("ok");
    EXPECT_TRUE(reader.error().where.empty()) << "there is no file, and so no header";
    return std::string(error_code_name(reader.error().code)) + ": " + reader.error().what;
  };
  EXPECT_EQ(problem({pixel, {1, 1}}), "ok");
  EXPECT_EQ(problem({nullptr, {1, 1}}), "invalid-image: there are no pixels at the null address");
  EXPECT_EQ(problem({pixel, {0, 1}}), "invalid-image: the picture has no pixels (0x1)");
  EXPECT_EQ(problem({pixel, {1, -1}}), "invalid-image: the picture has no pixels (1x-1)");
  EXPECT_EQ(problem({pixel, {kMost, kMost}}).substr(0, 6), "limit:");
  EXPECT_EQ(problem({pixel, {std::int64_t{1} << 25, 1}}).substr(0, 6), "limit:");
  for (const int channels : {-1, 0, 2, 4}) {
    EXPECT_EQ(problem({pixel, {1, 1}, channels}), "invalid-image: pixels of " + std::to_string(channels) + " channels");
  }
  EXPECT_EQ(problem({pixel, {1, 1}, 3, 2}), "invalid-image: rows of 3 bytes cannot begin 2 bytes apart");
  EXPECT_EQ(problem({pixel, {1, 1}, 3, -3}), "invalid-image: rows of 3 bytes cannot begin -3 bytes apart");
  EXPECT_EQ(problem({pixel, {1, 2}, 3, kMost}).substr(0, 14), "invalid-image:");
  EXPECT_EQ(problem({pixel, {1, 1}, 3, 0, 9}), "invalid-image: an EXIF orientation of 9, it is 1 to 8");
  EXPECT_EQ(problem({pixel, {1, 1}, 3, 0, -1}), "invalid-image: an EXIF orientation of -1, it is 1 to 8");
}

}  // namespace
}  // namespace kite
