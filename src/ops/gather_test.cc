// SPDX-License-Identifier: Apache-2.0
// Gather along any axis, with indices known early and late.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Gather, replaces_the_axis_by_the_shape_of_the_indices) {
  expect_output(OpCase("Gather").attr("axis", 1).runtime_input(iota({2, 3})).input(ints({2, 1}, {2, 0})), {2, 2, 1},
                {2, 0, 5, 3});
  expect_output(OpCase("Gather").runtime_input(iota({3, 2})).input(ints({}, {1})), {2}, {2, 3});
}

TEST(Gather, counts_negative_indices_from_the_end) {
  expect_output(OpCase("Gather").attr("axis", -1).runtime_input(iota({2, 3})).runtime_input(ints({1}, {-1})), {2, 1},
                {2, 5});
}

TEST(Gather, reads_int32_indices) {
  expect_output<std::int64_t>(
      OpCase("Gather").input(ints({3}, {5, 6, 7})).input(Tensor::of<std::int32_t>({2}, {2, -3})), {2}, {7, 5});
}

TEST(Gather, rejects_constant_indices_out_of_range_while_inferring) {
  expect_error(OpCase("Gather").runtime_input(iota({3})).input(ints({2}, {0, 3})), ErrorCode::kInvalidModel,
               "index 3 is outside [-3, 3)");
  expect_error(OpCase("Gather").runtime_input(iota({3})).input(ints({1}, {-4})), ErrorCode::kInvalidModel, "index -4");
  expect_error(OpCase("Gather").runtime_input(iota({0})).input(ints({1}, {0})), ErrorCode::kInvalidModel, "index 0");
}

TEST(Gather, rejects_indices_out_of_range_while_computing) {
  expect_error(OpCase("Gather").runtime_input(iota({3})).runtime_input(ints({2}, {0, 3})), ErrorCode::kInvalidInput,
               "index 3 is outside [-3, 3)");
  expect_error(OpCase("Gather").runtime_input(iota({3})).runtime_input(ints({1}, {-4})), ErrorCode::kInvalidInput,
               "index -4");
}

TEST(Gather, rejects_float_indices_and_scalar_data) {
  expect_error(OpCase("Gather").runtime_input(iota({3})).runtime_input(iota({1})), ErrorCode::kUnsupportedModel,
               "input 1 is float32");
  expect_error(OpCase("Gather").runtime_input(scalar(3)).input(ints({1}, {0})), ErrorCode::kInvalidModel, "axis 0");
}

}  // namespace
}  // namespace kite
