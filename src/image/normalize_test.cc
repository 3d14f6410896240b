// SPDX-License-Identifier: Apache-2.0
// The tables hold the results of float32 arithmetic in the stated order; layouts and channel orders only move values.
#include "image/normalize.h"

#include <cstring>

#include <gtest/gtest.h>

namespace kite {
namespace {

std::uint32_t bits(float value) {
  std::uint32_t result = 0;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

TEST(Normalize, table_is_torchvisions_float32_order_of_operations) {
  Normalization normalization;
  normalization.mean = {0.485, 0.456, 0.406};
  normalization.std = {0.229, 0.224, 0.225};
  const ChannelTables tables = make_tables(normalization);
  // From torchvision 0.29: Normalize(ToTensor(v)) for v = 0, 1, 128, 255 of the first channel.
  EXPECT_EQ(bits(tables[0][0]), bits(-2.1179039478302F));
  EXPECT_EQ(bits(tables[0][255]), bits(2.2489082813262939F));
  for (std::size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(normalization.mean[c]);
    const auto deviation = static_cast<float>(normalization.std[c]);
    for (std::size_t v = 0; v < 256; ++v) {
      volatile float unit = static_cast<float>(v) / 255.0F;  // volatile: rounded to float32 at each step
      volatile float centred = unit - mean;
      ASSERT_EQ(bits(tables[c][v]), bits(centred / deviation));
    }
  }
}

TEST(Normalize, a_factor_is_multiplied_in_double_and_then_rounded) {
  Normalization normalization;
  normalization.arithmetic = Arithmetic::kHuggingFace;
  const ChannelTables factor = make_tables(normalization);
  normalization.arithmetic = Arithmetic::kTorchvision;
  const ChannelTables divided = make_tables(normalization);
  int differing = 0;
  for (std::size_t v = 0; v < 256; ++v) {
    EXPECT_EQ(bits(factor[0][v]), bits(static_cast<float>(static_cast<double>(v) * (1.0 / 255.0))));
    differing += bits(factor[0][v]) != bits(divided[0][v]);
  }
  EXPECT_EQ(divided[0][255], 1.0F);
  normalization.arithmetic = Arithmetic::kHuggingFace;
  normalization.rescale = 1.0;
  EXPECT_EQ(make_tables(normalization)[2][200], 200.0F);
}

TEST(Normalize, layout_and_channel_order_place_the_values) {
  Image image = Image::make({2, 1}).value();
  const std::uint8_t rgb[] = {255, 0, 51, 102, 153, 204};
  std::memcpy(image.row(0), rgb, sizeof rgb);
  Normalization plain;
  const ChannelTables tables = make_tables(plain);
  const auto unit = [](int v) { return static_cast<float>(v) / 255.0F; };

  const TensorForm form;
  TensorForm last;
  last.axes = "NHWC";
  const Tensor planes = to_tensor(image, tables, ChannelOrder::kRgb, form);
  EXPECT_EQ(planes.shape(), (Shape{1, 3, 1, 2}));
  const int nchw[] = {255, 102, 0, 153, 51, 204};
  const int nhwc[] = {255, 0, 51, 102, 153, 204};
  const int bgr[] = {51, 204, 0, 153, 255, 102};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(planes.as<float>()[i], unit(nchw[i]));
  const Tensor pixels = to_tensor(image, tables, ChannelOrder::kRgb, last);
  EXPECT_EQ(pixels.shape(), (Shape{1, 1, 2, 3}));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(pixels.as<float>()[i], unit(nhwc[i]));
  const Tensor reversed = to_tensor(image, tables, ChannelOrder::kBgr, form);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(reversed.as<float>()[i], unit(bgr[i]));
}

}  // namespace
}  // namespace kite
