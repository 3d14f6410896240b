// SPDX-License-Identifier: Apache-2.0
// Constant, ConstantOfShape, Shape and Range: the sources of shape arithmetic.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Constant, holds_a_tensor_a_scalar_or_a_list) {
  const Tensor tensor = floats({2}, {1, 2});
  expect_output(OpCase("Constant").attr("value", tensor.view()), {2}, {1, 2});
  expect_output(OpCase("Constant").attr("value_float", 1.5F), {}, {1.5F});
  expect_output<std::int64_t>(OpCase("Constant").attr("value_int", 7), {}, {7});
  expect_output<std::int64_t>(OpCase("Constant").attr("value_ints", std::vector<std::int64_t>{3, 4}), {2}, {3, 4});
  expect_output<std::int64_t>(OpCase("Constant").attr("value_ints", std::vector<std::int64_t>{}), {0}, {});
}

TEST(Constant, rejects_no_value_two_values_and_a_value_of_another_type) {
  OpCase without("Constant");
  expect_error(without, ErrorCode::kUnsupportedModel, "no attribute value");
  expect_error(OpCase("Constant").attr("value_int", 7).attr("value_float", 1.0F), ErrorCode::kInvalidModel,
               "more than one");
  expect_error(OpCase("Constant").attr("value_float", 7), ErrorCode::kInvalidModel, "'value_float'");
}

TEST(ConstantOfShape, is_float_zero_unless_told) {
  expect_output(OpCase("ConstantOfShape").input(ints({2}, {1, 3})), {1, 3}, {0, 0, 0});
  const Tensor value = Tensor::of<std::int64_t>({1}, {-5});
  expect_output<std::int64_t>(OpCase("ConstantOfShape").attr("value", value.view()).input(ints({1}, {3})), {3},
                              {-5, -5, -5});
  const Tensor truth = Tensor::of<bool>({1}, {true});
  expect_output<bool>(OpCase("ConstantOfShape").attr("value", truth.view()).input(ints({1}, {2})), {2}, {true, true});
  expect_output(OpCase("ConstantOfShape").input(Tensor(DType::kInt64, {0})), {}, {0});
}

TEST(ConstantOfShape, refuses_bombs) {
  expect_error(OpCase("ConstantOfShape").input(ints({2}, {1 << 20, 1 << 22})), ErrorCode::kLimit, "2^40");
  expect_error(OpCase("ConstantOfShape").input(ints({2}, {1 << 20, 1 << 18})), ErrorCode::kLimit,
               "needs 1099511627776 bytes");
  expect_error(OpCase("ConstantOfShape").input(ints({1}, {-1})), ErrorCode::kInvalidModel, "negative");
  expect_error(OpCase("ConstantOfShape").runtime_input(ints({1}, {2})), ErrorCode::kUnsupportedModel,
               "only known at run time");
}

TEST(ConstantOfShape, rejects_a_value_of_several_elements) {
  const Tensor value = floats({2}, {1, 2});
  expect_error(OpCase("ConstantOfShape").attr("value", value.view()).input(ints({1}, {3})), ErrorCode::kInvalidModel,
               "one element");
}

TEST(Shape, lists_the_dimensions) {
  expect_output<std::int64_t>(OpCase("Shape").runtime_input(iota({4, 3, 2})), {3}, {4, 3, 2});
  expect_output<std::int64_t>(OpCase("Shape").runtime_input(scalar(1)), {0}, {});
}

TEST(Shape, start_and_end_are_clamped) {
  const auto between = [](std::int64_t start, std::int64_t end) {
    OpCase op("Shape", 15);
    op.attr("start", start).attr("end", end).runtime_input(iota({4, 3, 2}));
    return op;
  };
  OpCase last = between(-1, 9);
  expect_output<std::int64_t>(last, {1}, {2});
  OpCase first = between(-9, -2);
  expect_output<std::int64_t>(first, {1}, {4});
  OpCase none = between(2, 1);
  expect_output<std::int64_t>(none, {0}, {});
  OpCase extreme = between(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  expect_output<std::int64_t>(extreme, {3}, {4, 3, 2});
}

TEST(Range, counts_up_and_down) {
  expect_output<std::int64_t>(OpCase("Range").input(ints({}, {3})).input(ints({}, {9})).input(ints({}, {3})), {2},
                              {3, 6});
  expect_output<std::int64_t>(OpCase("Range").input(ints({}, {3})).input(ints({}, {-2})).input(ints({}, {-2})), {3},
                              {3, 1, -1});
  expect_output(OpCase("Range").input(scalar(1)).input(scalar(2)).input(scalar(0.5F)), {2}, {1, 1.5F});
  expect_output<std::int64_t>(OpCase("Range").input(ints({}, {3})).input(ints({}, {1})).input(ints({}, {1})), {0}, {});
}

TEST(Range, rejects_delta_zero_infinity_and_run_time_bounds) {
  expect_error(OpCase("Range").input(ints({}, {0})).input(ints({}, {9})).input(ints({}, {0})), ErrorCode::kInvalidModel,
               "'delta' is 0");
  expect_error(OpCase("Range").input(scalar(0)).input(scalar(kInf)).input(scalar(1)), ErrorCode::kInvalidModel,
               "finite");
  expect_error(OpCase("Range").input(ints({}, {0})).runtime_input(ints({}, {9})).input(ints({}, {1})),
               ErrorCode::kUnsupportedModel, "only known at run time");
}

TEST(Range, refuses_bombs) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  expect_error(OpCase("Range").input(ints({}, {kMin})).input(ints({}, {kMax})).input(ints({}, {1})), ErrorCode::kLimit,
               "2^40");
  expect_error(OpCase("Range").input(ints({}, {kMax})).input(ints({}, {kMin})).input(ints({}, {-1})), ErrorCode::kLimit,
               "2^40");
  expect_error(OpCase("Range").input(scalar(0)).input(scalar(1e30F)).input(scalar(1e-30F)), ErrorCode::kLimit, "2^40");
  expect_output<std::int64_t>(OpCase("Range").input(ints({}, {kMin})).input(ints({}, {kMax})).input(ints({}, {kMax})),
                              {3}, {kMin, -1, kMax - 1});
}

}  // namespace
}  // namespace kite
