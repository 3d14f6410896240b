// SPDX-License-Identifier: Apache-2.0
// Decoding: which pixels are returned, what is dropped, what is refused and with which code. Equality of pixels with
// Pillow over thousands of files is tested by tests/pictures/compare_pillow.py.
#include "image/decode.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "image/picture_testing.h"

namespace kite {
namespace {

Bytes text_file(std::string_view text) { return to_bytes(text.data(), text.size()); }

std::vector<std::uint8_t> bytes_of(const Image& image) { return {image.pixels().begin(), image.pixels().end()}; }

TEST(Decode, png_pixels_come_back_unchanged) {
  const auto rgb = noise(3 * 17 * 11, 1);
  const auto image = decode(png_file(17, 11, PNG_FORMAT_RGB, rgb));
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(image->size(), (Size{17, 11}));
  EXPECT_EQ(bytes_of(*image), rgb);
  EXPECT_EQ(image->facts().format, PictureFormat::kPng);
  EXPECT_EQ(image->facts().pixel_format, "8-bit RGB");
}

TEST(Decode, lossless_webp_pixels_come_back_unchanged) {
  const auto rgb = noise(3 * 9 * 14, 2);
  const auto image = decode(webp_file(9, 14, rgb));
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(bytes_of(*image), rgb);
}

TEST(Decode, alpha_is_dropped_and_not_blended) {
  const std::vector<std::uint8_t> rgba{10, 20, 30, 0, 200, 100, 50, 128};
  const auto image = decode(png_file(2, 1, PNG_FORMAT_RGBA, rgba));
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(bytes_of(*image), (std::vector<std::uint8_t>{10, 20, 30, 200, 100, 50}));
}

TEST(Decode, grey_becomes_three_equal_channels) {
  const auto image = decode(png_file(2, 1, PNG_FORMAT_GRAY, {7, 250}));
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(bytes_of(*image), (std::vector<std::uint8_t>{7, 7, 7, 250, 250, 250}));
}

TEST(Decode, flat_jpeg_decodes_to_its_colour) {
  std::vector<std::uint8_t> rgb;
  for (int i = 0; i < 20 * 13; ++i) rgb.insert(rgb.end(), {200, 60, 90});
  for (const bool progressive : {false, true}) {
    const auto image = decode(jpeg_file(20, 13, rgb, progressive));
    ASSERT_TRUE(image.ok()) << image.error().message();
    for (std::size_t i = 0; i < rgb.size(); ++i) EXPECT_NEAR(image->pixels()[i], rgb[i], 3);
    EXPECT_EQ(image->facts().pixel_format.find("progressive") != std::string::npos, progressive);
  }
}

TEST(Decode, what_is_no_picture_is_invalid_and_named) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "empty"},
      {"just words\n", "text"},
      {"<!doctype HTML><p>404", "HTML"},
      {std::string_view("PK\3\4\0\0\0\0\0\0\0\0\0\0", 14), "zip"},
      {std::string_view("\x01\x02\x00\x05", 4), "4 bytes"},
  };
  for (const auto& [content, word] : cases) {
    const auto image = decode(text_file(content));
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kInvalidImage) << word;
    EXPECT_NE(image.error().message().find(word), std::string::npos) << image.error().message();
  }
}

TEST(Decode, other_picture_formats_are_unsupported_and_named) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {std::string_view("\0\0\0\x18"
                        "ftypheic....",
                        16),
       "HEIC"},
      {std::string_view("\0\0\0\x18"
                        "ftypavif....",
                        16),
       "AVIF"},
      {"  <svg width='1'/>", "SVG"},
      {"%PDF-1.7", "PDF"},
  };
  for (const auto& [content, word] : cases) {
    const auto image = decode(text_file(content));
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kUnsupportedImage) << word;
    EXPECT_NE(image.error().message().find(word), std::string::npos) << image.error().message();
  }
}

