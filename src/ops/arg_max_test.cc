// SPDX-License-Identifier: Apache-2.0
// Positions of the best elements: ArgMax, ArgMin, TopK, and the maxima and Hardmax that go with them.
#include <gtest/gtest.h>

#include <cstdint>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(ArgMax, takes_the_first_of_equal_elements_unless_told) {
  for (const int last : {0, 1}) {
    OpCase op("ArgMax", 13);
    op.attr("axis", 1).attr("keepdims", 0).attr("select_last_index", last).input(floats({2, 3}, {1, 5, 5, 7, 0, 7}));
    expect_output<std::int64_t>(op, {2}, last == 0 ? Ints{1, 0} : Ints{2, 2});
  }
}

TEST(ArgMax, keeps_the_axis_and_counts_axes_from_the_end) {
  expect_output<std::int64_t>(OpCase("ArgMax", 11).attr("axis", -2).input(floats({2, 3}, {1, 5, 5, 7, 0, 7})), {1, 3},
                              {1, 0, 1});
}

TEST(ArgMax, lets_nan_win) { expect_output<std::int64_t>(OpCase("ArgMax").input(floats({3}, {9, kNaN, 1})), {1}, {1}); }

TEST(ArgMax, rejects_an_empty_axis_and_one_out_of_range) {
  expect_error(OpCase("ArgMax").input(Tensor(DType::kFloat32, {0, 2})), ErrorCode::kInvalidModel, "is empty");
  expect_error(OpCase("ArgMax").attr("axis", 2).input(iota({2, 2})), ErrorCode::kInvalidModel, "axis 2");
}

TEST(ArgMin, of_integers) {
  expect_output<std::int64_t>(OpCase("ArgMin", 13).input(ints({4}, {3, -1, 4, -1})), {1}, {1});
}

// Both outputs of one call, along the first axis of [values, 2].
void expect_top(OpCase& op, const Shape& shape, const std::vector<float>& values, const std::vector<std::int64_t>& at) {
  const auto outputs = op.outputs(2).run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  expect_elements<float>((*outputs)[0], shape, values);
  expect_elements<std::int64_t>((*outputs)[1], shape, at);
}

TEST(TopK, gives_the_largest_first_and_equal_ones_in_their_order) {
  expect_top(OpCase("TopK", 11).input(floats({7}, {3, 9, 1, 9, 4, 9, 2})).input(ints({1}, {4})), {4}, {9, 9, 9, 4},
             {1, 3, 5, 4});
}

TEST(TopK, can_give_the_smallest) {
  expect_top(OpCase("TopK", 11).attr("largest", 0).input(floats({5}, {3, 9, 1, 9, 1})).input(ints({1}, {3})), {3},
             {1, 1, 3}, {2, 4, 0});
}

TEST(TopK, works_along_any_axis) {
  expect_top(OpCase("TopK", 10).attr("axis", 0).input(floats({3, 2}, {1, 6, 3, 4, 2, 5})).input(ints({1}, {2})), {2, 2},
             {3, 6, 2, 5}, {1, 0, 2, 2});
}

TEST(TopK, before_opset_10_reads_the_attribute) {
  expect_top(OpCase("TopK", 9).attr("k", 1).input(floats({3}, {1, 3, 2})), {1}, {3}, {1});
}

TEST(TopK, rejects_more_than_there_are_and_a_count_known_only_at_run_time) {
  expect_error(OpCase("TopK", 11).outputs(2).input(iota({3})).input(ints({1}, {4})), ErrorCode::kInvalidModel,
               "k is 4");
  expect_error(OpCase("TopK", 11).outputs(2).input(iota({3})).runtime_input(ints({1}, {2})),
               ErrorCode::kUnsupportedModel, "only known at run time");
  expect_error(OpCase("TopK", 11).outputs(1).input(iota({3})).input(ints({1}, {2})), ErrorCode::kInvalidModel,
               "left out");
}

TEST(Hardmax, marks_the_first_largest) {
  expect_output(OpCase("Hardmax", 13).input(floats({2, 3}, {1, 5, 5, 7, 0, 7})), {2, 3}, {0, 1, 0, 1, 0, 0});
}

TEST(LogSoftmax, is_the_logarithm_of_softmax_without_underflow) {
  expect_output(OpCase("LogSoftmax", 13).input(floats({2}, {0, 1000})), {2}, {-1000, 0});
  expect_output(OpCase("LogSoftmax", 13).input(floats({1, 2}, {2, 2})), {1, 2}, {-0.69314718F, -0.69314718F}, 1e-7);
}

TEST(LogSoftmax, before_opset_13_joins_the_axes_behind_its_own) {
  expect_output(OpCase("LogSoftmax", 11).input(Tensor(DType::kFloat32, {1, 2, 2})), {1, 2, 2},
                {-1.38629436F, -1.38629436F, -1.38629436F, -1.38629436F}, 1e-6);
}

TEST(GlobalMaxPool, takes_the_largest_and_lets_nan_win) {
  expect_output(OpCase("GlobalMaxPool").input(floats({1, 2, 1, 3}, {-3, -1, -2, 4, kNaN, 5})), {1, 2, 1, 1},
                {-1, kNaN});
}

}  // namespace
}  // namespace kite
