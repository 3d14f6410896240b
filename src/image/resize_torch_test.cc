// SPDX-License-Identifier: Apache-2.0
// The bytes that torch 2.15 gave (torchvision's resize of a uint8 tensor, antialias=True).
#include "image/resize_torch.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace kite {
namespace {

// 7x5, channel c of (x, y): (37x + 91y + 53c) * (x + 3y + 1) mod 256.
Image pattern() {
  Image image = Image::make({7, 5}).value();
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 7; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>((37 * x + 91 * y + 53 * c) * (x + 3 * y + 1) % 256);
      }
    }
  }
  return image;
}

TEST(ResizeTorch, gives_the_bytes_of_torch) {
  const std::pair<Filter, std::vector<int>> cases[] = {
      {Filter::kBilinear, {95,  114, 65,  183, 156, 122, 100, 146, 204, 158, 110, 109, 121, 141, 139, 105, 106, 131,
                           140, 160, 163, 82,  147, 164, 137, 153, 118, 165, 155, 201, 124, 107, 118, 128, 122, 56}},
      {Filter::kBicubic, {82,  110, 54,  205, 160, 120, 94,  149, 216, 165, 106, 103, 119, 139, 142, 100, 99,  129,
                          144, 164, 167, 62,  155, 168, 145, 155, 120, 170, 154, 211, 121, 109, 112, 129, 117, 46}},
      {Filter::kLanczos, {76,  105, 48,  217, 163, 119, 93,  151, 221, 173, 105, 101, 118, 140, 141, 95,  92,  127,
                          146, 164, 169, 49,  164, 165, 150, 156, 129, 171, 154, 217, 123, 113, 110, 129, 115, 41}},
      {Filter::kNearest, {74, 180, 30,  188, 144, 100, 86,  148, 210, 128, 137, 146, 134, 249, 108, 180, 145, 110,
                          82, 153, 224, 128, 49,  226, 214, 241, 12,  238, 212, 186, 176, 0,   80,  154, 84,  14}},
  };
  const Image image = pattern();
  for (const auto& [filter, bytes] : cases) {
    std::vector<std::uint8_t> out(36);
    auto resizer = RowResizer::make(image.size(), {3, 4}, {0, 0, 3, 4}, filter, out.data(), 9, Resampler::kTorch);
    ASSERT_TRUE(resizer.ok());
    for (std::int64_t y = resizer->first_row(); y < resizer->end_row(); ++y) resizer->push(y, image.row(y));
    EXPECT_EQ(std::vector<int>(out.begin(), out.end()), bytes) << filter_name(filter);
  }
}

TEST(ResizeTorch, has_no_box_and_no_hamming_filter) {
  EXPECT_FALSE(make_axis_weights_torch(7, 3, 0, 3, Filter::kBox).ok());
  EXPECT_FALSE(make_axis_weights_torch(7, 3, 0, 3, Filter::kHamming).ok());
}

}  // namespace
}  // namespace kite
