// SPDX-License-Identifier: Apache-2.0
// Half-precision numbers: every bit pattern there and back, and the roundings between them.
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "tensor/convert.h"

namespace kite {
namespace {

TEST(Half, every_float16_comes_back) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const Float16 half{static_cast<std::uint16_t>(bits)};
    const float value = to_float(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(to_half<Float16>(value)))) << bits;
    } else {
      EXPECT_EQ(to_half<Float16>(value).bits, bits);
    }
  }
}

TEST(Half, every_bfloat16_comes_back) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const float value = to_float(BFloat16{static_cast<std::uint16_t>(bits)});
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(to_half<BFloat16>(value)))) << bits;
    } else {
      EXPECT_EQ(to_half<BFloat16>(value).bits, bits);
    }
  }
}

TEST(Half, float16_values_are_those_of_the_format) {
  EXPECT_EQ(to_float(Float16{0x3c00}), 1.0F);
  EXPECT_EQ(to_float(Float16{0xfbff}), -65504.0F);
  EXPECT_EQ(to_float(Float16{0x0001}), 0x1p-24F);
  EXPECT_EQ(to_float(Float16{0x0400}), 0x1p-14F);
  EXPECT_EQ(to_float(Float16{0x7c00}), std::numeric_limits<float>::infinity());
}

// Between any two neighbours: below the middle to the lower, above it to the upper, the middle to the even one.
TEST(Half, float16_rounds_to_the_nearest_and_ties_to_even) {
  for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {
    const auto above = static_cast<std::uint16_t>(bits + 1);
    const float middle = (to_float(Float16{bits}) + to_float(Float16{above})) / 2;
    EXPECT_EQ(to_half<Float16>(std::nextafter(middle, 0.0F)).bits, bits);
    EXPECT_EQ(to_half<Float16>(std::nextafter(middle, 1e6F)).bits, above);
    EXPECT_EQ(to_half<Float16>(middle).bits, bits % 2 == 0 ? bits : above);
  }
}

TEST(Half, what_is_too_large_for_float16_is_infinite) {
  EXPECT_EQ(to_half<Float16>(65519.996F).bits, 0x7bff);
  EXPECT_EQ(to_half<Float16>(65520.0F).bits, 0x7c00);
  EXPECT_EQ(to_half<Float16>(-1e30F).bits, 0xfc00);
}

TEST(Half, bfloat16_rounds_to_the_nearest_and_ties_to_even) {
  EXPECT_EQ(to_half<BFloat16>(1.0F + 0x1p-8F).bits, 0x3f80);
  EXPECT_EQ(to_half<BFloat16>(1.0F + 0x3p-8F).bits, 0x3f82);
  EXPECT_EQ(to_half<BFloat16>(std::numeric_limits<float>::max()).bits, 0x7f80);
}

TEST(Half, whole_tensors_are_converted_from_any_address) {
  const Tensor narrow = Tensor::of<Float16>({2}, {{0x3c00}, {0xfbff}});
  std::byte shifted[5];
  std::memcpy(shifted + 1, narrow.view().data, 4);
  const Tensor wide = converted({narrow.type(), shifted + 1}, DType::kFloat64);
  EXPECT_EQ(wide.as<double>()[0], 1.0);
  EXPECT_EQ(wide.as<double>()[1], -65504.0);
  EXPECT_EQ(converted(wide.view(), DType::kBFloat16).as<BFloat16>()[1].bits, 0xc780);
}

}  // namespace
}  // namespace kite
