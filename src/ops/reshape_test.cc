// SPDX-License-Identifier: Apache-2.0
// Reshape, Flatten, Squeeze and Unsqueeze: the operators that keep every element in its place.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Reshape, zero_copies_and_minus_one_is_what_remains) {
  expect_output(OpCase("Reshape").runtime_input(iota({2, 3, 2})).input(ints({3}, {0, -1, 1})), {2, 6, 1},
                {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST(Reshape, allowzero_means_zero) {
  expect_output(OpCase("Reshape", 14).attr("allowzero", 1).runtime_input(iota({0, 3})).input(ints({2}, {3, 0})), {3, 0},
                {});
}

TEST(Reshape, works_on_int64_so_that_shape_arithmetic_folds) {
  expect_output<std::int64_t>(OpCase("Reshape").input(ints({2, 1}, {7, 8})).input(ints({1}, {-1})), {2}, {7, 8});
}

TEST(Reshape, to_a_scalar) {
  expect_output(OpCase("Reshape").runtime_input(iota({1, 1}, 5)).input(Tensor(DType::kInt64, {0})), {}, {5});
}

TEST(Reshape, rejects_two_unknown_dimensions) {
  expect_error(OpCase("Reshape").runtime_input(iota({4})).input(ints({2}, {-1, -1})), ErrorCode::kInvalidModel,
               "-1 twice");
}

TEST(Reshape, rejects_minus_one_beside_zero_under_allowzero) {
  expect_error(OpCase("Reshape", 14).attr("allowzero", 1).runtime_input(iota({0, 3})).input(ints({2}, {0, -1})),
               ErrorCode::kInvalidModel, "both -1 and 0");
}

TEST(Reshape, rejects_a_product_that_differs) {
  expect_error(OpCase("Reshape").runtime_input(iota({2, 3})).input(ints({2}, {2, 2})), ErrorCode::kInvalidModel,
               "cannot reshape [2,3] (6 elements) to [2,2]");
  expect_error(OpCase("Reshape").runtime_input(iota({2, 3})).input(ints({2}, {4, -1})), ErrorCode::kInvalidModel,
               "to [4,-1]");
  expect_error(OpCase("Reshape").runtime_input(iota({0, 3})).input(ints({2}, {0, -1})), ErrorCode::kInvalidModel,
               "to [0,-1]");
}

TEST(Reshape, rejects_a_zero_beyond_the_input_rank) {
  expect_error(OpCase("Reshape").runtime_input(iota({4})).input(ints({2}, {4, 0})), ErrorCode::kInvalidModel,
               "copies dimension 1");
}

TEST(Reshape, rejects_dimensions_below_minus_one_and_products_that_overflow) {
  expect_error(OpCase("Reshape").runtime_input(iota({4})).input(ints({1}, {-2})), ErrorCode::kInvalidModel, "-2");
  const std::int64_t huge = std::int64_t{1} << 62;
  expect_error(OpCase("Reshape").runtime_input(iota({4})).input(ints({3}, {huge, huge, 16})), ErrorCode::kLimit,
               "2^40");
}

TEST(Reshape, rejects_a_shape_that_depends_on_data) {
  expect_error(OpCase("Reshape").runtime_input(iota({4})).runtime_input(ints({1}, {4})), ErrorCode::kUnsupportedModel,
               "'shape' is only known at run time");
}

TEST(Flatten, cuts_at_any_axis_including_both_ends) {
  expect_output(OpCase("Flatten").runtime_input(iota({1, 2, 3})), {1, 6}, {0, 1, 2, 3, 4, 5});
  expect_output(OpCase("Flatten").attr("axis", 0).runtime_input(iota({1, 2, 3})), {1, 6}, {0, 1, 2, 3, 4, 5});
  expect_output(OpCase("Flatten").attr("axis", 3).runtime_input(iota({1, 2, 3})), {6, 1}, {0, 1, 2, 3, 4, 5});
  expect_output(OpCase("Flatten").attr("axis", -1).runtime_input(iota({1, 2, 3})), {2, 3}, {0, 1, 2, 3, 4, 5});
}

TEST(Flatten, rejects_an_axis_beyond_the_rank) {
  expect_error(OpCase("Flatten").attr("axis", 4).runtime_input(iota({1, 2, 3})), ErrorCode::kInvalidModel,
               "axis 4 is outside [-3, 3]");
}

TEST(Squeeze, takes_axes_from_the_attribute_before_opset_13_and_from_the_input_after) {
  expect_output(OpCase("Squeeze", 11).attr("axes", std::vector<std::int64_t>{0}).runtime_input(iota({1, 2, 1})), {2, 1},
                {0, 1});
  expect_output(OpCase("Squeeze", 13).runtime_input(iota({1, 2, 1})).input(ints({1}, {-1})), {1, 2}, {0, 1});
}

TEST(Squeeze, without_axes_drops_every_axis_of_size_one) {
  expect_output(OpCase("Squeeze", 13).runtime_input(iota({1, 2, 1})), {2}, {0, 1});
}

TEST(Squeeze, with_an_empty_list_of_axes_drops_none) {
  expect_output(OpCase("Squeeze", 13).runtime_input(iota({1, 2, 1})).input(Tensor(DType::kInt64, {0})), {1, 2, 1},
                {0, 1});
}

TEST(Squeeze, rejects_an_axis_that_is_not_one) {
  expect_error(OpCase("Squeeze", 13).runtime_input(iota({1, 2})).input(ints({1}, {1})), ErrorCode::kInvalidModel,
               "axis 1 of shape [1,2] is not 1");
}

TEST(Squeeze, rejects_axes_out_of_range_or_repeated) {
  expect_error(OpCase("Squeeze", 13).runtime_input(iota({1, 2})).input(ints({1}, {2})), ErrorCode::kInvalidModel,
               "axis 2 is outside");
  expect_error(OpCase("Squeeze", 13).runtime_input(iota({1, 2})).input(ints({2}, {0, -2})), ErrorCode::kInvalidModel,
               "listed twice");
}

TEST(Unsqueeze, places_axes_by_their_position_in_the_output) {
  expect_output(OpCase("Unsqueeze", 13).runtime_input(iota({2, 3})).input(ints({3}, {4, 0, -3})), {1, 2, 1, 3, 1},
                {0, 1, 2, 3, 4, 5});
  expect_output(OpCase("Unsqueeze", 11).attr("axes", std::vector<std::int64_t>{1}).runtime_input(iota({2})), {2, 1},
                {0, 1});
}

TEST(Unsqueeze, rejects_missing_and_repeated_axes_and_too_high_ranks) {
  expect_error(OpCase("Unsqueeze", 11).runtime_input(iota({2})), ErrorCode::kInvalidModel, "'axes' is missing");
  expect_error(OpCase("Unsqueeze", 13).runtime_input(iota({2})).input(ints({2}, {1, 1})), ErrorCode::kInvalidModel,
               "listed twice");
  expect_error(OpCase("Unsqueeze", 13).runtime_input(iota({1, 1, 1, 1, 1, 1, 1, 1})).input(ints({1}, {0})),
               ErrorCode::kUnsupportedModel, "rank 9");
}

}  // namespace
}  // namespace kite
