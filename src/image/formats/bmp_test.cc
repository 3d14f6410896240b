// SPDX-License-Identifier: Apache-2.0
// What compare_pillow.py cannot show: what is refused, and that no size in a header is believed.
#include <string>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/picture_testing.h"

namespace kite {
namespace {

// One pixel, or none, behind a header of 40 bytes.
std::string header(std::uint32_t width, std::uint32_t height, std::uint32_t bits, std::uint32_t compression,
                   std::uint32_t colours = 0) {
  return "BM" + little(0, 4) + little(0, 4) + little(0, 4) + little(40, 4) + little(width, 4) + little(height, 4) +
         little(1, 2) + little(bits, 2) + little(compression, 4) + std::string(12, '\0') + little(colours, 4) +
         little(0, 4);
}

TEST(Bmp, what_is_refused_is_refused_with_its_reason) {
  struct Case {
    std::string file;
    ErrorCode code;
    const char* words;
  };
  std::string unknown = header(1, 1, 24, 0);
  unknown[14] = 41;
  const Case cases[] = {
      {unknown, ErrorCode::kUnsupportedImage, "a header of 41 bytes"},
      {header(1, 1, 24, 4), ErrorCode::kUnsupportedImage, "compression 4"},
      {header(1, 1, 2, 0), ErrorCode::kUnsupportedImage, "2 bits a pixel"},
      {header(1, 1, 24, 1), ErrorCode::kInvalidImage, "run-length coding without a palette"},
      {header(1, 1, 32, 3) + little(1, 4) + little(2, 4) + little(4, 4), ErrorCode::kUnsupportedImage, "bit fields"},
      {header(1, 1, 8, 0, 70000), ErrorCode::kInvalidImage, "65536"},
      {header(1, 1, 8, 0, 300) + std::string(1300, '\1'), ErrorCode::kInvalidImage, "more than 256 colours"},
      {header(0, 1, 24, 0), ErrorCode::kInvalidImage, "no pixels"},
      {header(100000, 100000, 24, 0), ErrorCode::kLimit, "100000x100000"},
      {header(13000, 13000, 24, 0), ErrorCode::kInvalidImage, "truncated"},
      {header(13000, 13000, 8, 1), ErrorCode::kInvalidImage, "truncated"},
      {header(1, 1, 24, 0), ErrorCode::kInvalidImage, "truncated"},
  };
  for (const Case& each : cases) {
    const auto image = decode(to_bytes(each.file));
    ASSERT_FALSE(image.ok()) << each.words;
    EXPECT_EQ(image.error().code, each.code) << image.error().message();
    EXPECT_NE(image.error().message().find(each.words), std::string::npos) << image.error().message();
  }
}

TEST(Bmp, a_picture_without_the_header_of_a_file_is_read) {
  const std::string file = header(1, 1, 24, 0).substr(14) + std::string("\3\2\1\0", 4);
  const auto image = decode(to_bytes(file));
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(image->row(0)[0], 1);
  EXPECT_EQ(image->row(0)[2], 3);
  std::string planes = file;
  planes[12] = 3;  // then it is something else that begins with 40
  EXPECT_FALSE(decode(to_bytes(planes)).ok());
}

TEST(Bmp, a_palette_entry_that_the_file_cuts_is_black) {
  // 255 colours are announced, of which the file has one and three bytes of another; they are also the pixels.
  std::string file = header(3, 1, 8, 0, 255) + std::string("\7\7\7\0\1\0\1", 7);
  file.replace(10, 4, little(54 + 3, 4));
  const auto image = decode(to_bytes(file));
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(image->row(0)[0], 7);  // index 0
  EXPECT_EQ(image->row(0)[3], 0);  // index 1
}

TEST(Bmp, a_step_in_run_lengths_stays_inside_the_picture) {
  const std::string palette = little(0x010203, 4) + little(0x040506, 4);
  const std::string file = header(3, 2, 8, 1, 2) + palette + std::string("\1\1\0\2\377\377", 6);
  const auto image = decode(to_bytes(file));
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(image->row(1)[0], 4);  // the file's first pixel, index 1, is in the lowest row
  EXPECT_EQ(image->row(0)[8], 3);
}

}  // namespace
}  // namespace kite
