// SPDX-License-Identifier: Apache-2.0
// Which of swapped channels, scales and offsets explain a difference, and which differences they must not explain.
#include "cli/verify/channels.h"

#include <gtest/gtest.h>

#include <functional>

namespace kite::cli {
namespace {

// [1,3,4,4]: theirs(c, i) of ours, which is different in each channel.
Tensor planes(const std::function<float(int channel, int i)>& number) {
  Tensor tensor(DType::kFloat32, Shape{1, 3, 4, 4});
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 16; ++i) tensor.as<float>()[c * 16 + i] = number(c, i);
  }
  return tensor;
}

float ours_at(int channel, int i) { return static_cast<float>((i * (channel + 3) * 7) % 19) - 9.0F; }

TEST(FitChannels, finds_reversed_channels) {
  const Tensor theirs = planes([](int c, int i) { return ours_at(2 - c, i); });
  const auto fit = fit_channels(planes(ours_at).view(), theirs.view(), 1);
  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->from, (std::vector<int>{2, 1, 0}));
  EXPECT_TRUE(fit->is_swapped());
  EXPECT_FALSE(fit->is_scaled());
  EXPECT_NE(channel_text(*fit).find("B, G, R"), std::string::npos);
}

TEST(FitChannels, finds_a_scale_and_an_offset_for_each_channel) {
  const Tensor theirs = planes([](int c, int i) { return static_cast<float>(c + 2) * ours_at(c, i) - 0.5F; });
  const auto fit = fit_channels(planes(ours_at).view(), theirs.view(), 1);
  ASSERT_TRUE(fit.has_value());
  EXPECT_FALSE(fit->is_swapped());
  ASSERT_TRUE(fit->is_scaled());
  EXPECT_NEAR(fit->scale[2], 4.0, 1e-6);
  EXPECT_NEAR(fit->offset[0], -0.5, 1e-6);
}

TEST(FitChannels, finds_the_same_along_the_last_axis) {
  Tensor ours(DType::kUInt8, Shape{2, 4, 3});
  Tensor theirs(DType::kUInt8, Shape{2, 4, 3});
  for (int i = 0; i < 24; ++i) ours.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(i * i % 251);
  for (int i = 0; i < 24; ++i) theirs.as<std::uint8_t>()[i] = ours.as<std::uint8_t>()[i - i % 3 + 2 - i % 3];
  const auto fit = fit_channels(ours.view(), theirs.view(), 2);
  ASSERT_TRUE(fit.has_value());
  EXPECT_TRUE(fit->is_swapped());
}

TEST(FitChannels, explains_no_other_difference) {
  const Tensor theirs = planes([](int c, int i) { return ours_at(c, i) + (i == 5 ? 1.0F : 0.0F); });
  EXPECT_FALSE(fit_channels(planes(ours_at).view(), theirs.view(), 1).has_value());
  // A channel of one number fits every line.
  const Tensor flat = planes([](int c, int) { return static_cast<float>(c); });
  EXPECT_FALSE(fit_channels(flat.view(), theirs.view(), 1).has_value());
}

}  // namespace
}  // namespace kite::cli
