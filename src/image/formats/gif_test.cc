// SPDX-License-Identifier: Apache-2.0
// What compare_pillow.py cannot show: what is refused, and that no size in a header is believed.
#include <string>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/picture_testing.h"

namespace kite {
namespace {

std::string screen(std::uint32_t width, std::uint32_t height) {
  return "GIF89a" + little(width, 2) + little(height, 2) + std::string(3, '\0');
}

std::string frame(std::uint32_t left, std::uint32_t width, std::uint32_t height, const std::string& data) {
  return "," + little(left, 2) + little(0, 2) + little(width, 2) + little(height, 2) + std::string(1, '\0') + data;
}

TEST(Gif, what_is_refused_is_refused_with_its_reason) {
  struct Case {
    std::string file;
    ErrorCode code;
    const char* words;
  };
  const Case cases[] = {
      {screen(2, 2) + ";", ErrorCode::kInvalidImage, "no frame"},
      {screen(2, 2) + frame(1, 0, 2, "\2"), ErrorCode::kInvalidImage, "no pixels"},
      {screen(2, 2) + frame(0, 2, 2, "\15"), ErrorCode::kInvalidImage, "more than 12 bits"},
      {screen(2, 2) + frame(0, 2, 2, "\2\1\7"), ErrorCode::kInvalidImage, "never defined"},
      {screen(2, 2) + frame(0, 2, 2, "\2\1\4"), ErrorCode::kInvalidImage, "truncated"},
      {screen(2, 2) + std::string("!\xf9\2\1\1\0", 6), ErrorCode::kInvalidImage, "control block"},
      {screen(1, 1) + frame(65535, 65535, 1, "\2"), ErrorCode::kInvalidImage, "truncated"},
      {screen(65535, 65535) + frame(0, 1, 1, "\2"), ErrorCode::kLimit, "65535x65535"},
      {screen(13000, 13000) + frame(0, 13000, 13000, "\2\1\4"), ErrorCode::kInvalidImage, "truncated"},
  };
  for (const Case& each : cases) {
    const auto image = decode(to_bytes(each.file));
    ASSERT_FALSE(image.ok()) << each.words;
    EXPECT_EQ(image.error().code, each.code) << image.error().message();
    EXPECT_NE(image.error().message().find(each.words), std::string::npos) << image.error().message();
  }
}

TEST(Gif, chains_of_empty_blocks_end) {
  std::string file = screen(2, 2);
  for (int i = 0; i < 100000; ++i) file += std::string("!\1\0", 3);
  EXPECT_FALSE(decode(to_bytes(file)).ok());
}

TEST(Gif, a_frame_smaller_than_the_screen_is_surrounded_by_the_transparent_colour) {
  Bytes file = gif_file(2, 1, 5);
  file[6] = std::byte{4};  // the screen's width
  std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  text.insert(13 + 24, std::string("!\xf9\4\1\0\0\3\0", 8));  // index 3 is transparent
  const auto image = decode(to_bytes(text));
  ASSERT_TRUE(image.ok()) << image.error().message();
  const std::vector<std::uint8_t> pixels(image->pixels().begin(), image->pixels().end());
  EXPECT_EQ(pixels, (std::vector<std::uint8_t>{5, 10, 15, 5, 10, 15, 3, 6, 9, 3, 6, 9}));
  EXPECT_FALSE(image->facts().is_opaque);
}

}  // namespace
}  // namespace kite
