// SPDX-License-Identifier: Apache-2.0
// Where and Expand: the two operators that broadcast without arithmetic.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Where, broadcasts_all_three) {
  expect_output(OpCase("Where")
                    .runtime_input(Tensor::of<bool>({2, 1}, {true, false}))
                    .runtime_input(iota({2}))
                    .runtime_input(scalar(9)),
                {2, 2}, {0, 1, 9, 9});
}

TEST(Where, moves_elements_of_every_size) {
  expect_output<std::int64_t>(
      OpCase("Where").input(Tensor::of<bool>({2}, {false, true})).input(ints({2}, {1, 2})).input(ints({2}, {3, 4})),
      {2}, {3, 2});
  expect_output<std::uint8_t>(OpCase("Where")
                                  .input(Tensor::of<bool>({2}, {false, true}))
                                  .input(iota<std::uint8_t>({2}))
                                  .input(iota<std::uint8_t>({2}, 7)),
                              {2}, {7, 1});
}

TEST(Where, rejects_other_conditions_types_and_shapes) {
  expect_error(OpCase("Where").runtime_input(iota({2})).runtime_input(iota({2})).runtime_input(iota({2})),
               ErrorCode::kUnsupportedModel, "input 0 is float32");
  const auto condition = [] { return Tensor::of<bool>({2}, {false, true}); };
  expect_error(OpCase("Where").runtime_input(condition()).runtime_input(iota({2})).runtime_input(iota<double>({2})),
               ErrorCode::kInvalidModel, "one element type");
  expect_error(OpCase("Where").runtime_input(condition()).runtime_input(iota({3})).runtime_input(iota({1})),
               ErrorCode::kInvalidModel, "do not broadcast");
}

TEST(Expand, repeats_axes_of_size_one) {
  expect_output(OpCase("Expand").runtime_input(iota({2, 1})).input(ints({3}, {2, 1, 2})), {2, 2, 2},
                {0, 0, 1, 1, 0, 0, 1, 1});
}

TEST(Expand, keeps_what_is_wider_than_the_shape) {
  expect_output(OpCase("Expand").runtime_input(iota({3, 1})).input(ints({1}, {1})), {3, 1}, {0, 1, 2});
  expect_output(OpCase("Expand").runtime_input(iota({1})).input(ints({1}, {0})), {0}, {});
}

TEST(Expand, rejects_shapes_that_do_not_broadcast) {
  expect_error(OpCase("Expand").runtime_input(iota({3})).input(ints({1}, {2})), ErrorCode::kInvalidModel,
               "do not broadcast");
  expect_error(OpCase("Expand").runtime_input(iota({3})).input(ints({1}, {-1})), ErrorCode::kInvalidModel, "negative");
}

TEST(Expand, refuses_bombs) {
  expect_error(OpCase("Expand").runtime_input(iota({1})).input(ints({2}, {1 << 20, 1 << 22})), ErrorCode::kLimit,
               "2^40");
  expect_error(OpCase("Expand").runtime_input(iota({1})).input(ints({2}, {1 << 20, 1 << 10})), ErrorCode::kLimit,
               "needs 4294967296 bytes");
}

}  // namespace
}  // namespace kite
