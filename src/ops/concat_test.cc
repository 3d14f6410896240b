// SPDX-License-Identifier: Apache-2.0
// Concat and Split, which undo each other.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Concat, joins_along_any_axis) {
  expect_output(OpCase("Concat").attr("axis", 1).runtime_input(iota({2, 1})).runtime_input(iota({2, 2}, 10)), {2, 3},
                {0, 10, 11, 1, 12, 13});
  expect_output(OpCase("Concat").attr("axis", -2).runtime_input(iota({1, 2})).runtime_input(iota({2, 2}, 10)), {3, 2},
                {0, 1, 10, 11, 12, 13});
}

TEST(Concat, of_int64_and_of_empty_parts) {
  expect_output<std::int64_t>(
      OpCase("Concat").attr("axis", 0).input(ints({1}, {2})).input(ints({0}, {})).input(ints({2}, {3, -1})), {3},
      {2, 3, -1});
}

TEST(Concat, rejects_an_axis_out_of_range_or_missing) {
  expect_error(OpCase("Concat").attr("axis", 2).runtime_input(iota({2, 1})).runtime_input(iota({2, 1})),
               ErrorCode::kInvalidModel, "axis 2 is outside [-2, 2)");
  expect_error(OpCase("Concat").runtime_input(iota({2})), ErrorCode::kInvalidModel, "'axis' is missing");
  expect_error(OpCase("Concat").attr("axis", 0).runtime_input(scalar(1)), ErrorCode::kInvalidModel, "outside");
}

TEST(Concat, rejects_mismatched_dimensions_ranks_and_types) {
  expect_error(OpCase("Concat").attr("axis", 0).runtime_input(iota({2, 1})).runtime_input(iota({2, 2})),
               ErrorCode::kInvalidModel, "input 1 of shape [2,2] does not join input 0 of shape [2,1]");
  expect_error(OpCase("Concat").attr("axis", 0).runtime_input(iota({2, 1})).runtime_input(iota({2})),
               ErrorCode::kInvalidModel, "does not join");
  expect_error(OpCase("Concat").attr("axis", 0).runtime_input(iota({2})).runtime_input(iota<double>({2})),
               ErrorCode::kInvalidModel, "one element type");
}

TEST(Concat, rejects_inputs_that_are_left_out) {
  expect_error(OpCase("Concat").attr("axis", 0).runtime_input(iota({2})).no_input(), ErrorCode::kInvalidModel,
               "input 1 must not be left out");
}

TEST(Split, into_stated_sizes) {
  const auto parts =
      OpCase("Split", 13).attr("axis", 1).runtime_input(iota({2, 3})).input(ints({3}, {1, 0, 2})).outputs(3).run();
  ASSERT_TRUE(parts.ok()) << parts.error().message();
  expect_elements<float>((*parts)[0], {2, 1}, {0, 3});
  expect_elements<float>((*parts)[1], {2, 0}, {});
  expect_elements<float>((*parts)[2], {2, 2}, {1, 2, 4, 5});
}

TEST(Split, before_opset_13_reads_the_attribute) {
  const auto parts =
      OpCase("Split", 11).attr("split", std::vector<std::int64_t>{2, 1}).runtime_input(iota({3})).outputs(2).run();
  ASSERT_TRUE(parts.ok()) << parts.error().message();
  expect_elements<float>((*parts)[0], {2}, {0, 1});
  expect_elements<float>((*parts)[1], {1}, {2});
}

TEST(Split, from_opset_18_the_last_part_may_be_smaller) {
  const auto parts =
      OpCase("Split", 18).attr("num_outputs", 3).attr("axis", -1).runtime_input(iota({1, 7})).outputs(3).run();
  ASSERT_TRUE(parts.ok()) << parts.error().message();
  expect_elements<float>((*parts)[0], {1, 3}, {0, 1, 2});
  expect_elements<float>((*parts)[2], {1, 1}, {6});
  expect_error(OpCase("Split", 17).runtime_input(iota({7})).outputs(3), ErrorCode::kInvalidModel,
               "does not split into 3 equal parts");
}

TEST(Split, rejects_sizes_that_do_not_fit) {
  expect_error(OpCase("Split", 13).runtime_input(iota({3})).input(ints({2}, {1, 1})).outputs(2),
               ErrorCode::kInvalidModel, "sums to 2, the axis has size 3");
  expect_error(OpCase("Split", 13).runtime_input(iota({3})).input(ints({2}, {-1, 4})).outputs(2),
               ErrorCode::kInvalidModel, "'split' holds -1");
  expect_error(OpCase("Split", 13).runtime_input(iota({3})).input(ints({1}, {3})).outputs(2), ErrorCode::kInvalidModel,
               "1 sizes, the node has 2 outputs");
  expect_error(OpCase("Split", 18).attr("num_outputs", 2).runtime_input(iota({3})).outputs(3), ErrorCode::kInvalidModel,
               "'num_outputs' is 2");
  // Ceil(2 / 5) = 1 is already used up after two of the five parts.
  expect_error(OpCase("Split", 18).attr("num_outputs", 5).runtime_input(iota({2})).outputs(5), ErrorCode::kInvalidModel,
               "does not split");
  expect_error(OpCase("Split", 13).attr("axis", 1).runtime_input(iota({3})), ErrorCode::kInvalidModel,
               "axis 1 is outside");
}

}  // namespace
}  // namespace kite