TEST(Decode, a_picture_over_the_pixel_limit_is_refused) {
  const auto rgb = noise(3 * 8 * 8, 3);
  Limits limits;
  limits[Limit::kPixels] = 63;
  for (const Bytes& file : {png_file(8, 8, PNG_FORMAT_RGB, rgb), jpeg_file(8, 8, rgb, false), webp_file(8, 8, rgb)}) {
    const auto image = decode(file, limits);
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kLimit);
    EXPECT_NE(image.error().message().find("8x8"), std::string::npos);
    limits[Limit::kPixels] = 64;
    EXPECT_TRUE(decode(file, limits).ok());
    limits[Limit::kPixels] = 63;
  }
}

TEST(Decode, a_jpeg_with_too_many_scans_is_refused) {
  const Bytes file = jpeg_file(16, 16, noise(3 * 16 * 16, 4), true);
  Limits limits;
  limits[Limit::kScans] = 3;
  const auto image = decode(file, limits);
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().code, ErrorCode::kLimit);
  EXPECT_NE(image.error().message().find("scans"), std::string::npos);
  limits[Limit::kScans] = 200;
  limits[Limit::kScanPixels] = 3 * 256;
  EXPECT_FALSE(decode(file, limits).ok());
  limits[Limit::kScanPixels] = 20 * 256;
  EXPECT_TRUE(decode(file, limits).ok());
}

TEST(Decode, a_file_that_ends_early_is_called_truncated) {
  const auto rgb = noise(3 * 40 * 40, 5);
  for (Bytes file : {png_file(40, 40, PNG_FORMAT_RGB, rgb), jpeg_file(40, 40, rgb, false), jpeg_file(40, 40, rgb, true),
                     webp_file(40, 40, rgb)}) {
    file.resize(file.size() * 3 / 4);
    const auto image = decode(file);
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kInvalidImage);
    EXPECT_NE(image.error().message().find("truncated"), std::string::npos) << image.error().message();
  }
}

TEST(Decode, a_jpeg_with_other_bytes_in_place_of_its_end_marker_still_gives_its_pixels) {
  const auto rgb = noise(3 * 24 * 24, 6);
  Bytes file = jpeg_file(24, 24, rgb, false);
  const auto whole = decode(file);
  file.resize(file.size() - 2);
  file.resize(file.size() + 64);
  const auto cut = decode(file);
  ASSERT_TRUE(whole.ok() && cut.ok());
  EXPECT_EQ(bytes_of(*whole), bytes_of(*cut));
}

TEST(Decode, damage_in_jpeg_data_is_a_warning) {
  Bytes file = jpeg_file(64, 64, noise(3 * 64 * 64, 7), false);
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2), 40, std::byte{0x5a});
  const auto image = decode(file);
  ASSERT_TRUE(image.ok()) << image.error().message();
  ASSERT_EQ(image->facts().warnings.size(), 1U);
  EXPECT_NE(image->facts().warnings[0].find("damaged"), std::string::npos);
}

TEST(Decode, any_damage_ends_in_a_picture_or_an_image_error) {
  const auto rgb = noise(3 * 21 * 19, 8);
  std::mt19937 random(9);
  for (const Bytes& original : {png_file(21, 19, PNG_FORMAT_RGB, rgb), jpeg_file(21, 19, rgb, false),
                                jpeg_file(21, 19, rgb, true), webp_file(21, 19, rgb)}) {
    for (int round = 0; round < 400; ++round) {
      Bytes file = original;
      file[random() % file.size()] ^= static_cast<std::byte>(1U << (random() % 8));
      if (round % 4 == 0) file.resize(random() % file.size());
      const auto image = decode(file);
      if (image.ok()) continue;
      const ErrorCode code = image.error().code;
      EXPECT_TRUE(code == ErrorCode::kInvalidImage || code == ErrorCode::kUnsupportedImage || code == ErrorCode::kLimit)
          << image.error().message();
    }
  }
}

}  // namespace
}  // namespace kite
