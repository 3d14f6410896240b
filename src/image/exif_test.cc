// SPDX-License-Identifier: Apache-2.0
// The orientation tag in all of its forms and in broken directories; the eight orientations.
#include "image/exif.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "image/formats/codec.h"
#include "image/image.h"

namespace kite {
namespace {

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

int orientation_in(const std::string& exif, const std::string& xmp = "") {
  PictureMetadata metadata;
  metadata.exif = as_bytes(exif);
  metadata.xmp = as_bytes(xmp);
  return orientation_of(metadata);
}

int orientation_in_file(const PictureCodec& codec, const std::string& file) {
  return orientation_of(codec.find_metadata(as_bytes(file)));
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
      EXPECT_EQ(orientation_in(tiff(orientation, big)), static_cast<int>(orientation));
      EXPECT_EQ(orientation_in(tiff(orientation, big, 4)), static_cast<int>(orientation));
      EXPECT_EQ(orientation_in(std::string("Exif\0\0", 6) + tiff(orientation, big)), static_cast<int>(orientation));
    }
  }
}

TEST(Exif, values_outside_1_to_8_and_other_types_are_ignored) {
  EXPECT_EQ(orientation_in(tiff(0, false)), 0);
  EXPECT_EQ(orientation_in(tiff(9, true)), 0);
  EXPECT_EQ(orientation_in(tiff(6, true, 2)), 0);
}

TEST(Exif, xmp_counts_where_the_tag_is_absent_but_not_where_the_block_is_no_exif) {
  const std::string xmp = "<x tiff:Orientation=\"4\"/>";
  EXPECT_EQ(orientation_in(tiff(6, true), xmp), 6);
  EXPECT_EQ(orientation_in(tiff(9, true), xmp), 0);
  EXPECT_EQ(orientation_in(tiff(6, true, 2), xmp), 0);     // a text
  EXPECT_EQ(orientation_in(tiff(6, true, 0x83), xmp), 4);  // of no type: absent
  EXPECT_EQ(orientation_in(std::string("Exif\0\0", 6), xmp), 4);
  std::string more = tiff(6, true);
  more[26] = 1;  // 2^24 values, which the block has no room for: absent
  EXPECT_EQ(orientation_in(more, xmp), 4);
  std::string wrong = tiff(6, true);
  wrong[3] = 10;
  EXPECT_EQ(orientation_in(wrong, xmp), 0);
  wrong = tiff(6, true);
  wrong[2] = 1;
  wrong[3] = 41;  // 42 in sum only
  EXPECT_EQ(orientation_in(wrong, ""), 0);
}

TEST(Exif, a_block_cut_anywhere_before_its_tag_gives_nothing) {
  const std::string whole = tiff(6, false);
  const std::size_t tag_end = 8 + 2 + 24;
  for (std::size_t size = 0; size < tag_end; ++size) EXPECT_EQ(orientation_in(whole.substr(0, size)), 0);
  EXPECT_EQ(orientation_in(whole.substr(0, tag_end)), 6);
}

TEST(Exif, directories_outside_the_block_or_with_too_many_entries_give_nothing) {
  std::string far = tiff(6, false);
  far[4] = far[5] = far[6] = far[7] = '\xff';
  EXPECT_EQ(orientation_in(far), 0);
  std::string crowded = tiff(6, false);
  crowded[8] = crowded[9] = '\xff';  // 65,535 entries; the orientation is still the second
  EXPECT_EQ(orientation_in(crowded), 6);
  crowded[22] = 0x13;  // no longer the orientation tag
  EXPECT_EQ(orientation_in(crowded), 0);
}

TEST(Exif, a_jpeg_block_is_found_behind_other_segments_but_not_in_picture_data) {
  const std::string app0 = std::string("\xff\xe0\x00\x04", 4) + "ab";
  const std::string body = std::string("Exif\0\0", 6) + tiff(3, true);
  const std::string app1 =
      std::string("\xff\xe1", 2) + number(static_cast<std::uint32_t>(body.size()) + 2, 2, true) + body;
  const std::string found = "\xff\xd8" + app0 + app1;
  EXPECT_EQ(orientation_in_file(kJpegCodec, found), 3);
  const std::string hidden = "\xff\xd8" + app0 + std::string("\xff\xda\x00\x02", 4) + app1;
  EXPECT_EQ(orientation_in_file(kJpegCodec, hidden), 0);
  const std::string too_short = "\xff\xd8" + std::string("\xff\xe1\0\1", 4) + app1;
  EXPECT_EQ(orientation_in_file(kJpegCodec, too_short), 3);
  const std::string overlong = "\xff\xd8" + std::string("\xff\xe0\xff\xff", 4) + app1;
  EXPECT_EQ(orientation_in_file(kJpegCodec, overlong), 0);
}

