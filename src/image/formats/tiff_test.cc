// SPDX-License-Identifier: Apache-2.0
// What compare_pillow.py cannot show: what is refused, that no count or offset is believed, and the codecs' edges.
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/formats/tiff_codecs.h"
#include "image/picture_testing.h"

namespace kite {
namespace {

std::string entry(std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
  return little(tag, 2) + little(type, 2) + little(count, 4) + little(value, 4);
}

// A grey picture of 8 bits whose directory begins at byte 8. `more`: entries behind those that every file has.
std::string grey_tiff(std::uint32_t width, std::uint32_t height, std::uint32_t compression, const std::string& more) {
  const std::string entries = entry(256, 4, 1, width) + entry(257, 4, 1, height) + entry(258, 3, 1, 8) +
                              entry(259, 3, 1, compression) + entry(262, 3, 1, 1) + more;
  return std::string("II*\0", 4) + little(8, 4) + little(static_cast<std::uint32_t>(entries.size() / 12), 2) + entries +
         little(8, 4);  // the next directory is this one again
}

TEST(Tiff, what_is_refused_is_refused_with_its_reason) {
  struct Case {
    std::string file;
    ErrorCode code;
    const char* words;
  };
  const std::string strip = entry(273, 4, 1, 8) + entry(279, 4, 1, 40);
  const Case cases[] = {
      {grey_tiff(2, 2, 4, strip), ErrorCode::kUnsupportedImage, "CCITT Group 4"},
      {grey_tiff(2, 2, 6, strip), ErrorCode::kUnsupportedImage, "old-style JPEG"},
      {grey_tiff(2, 2, 50000, strip), ErrorCode::kUnsupportedImage, "Zstandard"},
      {grey_tiff(2, 2, 50001, strip), ErrorCode::kUnsupportedImage, "WebP"},
      {grey_tiff(2, 2, 34925, strip), ErrorCode::kUnsupportedImage, "LZMA"},
      {grey_tiff(2, 2, 4711, strip), ErrorCode::kUnsupportedImage,
       "unknown compression (4711) is not supported, and Pillow"},
      {grey_tiff(2, 2, 1, entry(277, 3, 1, 9)), ErrorCode::kUnsupportedImage, "9 samples"},
      {grey_tiff(2, 2, 1, entry(339, 3, 1, 6)), ErrorCode::kUnsupportedImage, "photometric interpretation 1"},
      {grey_tiff(2, 2, 5, strip + entry(317, 3, 1, 3)), ErrorCode::kUnsupportedImage, "predictor 3"},
      {grey_tiff(2, 2, 1, ""), ErrorCode::kInvalidImage, "where its pixels are"},
      {grey_tiff(2, 2, 1, entry(273, 4, 0x80000000, 8)), ErrorCode::kInvalidImage, "where its pixels are"},
      {grey_tiff(2, 2, 1, entry(273, 4, 1, 4000000000)), ErrorCode::kInvalidImage, "truncated"},
      {grey_tiff(2, 2, 1, entry(273, 4, 1, 8) + entry(278, 4, 1, 1)), ErrorCode::kInvalidImage, "1 strips or tiles"},
      {grey_tiff(2, 2, 5, entry(273, 4, 1, 8) + entry(279, 4, 1, 4000000000)), ErrorCode::kInvalidImage, "truncated"},
      {grey_tiff(2, 2, 8, strip), ErrorCode::kInvalidImage, "Deflate data is wrong"},
      {grey_tiff(13000, 13000, 1, strip), ErrorCode::kInvalidImage, "truncated"},
      {grey_tiff(13000, 13000, 5, strip), ErrorCode::kInvalidImage, "truncated"},
      {grey_tiff(13000, 13000, 8, strip), ErrorCode::kInvalidImage, "truncated"},
      {grey_tiff(13000, 13000, 32773, strip), ErrorCode::kInvalidImage, "truncated"},
      {grey_tiff(13000, 13000, 7, strip), ErrorCode::kInvalidImage, "truncated"},
      {grey_tiff(4000000000, 4000000000, 1, strip), ErrorCode::kLimit, "pixels"},
      {grey_tiff(2, 2, 1, entry(322, 4, 1, 4000000000) + entry(323, 4, 1, 4000000000) + entry(324, 4, 1, 8)),
       ErrorCode::kLimit, "too large"},
      {grey_tiff(1, 70000, 7, entry(273, 4, 70000, 8) + entry(278, 4, 1, 1)) + std::string(280000, '\0'),
       ErrorCode::kLimit, "65536 pieces"},
      {grey_tiff(2, 2, 7, strip + entry(347, 7, 20000, 8)) + std::string(20000, '\0'), ErrorCode::kLimit,
       "JPEG tables"},
      {grey_tiff(2, 2, 1, strip + entry(277, 3, 1, 2) + entry(338, 3, 1, 2) + entry(339, 3, 1, 2)),
       ErrorCode::kUnsupportedImage, "2 samples"},
      {grey_tiff(2, 2, 5, strip + entry(324, 4, 1, 8)), ErrorCode::kInvalidImage, "strips as well as tiles"},
      {grey_tiff(2, 2, 5, strip + entry(317, 7, 1, 2)), ErrorCode::kInvalidImage, "tag 317 is not one number"},
      {grey_tiff(2, 2, 5, strip + entry(266, 3, 2, 1)), ErrorCode::kInvalidImage, "tag 266 is not one number"},
      {grey_tiff(2, 2, 1, strip + entry(278, 2, 1, 2)), ErrorCode::kInvalidImage, "tag 278 has no whole numbers"},
      {grey_tiff(2, 2, 1, strip + entry(338, 7, 1, 2)), ErrorCode::kInvalidImage, "tag 338 has no whole numbers"},
      {grey_tiff(2, 2, 1, strip + entry(284, 3, 1, 2) + entry(266, 3, 1, 2)), ErrorCode::kUnsupportedImage, "planes"},
      {grey_tiff(2, 2, 1, strip + entry(277, 8, 1, 0xffff)), ErrorCode::kUnsupportedImage, "samples a pixel"},
      {grey_tiff(1000000, 1, 8, entry(322, 4, 1, 1) + entry(323, 4, 1, 1000000) + entry(324, 4, 1, 8)),
       ErrorCode::kLimit, "too large"},
  };
  for (const Case& each : cases) {
    const auto image = decode(to_bytes(each.file));
    ASSERT_FALSE(image.ok()) << each.words;
    EXPECT_EQ(image.error().code, each.code) << each.words << ": " << image.error().message();
    EXPECT_NE(image.error().message().find(each.words), std::string::npos) << image.error().message();
  }
}

TEST(Tiff, its_orientation_is_always_applied_as_in_pillow) {
  const std::string file = grey_tiff(2, 1, 1, entry(273, 4, 1, 8) + entry(274, 3, 1, 6));
  for (const ExifPolicy policy : {ExifPolicy::kIgnore, ExifPolicy::kApply}) {
    const auto image = decode(to_bytes(file), {}, policy);
    ASSERT_TRUE(image.ok()) << image.error().message();
    EXPECT_EQ(image->size(), (Size{1, 2}));
    EXPECT_EQ(image->facts().exif_orientation, 6);
    EXPECT_TRUE(image->facts().orientation_applied);
    EXPECT_EQ(image->facts().warnings.size(), 1U);  // of the second page only
  }
}

// A file whose values are more than its bytes: of the tags from there on, only those with the value in the entry count.
TEST(Tiff, values_outside_their_entries_count_only_as_long_as_the_file_has_room_for_all) {
  const std::string xmp = "<x tiff:Orientation=\"4\"/>";
  const auto orientation = [&](const std::string& before) {
    const std::string strip = entry(273, 4, 1, 8);
    const auto at = static_cast<std::uint32_t>(grey_tiff(2, 1, 1, before + strip + entry(700, 1, 0, 0)).size());
    const auto size = static_cast<std::uint32_t>(xmp.size());
    const auto image = decode(to_bytes(grey_tiff(2, 1, 1, before + strip + entry(700, 1, size, at)) + xmp));
    return image.ok() ? image->facts().exif_orientation : -1;
  };
  EXPECT_EQ(orientation(""), 4);
  EXPECT_EQ(orientation(entry(305, 2, 0xffffffff, 8)), 0);
}

TEST(Tiff, signed_numbers_are_numbers) {
  const std::string file = grey_tiff(2, 1, 1, entry(273, 4, 1, 8) + entry(284, 8, 1, 1));
  std::string changed = file;
  for (std::size_t at = 10; at + 12 <= file.size(); at += 12) {
    if (file.substr(at, 2) == little(262, 2)) changed[at + 2] = 9;  // else black would be white
  }
  ASSERT_NE(changed, file);
  const auto with = decode(to_bytes(changed));
  const auto without = decode(to_bytes(file));
  ASSERT_TRUE(with.ok()) << with.error().message();
  EXPECT_EQ(with->row(0)[3], without->row(0)[3]);
}

// 60,000 strips that share 1 MB of data which unpacks to one pixel.
TEST(Tiff, strips_that_share_their_data_cost_no_more_than_the_file_and_its_pixels_justify) {
  struct Case {
    std::uint32_t compression;
    std::string nothing;
  };
  for (const Case& each : {Case{8, std::string("\0\0\0\xff\xff", 5)}, Case{32773, "\x80"}}) {
    std::string data = each.compression == 8 ? "\x78\x9c" : "";
    while (data.size() < 1'000'000) data += each.nothing;
    constexpr std::uint32_t kStrips = 60000;
    const auto file = [&](std::uint32_t at) {
      return grey_tiff(1, kStrips, each.compression,
                       entry(273, 4, kStrips, at) + entry(278, 4, 1, 1) + entry(279, 4, kStrips, at + 4 * kStrips));
    };
    const auto offsets_at = static_cast<std::uint32_t>(file(0).size());
    std::string all = file(offsets_at);
    for (std::uint32_t i = 0; i < kStrips; ++i) all += little(offsets_at + 8 * kStrips, 4);
    for (std::uint32_t i = 0; i < kStrips; ++i) all += little(static_cast<std::uint32_t>(data.size()), 4);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(decode(to_bytes(all + data)).ok());
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  }
}

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> list;
  for (const int value : values) list.push_back(static_cast<std::byte>(value));
  return list;
}

TEST(TiffCodecs, data_that_ends_early_or_names_unknown_codes_is_refused) {
  std::array<std::byte, 4> to{};
  EXPECT_FALSE(unpack_packbits(bytes({}), to));
  EXPECT_FALSE(unpack_packbits(bytes({3, 1, 2}), to));
  EXPECT_FALSE(unpack_packbits(bytes({254}), to));
  EXPECT_TRUE(unpack_packbits(bytes({128, 254, 7, 0, 9, 5}), to));
  EXPECT_EQ(to, (std::array{std::byte{7}, std::byte{7}, std::byte{7}, std::byte{9}}));
  EXPECT_FALSE(unpack_deflate(bytes({0x78, 0x9c, 1}), to));
  EXPECT_FALSE(unpack_deflate(bytes({}), to));
  EXPECT_FALSE(unpack_lzw(bytes({}), to));
  EXPECT_FALSE(unpack_lzw(bytes({0x80, 0x40, 0x40}), to));  // clear, then the end
  EXPECT_FALSE(unpack_lzw(bytes({0x80, 0x40, 0x80}), to));  // clear, then code 258
  EXPECT_FALSE(unpack_lzw(bytes({0xff, 0xff, 0xff}), to));
  EXPECT_TRUE(is_old_lzw(bytes({0, 1})));
  EXPECT_FALSE(is_old_lzw(bytes({0x80, 1})));
}

TEST(TiffCodecs, differences_are_summed_in_either_byte_order) {
  auto row = bytes({1, 2, 3, 4});
  add_differences(row, 2, 8, ByteOrder::kLittle);
  EXPECT_EQ(row, bytes({1, 2, 4, 6}));
  row = bytes({0, 255, 0, 2});
  add_differences(row, 1, 16, ByteOrder::kBig);
  EXPECT_EQ(row, bytes({0, 255, 1, 1}));
  row = bytes({255, 0, 2, 0});
  add_differences(row, 1, 16, ByteOrder::kLittle);
  EXPECT_EQ(row, bytes({255, 0, 1, 1}));
}

}  // namespace
}  // namespace kite
