// SPDX-License-Identifier: Apache-2.0
// Encoders against the decoders of this folder: a PNG keeps every pixel, a WebP stays near them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/encode_png.h"
#include "image/encode_webp.h"

namespace kite {
namespace {

std::vector<std::uint8_t> random_pixels(Size size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(size.width * size.height * 3));
  for (std::uint8_t& value : rgb) value = static_cast<std::uint8_t>(random());
  return rgb;
}

Image decoded(const std::string& file) {
  auto image = decode(std::as_bytes(std::span(file)));
  EXPECT_TRUE(image.ok());
  return image.ok() ? std::move(image).value() : Image();
}

TEST(Encode, png_holds_exactly_the_pixels_of_every_size) {
  for (const Size size : {Size{1, 1}, Size{1, 300}, Size{300, 1}, Size{7, 5}, Size{224, 224}, Size{641, 37}}) {
    const auto rgb = random_pixels(size, static_cast<unsigned>(size.width));
    const auto file = encode_png(rgb, size);
    ASSERT_TRUE(file.ok());
    const Image image = decoded(*file);
    ASSERT_EQ(image.size(), size);
    EXPECT_TRUE(std::ranges::equal(image.pixels(), rgb)) << size.width << "x" << size.height;
  }
}

TEST(Encode, webp_stays_near_the_pixels_of_a_smooth_picture) {
  const Size size{61, 45};
  std::vector<std::uint8_t> rgb;
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      for (const std::int64_t value : {4 * x, 5 * y, 2 * (x + y)}) rgb.push_back(static_cast<std::uint8_t>(value));
    }
  }
  const auto file = encode_webp(rgb, size, 90);
  ASSERT_TRUE(file.ok());
  const Image image = decoded(*file);
  ASSERT_EQ(image.size(), size);
  EXPECT_EQ(image.facts().format, PictureFormat::kWebp);
  for (std::size_t i = 0; i < rgb.size(); ++i) ASSERT_NEAR(image.pixels()[i], rgb[i], 12) << i;
}

TEST(Encode, webp_of_lower_quality_is_smaller) {
  const Size size{96, 96};
  const auto rgb = random_pixels(size, 3);
  const auto fine = encode_webp(rgb, size, 95);
  const auto coarse = encode_webp(rgb, size, 40);
  ASSERT_TRUE(fine.ok() && coarse.ok());
  EXPECT_LT(coarse->size() * 2, fine->size());
}

}  // namespace
}  // namespace kite
