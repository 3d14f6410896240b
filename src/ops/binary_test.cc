// SPDX-License-Identifier: Apache-2.0
// The operators on pairs of elements: broadcasting, integers that wrap, divisions that cannot be done.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <utility>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Add, broadcasts_both_operands) {
  expect_output(OpCase("Add").input(floats({2, 1}, {10, 20})).input(floats({3}, {1, 2, 3})), {2, 3},
                {11, 12, 13, 21, 22, 23});
  expect_output(OpCase("Add").input(scalar(1)).input(floats({1, 2}, {1, 2})), {1, 2}, {2, 3});
}

TEST(Add, of_a_channel_vector_to_a_picture) {
  expect_output(OpCase("Add").input(iota({1, 2, 2, 2})).input(floats({2, 1, 1}, {100, 200})), {1, 2, 2, 2},
                {100, 101, 102, 103, 204, 205, 206, 207});
}

TEST(Add, of_empty_tensors_is_empty) {
  expect_output(OpCase("Add").input(Tensor(DType::kFloat32, {0, 2})).input(iota({2})), {0, 2}, {});
}

TEST(Add, wraps_integers) {
  constexpr std::int32_t kTop = std::numeric_limits<std::int32_t>::max();
  expect_output<std::int32_t>(
      OpCase("Add").input(Tensor::of<std::int32_t>({2}, {kTop, -1})).input(Tensor::of<std::int32_t>({}, {1})), {2},
      {std::numeric_limits<std::int32_t>::min(), 0});
  expect_output<std::uint8_t>(
      OpCase("Add", 14).input(Tensor::of<std::uint8_t>({1}, {250})).input(Tensor::of<std::uint8_t>({1}, {10})), {1},
      {4});
}

TEST(Add, rejects_shapes_that_do_not_broadcast) {
  expect_error(OpCase("Add").input(iota({2, 3})).input(iota({2})), ErrorCode::kInvalidModel,
               "shapes [2,3] and [2] do not broadcast");
}

TEST(Add, rejects_mixed_element_types) {
  expect_error(OpCase("Add").input(iota({2})).input(iota<double>({2})), ErrorCode::kInvalidModel, "float64");
}

TEST(Add, rejects_bool) {
  expect_error(OpCase("Add").input(Tensor::of<bool>({1}, {true})).input(Tensor::of<bool>({1}, {true})),
               ErrorCode::kUnsupportedModel, "bool");
}

TEST(Add, rejects_a_broadcast_beyond_the_element_limit) {
  // Two operands of no bytes at all that would make 2^41 elements.
  expect_error(OpCase("Add")
                   .input(Tensor(DType::kInt8, {std::int64_t{1} << 21, 1}))
                   .input(Tensor(DType::kInt8, {std::int64_t{1} << 20})),
               ErrorCode::kLimit, "2^40");
}

TEST(Sub, is_ordered) {
  expect_output(OpCase("Sub").input(floats({3}, {5, 6, 7})).input(scalar(1)), {3}, {4, 5, 6});
  expect_output(OpCase("Sub").input(scalar(1)).input(floats({3}, {5, 6, 7})), {3}, {-4, -5, -6});
  expect_output<std::int64_t>(
      OpCase("Sub").input(ints({1}, {std::numeric_limits<std::int64_t>::min()})).input(ints({1}, {1})), {1},
      {std::numeric_limits<std::int64_t>::max()});
}

TEST(Mul, multiplies_and_wraps) {
  expect_output(OpCase("Mul").input(floats({2, 2}, {1, 2, 3, 4})).input(floats({2}, {10, -1})), {2, 2},
                {10, -2, 30, -4});
  expect_output<std::int32_t>(
      OpCase("Mul").input(Tensor::of<std::int32_t>({1}, {1 << 30})).input(Tensor::of<std::int32_t>({1}, {4})), {1},
      {0});
  expect_output<double>(OpCase("Mul").input(iota<double>({2}, 0.5)).input(iota<double>({2}, 2)), {2}, {1, 4.5});
}

TEST(Div, of_floats_follows_ieee) {
  expect_output(OpCase("Div").input(floats({3}, {1, -1, 0})).input(scalar(0)), {3}, {kInf, -kInf, kNaN});
}

