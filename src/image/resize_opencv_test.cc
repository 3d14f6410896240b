// SPDX-License-Identifier: Apache-2.0
// The bytes that OpenCV 4.14 and 5.0 gave (cv2.resize of uint8, INTER_LINEAR).
#include "image/resize_opencv.h"

#include <gtest/gtest.h>

#include <vector>

#include "image/resize.h"

namespace kite {
namespace {

// Channel c of (x, y): (37x + 91y + 53c) * (x + 3y + 1) mod 256.
Image pattern(Size size) {
  Image image = Image::make(size).value();
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>((37 * x + 91 * y + 53 * c) * (x + 3 * y + 1) % 256);
      }
    }
  }
  return image;
}

std::vector<int> resized(const Image& image, Size size, Rectangle window, double step) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(3 * window.width * window.height));
  auto resizer = RowResizer::make(image.size(), size, window, Filter::kBilinear, out.data(), 3 * window.width,
                                  Resampler::kOpenCv, step);
  EXPECT_TRUE(resizer.ok());
  for (std::int64_t y = resizer->first_row(); y < resizer->end_row(); ++y) resizer->push(y, image.row(y));
  return {out.begin(), out.end()};
}

struct Case {
  Size from;
  Size to;
  double step;
  std::vector<int> bytes;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      // the two nearest pixels only
      {{7, 5}, {3, 4}, 0.0, {58,  134, 61,  181, 157, 101, 73,  140, 208, 161, 116, 103, 127, 205, 124, 117, 127, 105,
                             155, 148, 174, 123, 80,  198, 169, 164, 75,  189, 157, 200, 170, 6,   98,  154, 103, 42}},
      // beyond the edge
      {{3, 2}, {5, 3}, 0.0, {0,   53, 106, 29,  104, 76, 74,  180, 30,  163, 147, 29,  222, 125, 28,
                             54,  59, 63,  73,  98,  73, 101, 159, 88,  173, 109, 70,  222, 77,  59,
                             108, 64, 20,  116, 93,  70, 128, 137, 146, 184, 71,  112, 222, 28,  90}},
      // the mean of 2x2 pixels
      {{6, 4}, {3, 2}, 0.0, {78, 109, 76, 192, 137, 82, 154, 141, 192, 180, 145, 174, 78, 149, 156, 80, 193, 114}},
      // the same by a ratio, where the last row and column are halves
      {{7, 5}, {4, 2}, 1.0 / 0.5, {78,  109, 76,  192, 137, 82,  154, 141, 192, 38,  104, 171,
                                   180, 145, 174, 78,  149, 156, 80,  193, 114, 186, 58,  187}},
      // a ratio that the sizes do not have
      {{7, 5}, {2, 2}, 1.0 / 0.3, {149, 123, 124, 133, 98, 148, 227, 210, 192, 77, 109, 12}},
  };
  return all;
}

TEST(ResizeOpenCv, gives_the_bytes_of_opencv) {
  for (const Case& c : cases()) {
    EXPECT_EQ(resized(pattern(c.from), c.to, {0, 0, c.to.width, c.to.height}, c.step), c.bytes)
        << c.to.width << "x" << c.to.height << ", step " << c.step;
  }
}

TEST(ResizeOpenCv, a_window_is_a_part_of_the_whole) {
  const Case& c = cases().front();
  const std::vector<int> part = resized(pattern(c.from), c.to, {1, 2, 2, 2}, c.step);
  for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i], c.bytes[(2 + i / 6) * 9 + 3 + i % 6]);
}

TEST(ResizeOpenCv, has_the_bilinear_filter_alone) {
  std::uint8_t out[27];
  EXPECT_FALSE(RowResizer::make({7, 5}, {3, 3}, {0, 0, 3, 3}, Filter::kBicubic, out, 9, Resampler::kOpenCv).ok());
}

}  // namespace
}  // namespace kite
