// SPDX-License-Identifier: Apache-2.0
// Cast between every two element types.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "ops/op_case.h"
#include "tensor/widen.h"

namespace kite {
namespace {

constexpr int kOnnxFloat = 1;
constexpr int kOnnxUInt8 = 2;
constexpr int kOnnxInt8 = 3;
constexpr int kOnnxInt32 = 6;
constexpr int kOnnxInt64 = 7;
constexpr int kOnnxBool = 9;
constexpr int kOnnxDouble = 11;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(Cast, floats_are_cut_towards_zero) {
  expect_output<std::int64_t>(
      OpCase("Cast").attr("to", kOnnxInt64).runtime_input(floats({4}, {1.9F, -1.9F, 0.5F, -0.0F})), {4}, {1, -1, 0, 0});
}

TEST(Cast, floats_that_do_not_fit_saturate_and_nan_is_zero) {
  const auto values = [] { return floats({6}, {kNaN, kInf, -kInf, 1e30F, -1e30F, 300}); };
  OpCase to_int64("Cast");
  to_int64.attr("to", kOnnxInt64).runtime_input(values());
  const auto wide = to_int64.run();
  ASSERT_TRUE(wide.ok());
  const std::int64_t expected[] = {0, kMost, kLeast, kMost, kLeast, 300};
  for (int i = 0; i < 6; ++i) EXPECT_EQ((*wide)[0].as<std::int64_t>()[i], expected[i]) << i;
  expect_output<std::int8_t>(OpCase("Cast").attr("to", kOnnxInt8).runtime_input(values()), {6},
                             {0, 127, -128, 127, -128, 127});
  expect_output<std::uint8_t>(OpCase("Cast").attr("to", kOnnxUInt8).runtime_input(values()), {6},
                              {0, 255, 0, 255, 0, 255});
  expect_output<std::int32_t>(OpCase("Cast").attr("to", kOnnxInt32).runtime_input(values()), {6},
                              {0, 2147483647, -2147483647 - 1, 2147483647, -2147483647 - 1, 300});
}

TEST(Cast, the_first_value_past_the_range_saturates) {
  expect_output<std::int8_t>(OpCase("Cast").attr("to", kOnnxInt8).runtime_input(floats({2}, {128, -128})), {2},
                             {127, -128});
  const auto wide = OpCase("Cast").attr("to", kOnnxInt64).runtime_input(floats({2}, {0x1p63F, -0x1p63F})).run();
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ((*wide)[0].as<std::int64_t>()[0], kMost);
  EXPECT_EQ((*wide)[0].as<std::int64_t>()[1], kLeast);
}

TEST(Cast, integers_wrap_to_narrower_ones) {
  expect_output<std::int32_t>(
      OpCase("Cast").attr("to", kOnnxInt32).runtime_input(ints({2}, {(std::int64_t{1} << 32) + 5, -1})), {2}, {5, -1});
  expect_output<std::uint8_t>(OpCase("Cast").attr("to", kOnnxUInt8).runtime_input(ints({2}, {-1, 257})), {2}, {255, 1});
}

TEST(Cast, anything_but_zero_is_true) {
  expect_output<bool>(OpCase("Cast").attr("to", kOnnxBool).runtime_input(floats({4}, {0, -0.0F, kNaN, 0.1F})), {4},
                      {false, false, true, true});
  expect_output(OpCase("Cast").attr("to", kOnnxFloat).runtime_input(Tensor::of<bool>({2}, {true, false})), {2}, {1, 0});
}

TEST(Cast, a_foreign_bool_byte_counts_as_one) {
  Tensor truth(DType::kBool, {2});
  truth.as<std::uint8_t>()[0] = 200;
  expect_output<std::int64_t>(OpCase("Cast").attr("to", kOnnxInt64).runtime_input(std::move(truth)), {2}, {1, 0});
}

TEST(Cast, every_pair_of_types_keeps_small_numbers) {
  const int types[] = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 21, 22, 25, 26};
  for (const int from : types) {
    for (const int to : types) {
      const auto first = OpCase("Cast").attr("to", from).runtime_input(floats({2}, {0, 1})).run();
      ASSERT_TRUE(first.ok());
      const auto second = OpCase("Cast").attr("to", to).runtime_input(Tensor::copy_of((*first)[0].view())).run();
      ASSERT_TRUE(second.ok());
      const auto back = OpCase("Cast").attr("to", kOnnxFloat).runtime_input(Tensor::copy_of((*second)[0].view())).run();
      ASSERT_TRUE(back.ok());
      expect_elements<float>((*back)[0], {2}, {0, 1});
    }
  }
}

TEST(Cast, to_a_type_that_is_not_held_is_unsupported) {
  for (const int to : {0, 8, 14, 17, 23, 99, -1}) {
    expect_error(OpCase("Cast").attr("to", to).runtime_input(iota({1})), ErrorCode::kUnsupportedModel,
                 "attribute 'to' is " + std::to_string(to));
  }
  expect_error(OpCase("Cast").runtime_input(iota({1})), ErrorCode::kInvalidModel, "'to' is missing");
}

TEST(Cast, narrow_integers_take_the_lowest_bits) {
  const auto cast = [](int to, Tensor x) {
    const auto narrow = OpCase("Cast", 25).attr("to", to).runtime_input(std::move(x)).run();
    EXPECT_TRUE(narrow.ok());
    std::vector<double> numbers(static_cast<std::size_t>((*narrow)[0].shape().elements()));
    widen((*narrow)[0].dtype(), (*narrow)[0].view().data, numbers);
    return numbers;
  };
  using Doubles = std::vector<double>;
  EXPECT_EQ(cast(22, ints({5}, {-9, -8, 7, 8, 300})), (Doubles{7, -8, 7, -8, -4}));
  EXPECT_EQ(cast(21, ints({4}, {-1, 15, 16, 300})), (Doubles{15, 15, 0, 12}));
  EXPECT_EQ(cast(26, ints({4}, {-3, -2, 1, 2})), (Doubles{1, -2, 1, -2}));
  EXPECT_EQ(cast(25, ints({3}, {-1, 3, 4})), (Doubles{3, 3, 0}));
  EXPECT_EQ(cast(22, floats({4}, {-8.9F, -0.6F, 7.5F, 9})), (Doubles{-8, 0, 7, -7}));
  EXPECT_EQ(cast(11, Tensor::of<Int4>({2}, {Int4{-8}, Int4{7}})), (Doubles{-8, 7}));
}

TEST(Cast, unsigned_integers_keep_their_highest_bit) {
  constexpr std::uint64_t kTwoHighBits = std::uint64_t{3} << 62;
  const auto high = [] { return Tensor::of<std::uint64_t>({1}, {kTwoHighBits}); };
  expect_output(OpCase("Cast").attr("to", 1).runtime_input(high()), {1}, {0x1.8p63F});
  expect_output<double>(OpCase("Cast").attr("to", 11).runtime_input(high()), {1}, {0x1.8p63});
  expect_output<std::int64_t>(OpCase("Cast").attr("to", 7).runtime_input(high()), {1}, {-(std::int64_t{1} << 62)});
  expect_output<std::uint64_t>(OpCase("Cast").attr("to", 13).runtime_input(Tensor::of<double>({2}, {0x1.8p63, -1})),
                               {2}, {kTwoHighBits, 0});
  expect_output<std::uint32_t>(OpCase("Cast").attr("to", 12).runtime_input(ints({2}, {-1, 7})), {2}, {4294967295U, 7});
}

TEST(Cast, more_numbers_than_a_block_are_cast_by_way_of_a_wide_type) {
  Tensor x = iota<std::int16_t>({1000}, -500);
  const auto y = OpCase("Cast").attr("to", 11).runtime_input(std::move(x)).run_shared(3);
  ASSERT_TRUE(y.ok()) << y.error().message();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ((*y)[0].as<double>()[i], i - 500) << i;
}

TEST(Cast, to_half_precision_and_back) {
  OpCase narrow = OpCase("Cast");
  narrow.attr("to", 10).runtime_input(floats({4}, {1.5F, -65504, 1e6F, kNaN}));
  auto half = narrow.run();
  ASSERT_TRUE(half.ok()) << half.error().message();
  EXPECT_EQ((*half)[0].dtype(), DType::kFloat16);
  expect_output(OpCase("Cast").attr("to", 1).runtime_input(std::move((*half)[0])), {4}, {1.5F, -65504, kInf, kNaN});
  expect_output<std::int64_t>(OpCase("Cast").attr("to", 7).runtime_input(Tensor::of<BFloat16>({1}, {{0xc040}})), {1},
                              {-3});
}

}  // namespace
}  // namespace kite
