// SPDX-License-Identifier: Apache-2.0
#include "tensor/widen.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "tensor/half.h"

namespace kite {
namespace {

std::vector<double> numbers_of(const Tensor& tensor) {
  std::vector<double> numbers(static_cast<std::size_t>(tensor.shape().elements()));
  widen(tensor.dtype(), tensor.view().data, numbers);
  return numbers;
}

using Numbers = std::vector<double>;

TEST(Widen, reads_the_ends_of_every_type) {
  EXPECT_EQ(numbers_of(Tensor::of<float>({2}, {-0.5F, 3e38F})), (Numbers{-0.5, static_cast<double>(3e38F)}));
  EXPECT_EQ(numbers_of(Tensor::of<double>({1}, {1e300})), (Numbers{1e300}));
  EXPECT_EQ(numbers_of(Tensor::of<Float16>({1}, {to_half<Float16>(-2.5F)})), (Numbers{-2.5}));
  EXPECT_EQ(numbers_of(Tensor::of<BFloat16>({1}, {to_half<BFloat16>(1e30F)}))[0],
            static_cast<double>(to_float(to_half<BFloat16>(1e30F))));
  EXPECT_EQ(numbers_of(Tensor::of<std::int64_t>({1}, {-(std::int64_t{1} << 53)})), (Numbers{-0x1p53}));
  EXPECT_EQ(numbers_of(Tensor::of<std::uint64_t>({1}, {std::uint64_t{1} << 63})), (Numbers{0x1p63}));
  EXPECT_EQ(numbers_of(Tensor::of<std::int32_t>({1}, {-5})), (Numbers{-5}));
  EXPECT_EQ(numbers_of(Tensor::of<std::uint32_t>({1}, {4294967295U})), (Numbers{4294967295.0}));
  EXPECT_EQ(numbers_of(Tensor::of<std::int16_t>({1}, {-32768})), (Numbers{-32768}));
  EXPECT_EQ(numbers_of(Tensor::of<std::uint16_t>({1}, {65535})), (Numbers{65535}));
  EXPECT_EQ(numbers_of(Tensor::of<std::int8_t>({1}, {-128})), (Numbers{-128}));
  EXPECT_EQ(numbers_of(Tensor::of<std::uint8_t>({1}, {255})), (Numbers{255}));
  EXPECT_EQ(numbers_of(Tensor::of<bool>({2}, {true, false})), (Numbers{1, 0}));
  EXPECT_EQ(numbers_of(Tensor::of<Int4>({2}, {Int4{-8}, Int4{7}})), (Numbers{-8, 7}));
  EXPECT_EQ(numbers_of(Tensor::of<UInt4>({1}, {UInt4{15}})), (Numbers{15}));
  EXPECT_EQ(numbers_of(Tensor::of<Int2>({1}, {Int2{-2}})), (Numbers{-2}));
  EXPECT_EQ(numbers_of(Tensor::of<UInt2>({1}, {UInt2{3}})), (Numbers{3}));
}

TEST(Widen, reads_at_any_address) {
  const auto tensor = Tensor::of<std::uint16_t>({3}, {0x0100, 0x0302, 0x0504});
  std::vector<double> number(1);
  widen(DType::kUInt16, tensor.view().data + 1, number);
  EXPECT_EQ(number[0], 0x0201);
}

}  // namespace
}  // namespace kite
