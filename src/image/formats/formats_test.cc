// SPDX-License-Identifier: Apache-2.0
// What every row of formats.inc promises. A row without a sample here does not compile.
#include <string>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/formats/codec.h"
#include "image/picture_testing.h"
#include "image/sniff.h"

namespace kite {
namespace {

constexpr int kWidth = 13;
constexpr int kHeight = 9;

// A picture of kWidth x kHeight pixels.
Bytes sample_of(PictureFormat format) {
  const auto rgb = noise(3 * kWidth * kHeight, 11);
  switch (format) {  // no default: the compiler names the format that is missing
    case PictureFormat::kJpeg: return jpeg_file(kWidth, kHeight, rgb, false);
    case PictureFormat::kPng: return png_file(kWidth, kHeight, PNG_FORMAT_RGB, rgb);
    case PictureFormat::kWebp: return webp_file(kWidth, kHeight, rgb);
    case PictureFormat::kTiff: return tiff_file(kWidth, kHeight, rgb);
    case PictureFormat::kGif: return gif_file(kWidth, kHeight, 3);
    case PictureFormat::kBmp: return bmp_file(kWidth, kHeight, rgb);
    case PictureFormat::kNetpbm: return ppm_file(kWidth, kHeight, rgb);
  }
  return {};
}

TEST(Formats, each_is_recognised_opened_and_named) {
  for (const PictureFormat format : all_picture_formats()) {
    const Bytes file = sample_of(format);
    const auto sniffed = sniff_format(file);
    ASSERT_TRUE(sniffed.ok()) << picture_format_name(format);
    EXPECT_EQ(*sniffed, format) << picture_format_name(format);
    EXPECT_TRUE(is_picture(file));
    const auto image = decode(file);
    ASSERT_TRUE(image.ok()) << image.error().message();
    EXPECT_EQ(image->size(), (Size{kWidth, kHeight})) << picture_format_name(format);
    EXPECT_EQ(image->facts().format, format);
    EXPECT_FALSE(image->facts().pixel_format.empty()) << picture_format_name(format);
    EXPECT_TRUE(codec_of(format).extensions.starts_with('.')) << picture_format_name(format);
  }
}

TEST(Formats, each_obeys_the_limit_of_pixels) {
  Limits limits;
  limits[Limit::kPixels] = kWidth * kHeight - 1;
  for (const PictureFormat format : all_picture_formats()) {
    const auto image = decode(sample_of(format), limits);
    ASSERT_FALSE(image.ok()) << picture_format_name(format);
    EXPECT_EQ(image.error().code, ErrorCode::kLimit) << image.error().message();
    EXPECT_NE(image.error().message().find("13x9"), std::string::npos) << image.error().message();
  }
}

TEST(Formats, a_file_that_is_cut_or_damaged_anywhere_gives_a_picture_or_an_image_error) {
  std::mt19937 random(12);
  for (const PictureFormat format : all_picture_formats()) {
    const Bytes whole = sample_of(format);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Bytes file(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      if (size > 16) file[random() % size] ^= static_cast<std::byte>(1U << (random() % 8));
      const auto image = decode(file, {}, size % 2 == 0 ? ExifPolicy::kIgnore : ExifPolicy::kApply);
      if (image.ok()) continue;
      const ErrorCode code = image.error().code;
      EXPECT_TRUE(code == ErrorCode::kInvalidImage || code == ErrorCode::kUnsupportedImage || code == ErrorCode::kLimit)
          << picture_format_name(format) << ": " << image.error().message();
    }
  }
}

}  // namespace
}  // namespace kite