TEST(Div, of_integers_cuts_towards_zero) {
  expect_output<std::int64_t>(OpCase("Div").input(ints({4}, {7, -7, 7, -7})).input(ints({4}, {2, 2, -2, -2})), {4},
                              {3, -3, -3, 3});
}

TEST(Div, of_the_lowest_integer_by_minus_one_wraps) {
  constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  expect_output<std::int64_t>(OpCase("Div").input(ints({1}, {kLow})).input(ints({1}, {-1})), {1}, {kLow});
  expect_output<std::int8_t>(
      OpCase("Div", 14).input(Tensor::of<std::int8_t>({1}, {-128})).input(Tensor::of<std::int8_t>({1}, {-1})), {1},
      {-128});
}

TEST(Div, of_integers_by_zero_is_an_error) {
  expect_error(OpCase("Div").runtime_input(ints({2}, {1, 2})).runtime_input(ints({2}, {1, 0})),
               ErrorCode::kInvalidInput, "division by zero");
}

TEST(Equal, compares_every_type) {
  expect_output<bool>(OpCase("Equal", 13).input(floats({3}, {1, kNaN, 2})).input(floats({3}, {1, kNaN, 3})), {3},
                      {true, false, false});
  expect_output<bool>(OpCase("Equal", 7).input(ints({2, 1}, {1, 2})).input(ints({2}, {1, 2})), {2, 2},
                      {true, false, false, true});
  expect_output<bool>(
      OpCase("Equal", 19).input(Tensor::of<bool>({2}, {true, false})).input(Tensor::of<bool>({}, {false})), {2},
      {false, true});
}

TEST(Equal, takes_every_byte_but_0_for_true) {
  Tensor a = Tensor::of<bool>({2}, {true, false});
  a.as<std::uint8_t>()[0] = 2;
  expect_output<bool>(OpCase("Equal", 13).input(std::move(a)).input(Tensor::of<bool>({}, {true})), {2}, {true, false});
}

TEST(Equal, rejects_mixed_element_types) {
  expect_error(OpCase("Equal").input(ints({1}, {1})).input(iota({1})), ErrorCode::kInvalidModel, "element type");
}

TEST(Pow, of_floats) {
  expect_output(OpCase("Pow").input(floats({4}, {2, -2, 9, -1})).input(floats({4}, {3, 2, 0.5F, 0.5F})), {4},
                {8, 4, 3, kNaN});
  expect_output(OpCase("Pow").input(floats({3}, {1, 2, 3})).input(scalar(2)), {3}, {1, 4, 9});
}

TEST(Pow, keeps_the_base_type_when_the_exponent_has_another) {
  expect_output(OpCase("Pow", 12).input(floats({3}, {1, 2, 3})).input(ints({3}, {4, 5, -1})), {3}, {1, 32, 1.0F / 3});
  expect_output<std::int64_t>(OpCase("Pow", 12).input(ints({3}, {1, 2, 3})).input(floats({3}, {4, 5, 0.5F})), {3},
                              {1, 32, 1});
}

TEST(Pow, of_integers_is_exact_and_wraps) {
  expect_output<std::int64_t>(OpCase("Pow", 13).input(ints({4}, {3, -3, 0, 2})).input(ints({4}, {39, 3, 0, 64})), {4},
                              {4052555153018976267, -27, 1, 0});
}

TEST(Pow, of_integers_to_a_negative_power_cuts_the_fraction) {
  expect_output<std::int64_t>(
      OpCase("Pow", 13).input(ints({5}, {2, 1, -1, -1, 0})).input(ints({5}, {-1, -5, -2, -3, -1})), {5},
      {0, 1, 1, -1, 0});
}

TEST(Pow, of_an_integer_that_does_not_fit_saturates) {
  expect_output<std::int32_t>(
      OpCase("Pow", 13).input(Tensor::of<std::int32_t>({3}, {10, -10, -8})).input(floats({3}, {99, 99, 0.5F})), {3},
      {std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::min(), 0});
}

TEST(Pow, before_opset_12_rejects_mixed_types) {
  expect_error(OpCase("Pow", 7).input(iota({1})).input(ints({1}, {1})), ErrorCode::kInvalidModel, "element type");
}

}  // namespace
}  // namespace kite
