// SPDX-License-Identifier: Apache-2.0
// Bytes that Pillow 13 gives for two small pictures, and the properties that hold for every window and order of rows.
#include "image/resize.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace kite {
namespace {

using Pixels = std::vector<std::uint8_t>;

constexpr Filter kFilters[] = {Filter::kNearest, Filter::kBox,     Filter::kBilinear,
                               Filter::kHamming, Filter::kBicubic, Filter::kLanczos};

Image pattern(std::int64_t width, std::int64_t height) {
  Image image = Image::make({width, height}).value();
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(x * 37 + y * 59 + c * 83 + x * y * 7);
      }
    }
  }
  return image;
}

Pixels pixels_of(const Image& image) { return {image.pixels().begin(), image.pixels().end()}; }

TEST(Resize, gives_pillows_bytes_for_every_filter) {
  const std::vector<Pixels> expected{
      {37,  120, 203, 111, 194, 21, 185, 12, 95,  103, 186, 13,  191, 18, 101, 23, 106, 189,
       235, 62,  145, 95,  178, 5,  211, 38, 121, 45,  128, 211, 175, 2,  85,  49, 132, 215},
      {19,  102, 185, 111, 194, 106, 204, 31, 114, 113, 196, 87,  146, 101, 141, 94, 177, 132,
       206, 33,  116, 95,  178, 90,  112, 67, 150, 141, 96,  179, 175, 87,  85,  82, 165, 120},
      {48,  131, 173, 127, 158, 97,  164, 82,  124, 124, 184, 87,  140, 101, 128, 101, 152, 151,
       168, 111, 110, 102, 142, 116, 126, 145, 112, 138, 103, 145, 148, 99,  95,  117, 131, 132},
      {34,  117, 185, 118, 181, 86,  182, 60,  113, 113, 186, 89,  152, 88, 126, 88,  149, 158,
       177, 100, 109, 91,  151, 104, 129, 127, 115, 132, 105, 159, 165, 75, 86,  101, 143, 134},
      {36,  124, 184, 130, 171, 90,  171, 70,  122, 121, 197, 79,  150, 89, 131, 93,  157, 158,
       175, 101, 108, 93,  150, 121, 129, 148, 105, 135, 98,  149, 153, 98, 89,  116, 127, 135},
      {29,  119, 191, 135, 176, 83,  173, 61,  125, 122, 210, 70,  155, 80,  132, 87,  162, 165,
       179, 94,  109, 88,  155, 127, 131, 154, 95,  130, 95,  150, 155, 103, 85,  120, 117, 141}};
  const Image image = pattern(7, 5);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(pixels_of(resize(image, {3, 4}, kFilters[i]).value()), expected[i]) << filter_name(kFilters[i]);
  }
}

// 9 -> 2 rows loses 7, more than twice the -1 columns lost by 3 -> 4: Pillow 13 resizes vertically first.
TEST(Resize, gives_pillows_bytes_where_the_vertical_pass_comes_first) {
  const std::vector<Pixels> expected{
      {118, 201, 28, 169, 252, 79, 169, 252, 79, 220, 47, 130, 98, 181, 8, 177, 4, 87, 177, 4, 87, 0, 83, 166},
      {118, 99,  130, 118, 150, 130, 118, 150, 130, 118, 149, 130,
       128, 147, 102, 146, 101, 120, 146, 101, 120, 101, 120, 139},
      {107, 111, 129, 120, 142, 117, 128, 150, 117, 129, 132, 129,
       141, 134, 98,  145, 110, 117, 126, 107, 131, 91,  124, 135},
      {107, 113, 125, 127, 151, 110, 133, 157, 112, 131, 137, 132,
       133, 148, 96,  146, 106, 117, 136, 99,  127, 89,  119, 140},
      {104, 104, 132, 118, 141, 116, 128, 153, 115, 127, 133, 131,
       145, 137, 96,  150, 109, 118, 127, 104, 133, 90,  124, 132},
      {101, 102, 135, 116, 141, 115, 128, 155, 114, 126, 128, 132,
       149, 136, 95,  156, 108, 117, 125, 102, 135, 90,  125, 129}};
  const Image image = pattern(3, 9);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(pixels_of(resize(image, {4, 2}, kFilters[i]).value()), expected[i]) << filter_name(kFilters[i]);
  }
}

TEST(Resize, a_window_equals_the_same_part_of_the_whole) {
  std::mt19937 random(1);
  const auto between = [&random](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  for (int round = 0; round < 300; ++round) {
    const Image image = pattern(between(1, 40), between(1, 40));
    const Size to{between(1, 50), between(1, 50)};
    const Filter filter = kFilters[round % 6];
    const Image whole = resize(image, to, filter).value();
    Rectangle window{between(0, to.width - 1), between(0, to.height - 1), 0, 0};
    window.width = between(1, to.width - window.x);
    window.height = between(1, to.height - window.y);
    const Image part = resize_crop(image, to, window, filter).value();
    for (std::int64_t y = 0; y < window.height; ++y) {
      const std::uint8_t* expected = whole.row(window.y + y) + 3 * window.x;
      ASSERT_TRUE(std::equal(part.row(y), part.row(y) + part.row_bytes(), expected))
          << "round " << round << " row " << y << " of " << filter_name(filter);
    }
  }
}

TEST(Resize, equal_size_is_a_copy) {
  const Image image = pattern(6, 4);
  for (const Filter filter : kFilters) EXPECT_EQ(pixels_of(resize(image, {6, 4}, filter).value()), pixels_of(image));
}

TEST(Resize, a_flat_picture_stays_flat) {
  Image image = Image::make({23, 31}).value();
  image.fill(201);
  for (const Filter filter : kFilters) {
    const Image resized = resize(image, {11, 57}, filter).value();
    for (const std::uint8_t value : resized.pixels()) ASSERT_EQ(value, 201);
  }
}

TEST(Resize, only_the_rows_under_the_window_are_asked_for) {
  std::vector<std::uint8_t> out(3 * 4 * 2);
  const auto resizer = RowResizer::make({40, 100}, {20, 50}, {8, 20, 4, 2}, Filter::kBilinear, out.data(), 12);
  ASSERT_TRUE(resizer.ok());
  EXPECT_GE(resizer->first_row(), 38);
  EXPECT_LE(resizer->end_row(), 46);
}

TEST(Resize, weights_sum_to_one_within_their_rounding) {
  for (const Filter filter : {Filter::kBox, Filter::kBilinear, Filter::kHamming, Filter::kBicubic, Filter::kLanczos}) {
    for (const auto& [from, to] : {std::pair{500, 256}, {256, 500}, {7, 3}, {1, 9}}) {
      const AxisWeights axis = make_axis_weights(from, to, 0, to, filter).value();
      for (const AxisWeights::Taps& taps : axis.taps) {
        std::int64_t sum = 0;
        for (std::int64_t t = 0; t < taps.count; ++t) sum += axis.weights[static_cast<std::size_t>(taps.offset + t)];
        EXPECT_NEAR(static_cast<double>(sum), 1 << 22, 0.5 * static_cast<double>(taps.count));
      }
    }
  }
}

TEST(Resize, a_reduction_with_too_many_weights_is_refused) {
  const auto refused = make_axis_weights(kMaxSide, 1 << 16, 0, 1 << 16, Filter::kLanczos);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace kite