std::string segment(const std::string& body) {
  return std::string("\xff\xe1", 2) + number(static_cast<std::uint32_t>(body.size()) + 2, 2, true) + body;
}

TEST(Exif, a_jpeg_block_in_two_segments_is_joined_and_junk_between_segments_is_skipped) {
  const std::string block = tiff(5, false);
  const std::string prefix("Exif\0\0", 6);
  const std::string split =
      "\xff\xd8" + segment(prefix + block.substr(0, 20)) + "junk" + segment(prefix + block.substr(20));
  EXPECT_EQ(orientation_in_file(kJpegCodec, split), 5);
}

TEST(Exif, xmp_is_asked_only_when_exif_has_no_such_tag) {
  const std::string attribute = R"(<x tiff:Orientation="8"/>)";
  EXPECT_EQ(orientation_in("", attribute), 8);
  EXPECT_EQ(orientation_in("", "<tiff:Orientation>3</tiff:Orientation>"), 3);
  EXPECT_EQ(orientation_in("", R"(<tiff:Orientation x=""/><x tiff:Orientation="4"/>)"), 4);
  EXPECT_EQ(orientation_in("", R"(<x tiff:Orientation="9"/>)"), 0);
  EXPECT_EQ(orientation_in(tiff(6, true), attribute), 6);
  EXPECT_EQ(orientation_in(tiff(9, true), attribute), 0);  // the tag is there, so it decides
  std::string other = tiff(6, false);
  other[22] = 0x13;
  EXPECT_EQ(orientation_in(other, attribute), 8);
  const std::string jpeg = "\xff\xd8" + segment(std::string("http://ns.adobe.com/xap/1.0/\0", 29) + attribute);
  EXPECT_EQ(orientation_in_file(kJpegCodec, jpeg), 8);
}

std::string chunk(const std::string& name, const std::string& data) {
  return number(static_cast<std::uint32_t>(data.size()), 4, true) + name + data + "crc.";
}

TEST(Exif, a_chunk_of_webp_counts_only_where_the_flags_name_it) {
  const std::string exif = tiff(6, true);
  const auto with_flags = [&](char flags) {
    const std::string first = "VP8X" + number(10, 4, false) + flags + std::string(9, '\0');
    const std::string size = number(static_cast<std::uint32_t>(exif.size()), 4, false);
    return orientation_in_file(kWebpCodec, std::string(12, '\0') + first + "EXIF" + size + exif);
  };
  EXPECT_EQ(with_flags(8), 6);
  EXPECT_EQ(with_flags(4), 0);
}

TEST(Exif, png_texts_state_an_orientation_and_exif_precedes_them) {
  std::string digits;
  for (const char c : tiff(7, true)) {
    constexpr char kDigits[] = "0123456789abcdef";
    digits += kDigits[static_cast<unsigned char>(c) >> 4];
    digits += kDigits[c & 15];
    if (digits.size() % 73 == 72) digits += '\n';
  }
  const std::string raw = chunk("tEXt", std::string("Raw profile type exif\0", 22) + "\nexif\n      38\n" + digits);
  const std::string xmp =
      chunk("iTXt", std::string("XML:com.adobe.xmp\0\0\0\0\0", 22) + R"(<x tiff:Orientation="2"/>)");
  const std::string head(8, '\0');
  EXPECT_EQ(orientation_in_file(kPngCodec, head + raw), 7);
  EXPECT_EQ(orientation_in_file(kPngCodec, head + xmp), 2);
  EXPECT_EQ(orientation_in_file(kPngCodec, head + xmp + raw), 7);
  EXPECT_EQ(orientation_in_file(kPngCodec, head + raw + chunk("eXIf", tiff(3, false))), 3);
  EXPECT_EQ(orientation_in_file(kPngCodec, head + chunk("zTXt", std::string("XML:com.adobe.xmp\0\0not zlib", 27))), 0);
}

TEST(Exif, chunk_lengths_that_lie_end_the_search) {
  const std::string png = std::string(8, '\0') + std::string("\xff\xff\xff\xff", 4) + "eXIf" + std::string(40, '\0');
  EXPECT_EQ(orientation_in_file(kPngCodec, png), 0);
  const std::string first = "VP8X" + number(10, 4, false) + '\x0c' + std::string(9, '\0');
  const std::string webp =
      std::string(12, '\0') + first + "EXIF" + std::string("\xff\xff\xff\xff", 4) + std::string(40, '\0');
  EXPECT_EQ(orientation_in_file(kWebpCodec, webp), 0);
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
