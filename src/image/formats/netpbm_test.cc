// SPDX-License-Identifier: Apache-2.0
// PAM, which Pillow does not read, and what is refused.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/picture_testing.h"

namespace kite {
namespace {

TEST(Netpbm, what_is_refused_is_refused_with_its_reason) {
  struct Case {
    std::string file;
    ErrorCode code;
    const char* words;
  };
  const Case cases[] = {
      {"P6\n2 2\n", ErrorCode::kInvalidImage, "for a number"},
      {"P6\n2 x2 255\n", ErrorCode::kInvalidImage, "'x2'"},
      {"P6\n2 12345678901 255\n", ErrorCode::kInvalidImage, "'1234567890'"},
      {"P6\n2 2 65536\n", ErrorCode::kInvalidImage, "65536"},
      {"P6\n2 2 0\n", ErrorCode::kInvalidImage, "largest value is 0"},
      {"P6\n2 2 255\nshort", ErrorCode::kInvalidImage, "truncated"},
      {"P6\n100000 100000 255\n", ErrorCode::kLimit, "100000x100000"},
      {"P3\n13000 13000 255\n1 2 3", ErrorCode::kInvalidImage, "truncated"},
      {"P1\n13000 13000\n1 0", ErrorCode::kInvalidImage, "truncated"},
      {"P2\n2 1 9\n1 10 ", ErrorCode::kInvalidImage, "\"10\""},
      {"P2\n2 1 9\n1 -1 ", ErrorCode::kInvalidImage, "\"-1\""},
      {"P1\n2 1\n1 2 ", ErrorCode::kInvalidImage, "neither 0 nor 1"},
      {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 9\nMAXVAL 255\nENDHDR\n", ErrorCode::kUnsupportedImage, "depth of 9"},
      {"P7\nWIDTH 1\nHEIGHT 1\n", ErrorCode::kInvalidImage, "truncated"},
      {"P7\nWIDTH   \nENDHDR\n", ErrorCode::kUnsupportedImage, "depth of 0"},
  };
  for (const Case& each : cases) {
    const auto image = decode(to_bytes(each.file));
    ASSERT_FALSE(image.ok()) << each.words;
    EXPECT_EQ(image.error().code, each.code) << image.error().message();
    EXPECT_NE(image.error().message().find(each.words), std::string::npos) << image.error().message();
  }
}

TEST(Netpbm, pam_has_the_samples_of_pgm_and_ppm_and_its_alpha_is_dropped) {
  struct Case {
    int depth;
    int max_value;
    std::string samples;
    std::vector<std::uint8_t> rgb;
  };
  const Case cases[] = {
      {1, 255, "\7", {7, 7, 7}},       {1, 1, "\1", {255, 255, 255}},
      {2, 255, "\7\1", {7, 7, 7}},     {3, 255, "\1\2\3", {1, 2, 3}},
      {4, 255, "\1\2\3\4", {1, 2, 3}}, {3, 65535, std::string("\x80\0\1\0\0\0", 6), {128, 1, 0}},
  };
  for (const Case& each : cases) {
    const std::string head = "P7\n# one pixel\nWIDTH 1\nHEIGHT 1\nDEPTH " + std::to_string(each.depth) + "\nMAXVAL " +
                             std::to_string(each.max_value) + "\nTUPLTYPE ANY\nENDHDR\n";
    const auto image = decode(to_bytes(head + each.samples));
    ASSERT_TRUE(image.ok()) << image.error().message();
    EXPECT_EQ((std::vector<std::uint8_t>{image->pixels().begin(), image->pixels().end()}), each.rgb) << each.depth;
    EXPECT_EQ(image->facts().is_opaque, each.depth % 2 != 0);
  }
}

}  // namespace
}  // namespace kite
