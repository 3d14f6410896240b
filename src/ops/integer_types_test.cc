// SPDX-License-Identifier: Apache-2.0
// Arithmetic on the integers of 16 bits and on the unsigned ones: where the sign decides, and where it must not.
#include <cstdint>
#include <limits>
#include <utility>

#include "ops/op_case.h"

namespace kite {
namespace {

template <typename T>
Tensor of(std::initializer_list<T> values) {
  return Tensor::of<T>({static_cast<std::int64_t>(values.size())}, values);
}

template <typename T>
OpCase on(const char* name, std::initializer_list<T> a, std::initializer_list<T> b, int opset = 14) {
  OpCase op(name, opset);
  op.runtime_input(of<T>(a)).runtime_input(of<T>(b));
  return op;
}

constexpr std::uint64_t kHigh = std::uint64_t{1} << 63;
constexpr std::uint32_t kHigh32 = std::uint32_t{1} << 31;

TEST(IntegerTypes, sums_and_products_wrap_in_their_width) {
  auto sum = on<std::uint16_t>("Add", {65535, 1}, {2, 3});
  expect_output<std::uint16_t>(sum, {2}, {1, 4});
  auto difference = on<std::int16_t>("Sub", {-32768, 5}, {1, 7});
  expect_output<std::int16_t>(difference, {2}, {32767, -2});
  auto product = on<std::uint32_t>("Mul", {kHigh32, 3}, {2, 5});
  expect_output<std::uint32_t>(product, {2}, {0, 15});
  auto bits = on<std::uint64_t>("BitwiseXor", {kHigh, 5}, {kHigh, 1}, 18);
  expect_output<std::uint64_t>(bits, {2}, {0, 4});
}

TEST(IntegerTypes, division_and_order_know_the_sign) {
  auto quotient = on<std::uint32_t>("Div", {4294967295U}, {2});
  expect_output<std::uint32_t>(quotient, {1}, {2147483647});
  auto signed_quotient = on<std::int16_t>("Div", {-7, -32768}, {2, -1});
  expect_output<std::int16_t>(signed_quotient, {2}, {-3, -32768});
  auto remainder = on<std::uint16_t>("Mod", {65535}, {10});
  expect_output<std::uint16_t>(remainder, {1}, {5});
  auto less = on<std::uint64_t>("Less", {kHigh, 1}, {1, kHigh});
  expect_output<bool>(less, {2}, {false, true});
  auto greater = on<std::uint16_t>("Greater", {65535, 1}, {1, 65535});
  expect_output<bool>(greater, {2}, {true, false});
  auto at_least = on<float>("GreaterOrEqual", {1, kNaN, 2}, {1, 1, kNaN}, 16);
  expect_output<bool>(at_least, {3}, {true, false, false});
  auto equal = on<std::uint32_t>("Equal", {kHigh32, 1}, {kHigh32, 2});
  expect_output<bool>(equal, {2}, {true, false});
  auto most = on<std::uint32_t>("Max", {kHigh32}, {1});
  expect_output<std::uint32_t>(most, {1}, {kHigh32});
  auto least = on<std::int16_t>("Min", {-5}, {4});
  expect_output<std::int16_t>(least, {1}, {-5});
}

TEST(IntegerTypes, one_input_is_mapped_by_its_sign) {
  expect_output<std::int16_t>(OpCase("Abs", 13).runtime_input(of<std::int16_t>({-5, 3})), {2}, {5, 3});
  expect_output<std::uint16_t>(OpCase("Abs", 13).runtime_input(of<std::uint16_t>({65535})), {1}, {65535});
  expect_output<std::int16_t>(OpCase("Neg", 13).runtime_input(of<std::int16_t>({-5})), {1}, {5});
  expect_output<std::uint64_t>(OpCase("Sign", 13).runtime_input(of<std::uint64_t>({kHigh, 0})), {2}, {1, 0});
  expect_output<std::uint16_t>(OpCase("BitwiseNot", 18).runtime_input(of<std::uint16_t>({1})), {1}, {65534});
  expect_output<std::uint32_t>(OpCase("Clip", 13)
                                   .runtime_input(of<std::uint32_t>({kHigh32, 1}))
                                   .runtime_input(Tensor::of<std::uint32_t>({}, {5})),
                               {2}, {kHigh32, 5});
}

TEST(IntegerTypes, powers_take_exponents_of_every_type) {
  OpCase whole("Pow", 15);
  whole.runtime_input(of<std::int32_t>({2, -1, 3})).runtime_input(of<std::uint16_t>({3, 65535, 0}));
  expect_output<std::int32_t>(whole, {3}, {8, -1, 1});
  OpCase real("Pow", 15);
  real.runtime_input(floats({2}, {2, 0.5F})).runtime_input(of<std::int16_t>({-1, 2}));
  expect_output(real, {2}, {0.5F, 0.25F});
  OpCase large("Pow", 15);  // 3^(2^63) wraps to 1 in 64 bits
  large.runtime_input(of<std::int64_t>({3})).runtime_input(of<std::uint64_t>({kHigh}));
  expect_output<std::int64_t>(large, {1}, {1});
}

TEST(IntegerTypes, reductions_and_products_of_matrices_wrap_and_divide_by_their_sign) {
  const auto all = [](const char* name, int opset) {
    OpCase op(name, opset);
    op.attr("keepdims", 0).runtime_input(of<std::uint32_t>({kHigh32, kHigh32, 6}));
    return op;
  };
  auto sum = all("ReduceSum", 13);
  expect_output<std::uint32_t>(sum, {}, {6});
  auto mean = all("ReduceMean", 18);
  expect_output<std::uint32_t>(mean, {}, {1431655767});  // (2^32 + 6) / 3, rounded down
  auto most = all("ReduceMax", 18);
  expect_output<std::uint32_t>(most, {}, {kHigh32});
  OpCase product("MatMul", 13);
  product.runtime_input(Tensor::of<std::uint32_t>({1, 2}, {kHigh32, 3}))
      .runtime_input(Tensor::of<std::uint32_t>({2, 1}, {3, 1}));
  expect_output<std::uint32_t>(product, {1, 1}, {kHigh32 + 3});
  OpCase best("ArgMax", 13);
  best.attr("keepdims", 0).runtime_input(of<std::uint16_t>({1, 65535, 7}));
  expect_output<std::int64_t>(best, {}, {1});
  OpCase range("Range", 11);
  range.input(Tensor::of<std::int16_t>({}, {5}))
      .input(Tensor::of<std::int16_t>({}, {-2}))
      .input(Tensor::of<std::int16_t>({}, {-3}));
  expect_output<std::int16_t>(range, {3}, {5, 2, -1});
}

TEST(IntegerTypes, narrow_ones_are_moved_but_not_computed_with) {
  const Tensor x = Tensor::of<Int4>({2, 2}, {Int4{-8}, Int4{7}, Int4{0}, Int4{1}});
  const auto turned = OpCase("Transpose", 25).runtime_input(Tensor::copy_of(x.view())).run();
  ASSERT_TRUE(turned.ok()) << turned.error().message();
  EXPECT_EQ((*turned)[0].dtype(), DType::kInt4);
  EXPECT_EQ((*turned)[0].as<Int4>()[1].value, 0);
  EXPECT_EQ((*turned)[0].as<Int4>()[2].value, 7);
  expect_error(OpCase("Add", 14).runtime_input(Tensor::copy_of(x.view())).runtime_input(Tensor::copy_of(x.view())),
               ErrorCode::kUnsupportedModel, "input 0 is int4, supported are");
}

TEST(SpaceToDepth, orders_the_channels_as_its_mode_says) {
  const auto turned = [](const char* mode) {
    OpCase op("SpaceToDepth", 28);
    op.attr("blocksize", 2).attr("mode", mode).runtime_input(iota({1, 2, 2, 2}));
    return op;
  };
  auto depth_first = turned("DCR");
  expect_output(depth_first, {1, 8, 1, 1}, {0, 4, 1, 5, 2, 6, 3, 7});
  auto columns_first = turned("CRD");
  expect_output(columns_first, {1, 8, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7});
  auto neither = turned("RCD");
  expect_error(neither, ErrorCode::kInvalidModel, "expected DCR or CRD");
}

}  // namespace
}  // namespace kite
