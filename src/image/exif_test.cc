// SPDX-License-Identifier: Apache-2.0
// The orientation tag in all of its forms and in broken directories; the eight orientations.
#include "image/exif.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "image/image.h"

namespace kite {
namespace {

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

std::string number(std::uint32_t value, int bytes, bool big) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (big ? bytes - 1 - i : i);
    text += static_cast<char>(value >> shift & 0xff);
  }
  return text;
}

// A TIFF block with one unrelated tag before the orientation.
std::string tiff(std::uint32_t orientation, bool big, std::uint32_t type = 3) {
  std::string text = (big ? "MM" : "II") + number(42, 2, big) + number(8, 4, big) + number(2, 2, big);
  text += number(0x010f, 2, big) + number(2, 2, big) + number(1, 4, big) + number(0, 4, big);
  text += number(0x0112, 2, big) + number(type, 2, big) + number(1, 4, big);
  text += type == 3 ? number(orientation, 2, big) + number(0, 2, big) : number(orientation, 4, big);
  return text + number(0, 4, big);
}

TEST(Exif, orientation_is_read_in_both_byte_orders_and_as_long) {
  for (std::uint32_t orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big : {false, true}) {
      EXPECT_EQ(exif_orientation(as_bytes(tiff(orientation, big))), static_cast<int>(orientation));
      EXPECT_EQ(exif_orientation(as_bytes(tiff(orientation, big, 4))), static_cast<int>(orientation));
      EXPECT_EQ(exif_orientation(as_bytes(std::string("Exif\0\0", 6) + tiff(orientation, big))),
                static_cast<int>(orientation));
    }
  }
}

TEST(Exif, values_outside_1_to_8_and_other_types_are_ignored) {
  EXPECT_EQ(exif_orientation(as_bytes(tiff(0, false))), 0);
  EXPECT_EQ(exif_orientation(as_bytes(tiff(9, true))), 0);
  EXPECT_EQ(exif_orientation(as_bytes(tiff(6, true, 2))), 0);
}

TEST(Exif, a_block_cut_anywhere_before_its_tag_gives_nothing) {
  const std::string whole = tiff(6, false);
  const std::size_t tag_end = 8 + 2 + 24;
  for (std::size_t size = 0; size < tag_end; ++size) EXPECT_EQ(exif_orientation(as_bytes(whole.substr(0, size))), 0);
  EXPECT_EQ(exif_orientation(as_bytes(whole.substr(0, tag_end))), 6);
}

TEST(Exif, directories_outside_the_block_or_with_too_many_entries_give_nothing) {
  std::string far = tiff(6, false);
  far[4] = far[5] = far[6] = far[7] = '\xff';
  EXPECT_EQ(exif_orientation(as_bytes(far)), 0);
  std::string crowded = tiff(6, false);
  crowded[8] = crowded[9] = '\xff';  // 65,535 entries; the orientation is still the second
  EXPECT_EQ(exif_orientation(as_bytes(crowded)), 6);
  crowded[22] = 0x13;  // no longer the orientation tag
  EXPECT_EQ(exif_orientation(as_bytes(crowded)), 0);
}

TEST(Exif, a_jpeg_block_is_found_behind_other_segments_but_not_in_picture_data) {
  const std::string app0 = std::string("\xff\xe0\x00\x04", 4) + "ab";
  const std::string body = std::string("Exif\0\0", 6) + tiff(3, true);
  const std::string app1 =
      std::string("\xff\xe1", 2) + number(static_cast<std::uint32_t>(body.size()) + 2, 2, true) + body;
  const std::string found = "\xff\xd8" + app0 + app1;
  EXPECT_EQ(exif_orientation(find_jpeg_exif(as_bytes(found))), 3);
  const std::string hidden = "\xff\xd8" + app0 + std::string("\xff\xda\x00\x02", 4) + app1;
  EXPECT_TRUE(find_jpeg_exif(as_bytes(hidden)).empty());
  const std::string overlong = "\xff\xd8" + std::string("\xff\xe0\xff\xff", 4) + app1;
  EXPECT_TRUE(find_jpeg_exif(as_bytes(overlong)).empty());
}

TEST(Exif, chunk_lengths_that_lie_end_the_search) {
  const std::string png = std::string(8, '\0') + std::string("\xff\xff\xff\xff", 4) + "eXIf" + std::string(40, '\0');
  EXPECT_TRUE(find_png_exif(as_bytes(png)).empty());
  const std::string webp = std::string(12, '\0') + "EXIF" + std::string("\xff\xff\xff\xff", 4) + std::string(40, '\0');
  EXPECT_TRUE(find_webp_exif(as_bytes(webp)).empty());
}

TEST(Upright, every_orientation_puts_the_corners_where_exif_says) {
  // 3 wide, 2 high, pixel value = 10 * row + column. Expected: the first row of the upright picture.
  auto made = Image::make({3, 2});
  ASSERT_TRUE(made.ok());
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 9; ++x) made->row(y)[x] = static_cast<std::uint8_t>(10 * y + x / 3);
  }
  const std::vector<std::vector<int>> first_rows{{0, 1, 2}, {2, 1, 0}, {12, 11, 10}, {10, 11, 12},
                                                 {0, 10},   {10, 0},   {12, 2},      {2, 12}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto turned = upright(*made, orientation);
    ASSERT_TRUE(turned.ok());
    const auto& expected = first_rows[static_cast<std::size_t>(orientation - 1)];
    ASSERT_EQ(turned->width(), static_cast<std::int64_t>(expected.size())) << orientation;
    for (std::size_t x = 0; x < expected.size(); ++x) EXPECT_EQ(turned->row(0)[3 * x], expected[x]) << orientation;
  }
}

}  // namespace
}  // namespace kite
