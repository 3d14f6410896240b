// SPDX-License-Identifier: Apache-2.0
// The bytes that torch 2.15 gave (torchvision.transforms.v2.functional.resize of a uint8 tensor).
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

std::vector<int> resized(Size size, Filter filter, Resampler resampler) {
  const Image image = pattern();
  std::vector<std::uint8_t> out(static_cast<std::size_t>(size.width * size.height * 3));
  auto resizer = RowResizer::make(image.size(), size, {0, 0, size.width, size.height}, filter, out.data(),
                                  size.width * 3, resampler);
  if (!resizer.ok()) return {};
  for (std::int64_t y = resizer->first_row(); y < resizer->end_row(); ++y) resizer->push(y, image.row(y));
  return {out.begin(), out.end()};
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
  for (const auto& [filter, bytes] : cases) {
    EXPECT_EQ(resized({3, 4}, filter, Resampler::kTorch), bytes) << filter_name(filter);
  }
}

TEST(ResizeTorch, gives_the_bytes_of_torch_without_antialiasing) {
  struct Golden {
    Filter filter;
    Size size;
    std::vector<int> bytes;
  };
  const Golden goldens[] = {
      {Filter::kBilinear, {3, 4}, {58,  135, 61,  181, 157, 101, 73,  140, 208, 161, 116, 103,
                                   127, 205, 124, 117, 127, 105, 155, 149, 174, 123, 80,  198,
                                   169, 164, 75,  189, 157, 201, 170, 6,   98,  155, 103, 42}},
      {Filter::kBilinear, {2, 6}, {111, 166, 30,  122, 170, 219, 142, 124, 107, 154, 130, 155,
                                   158, 134, 100, 99,  143, 102, 127, 156, 121, 97,  194, 72,
                                   115, 174, 186, 151, 204, 50,  221, 208, 196, 116, 96,  13}},
      {Filter::kBicubic, {3, 4}, {41,  144, 60,  183, 156, 100, 60,  133, 205, 179, 116, 98,
                                  120, 224, 119, 123, 136, 82,  160, 142, 184, 116, 77,  217,
                                  189, 182, 51,  198, 161, 199, 171, 4,   96,  172, 97,  38}},
      {Filter::kBicubic, {2, 6}, {115, 184, 12,  124, 176, 223, 146, 123, 127, 182, 125, 162,
                                  170, 131, 88,  88,  140, 85,  109, 157, 96,  77,  225, 46,
                                  95,  180, 199, 163, 228, 31,  243, 237, 197, 114, 89,  0}},
  };
  for (const auto& [filter, size, bytes] : goldens) {
    EXPECT_EQ(resized(size, filter, Resampler::kTorchAliased), bytes)
        << filter_name(filter) << " " << size.width << "x" << size.height;
  }
  EXPECT_EQ(resized({3, 4}, Filter::kNearest, Resampler::kTorchAliased),
            resized({3, 4}, Filter::kNearest, Resampler::kTorch));
}

TEST(ResizeTorch, has_no_box_and_no_hamming_filter) {
  EXPECT_FALSE(make_axis_weights_torch(7, 3, 0, 3, Filter::kBox).ok());
  EXPECT_FALSE(make_axis_weights_torch(7, 3, 0, 3, Filter::kHamming).ok());
  EXPECT_FALSE(make_axis_weights_torch_aliased(7, 3, 0, 3, Filter::kLanczos).ok());
}

}  // namespace
}  // namespace kite
