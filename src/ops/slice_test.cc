// SPDX-License-Identifier: Apache-2.0
// Slice: clamping, negative steps, and both places its lists may come from.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "ops/op_case.h"

namespace kite {
namespace {

constexpr std::int64_t kFarRight = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFarLeft = std::numeric_limits<std::int64_t>::min();

TEST(Slice, before_opset_10_reads_attributes) {
  expect_output(OpCase("Slice", 9)
                    .attr("starts", std::vector<std::int64_t>{1})
                    .attr("ends", std::vector<std::int64_t>{kFarRight})
                    .attr("axes", std::vector<std::int64_t>{1})
                    .runtime_input(iota({2, 3})),
                {2, 2}, {1, 2, 4, 5});
}

TEST(Slice, from_opset_10_reads_inputs_and_steps) {
  expect_output(OpCase("Slice")
                    .runtime_input(iota({2, 5}))
                    .input(ints({2}, {-4, 0}))
                    .input(ints({2}, {kFarRight, 1}))
                    .input(ints({2}, {-1, 0}))
                    .input(ints({2}, {2, 1})),
                {1, 2}, {1, 3});
}

TEST(Slice, without_axes_cuts_the_leading_ones) {
  expect_output(OpCase("Slice").runtime_input(iota({3, 2})).input(ints({1}, {1})).input(ints({1}, {2})), {1, 2},
                {2, 3});
}

TEST(Slice, negative_steps_walk_backwards) {
  const auto reversed = [](std::int64_t start, std::int64_t end, std::int64_t step) {
    OpCase op("Slice");
    op.runtime_input(iota({5})).input(ints({1}, {start})).input(ints({1}, {end}));
    op.input(ints({1}, {0})).input(ints({1}, {step}));
    return op;
  };
  OpCase all = reversed(-1, kFarLeft, -1);
  expect_output(all, {5}, {4, 3, 2, 1, 0});
  OpCase every_second = reversed(kFarRight, 0, -2);
  expect_output(every_second, {2}, {4, 2});
  OpCase longest = reversed(kFarRight, kFarLeft, kFarLeft);
  expect_output(longest, {1}, {4});
  OpCase none = reversed(0, 3, -1);
  expect_output(none, {0}, {});
  OpCase forward = reversed(kFarLeft, kFarRight, kFarRight);
  expect_output(forward, {1}, {0});
}

TEST(Slice, of_an_empty_axis_is_empty) {
  for (const std::int64_t step : {std::int64_t{1}, std::int64_t{-1}}) {
    expect_output(OpCase("Slice")
                      .runtime_input(iota({0, 2}))
                      .input(ints({1}, {0}))
                      .input(ints({1}, {kFarRight}))
                      .input(ints({1}, {0}))
                      .input(ints({1}, {step})),
                  {0, 2}, {});
  }
}

TEST(Slice, works_on_int64_so_that_shape_arithmetic_folds) {
  expect_output<std::int64_t>(
      OpCase("Slice").input(ints({4}, {1, 3, 224, 224})).input(ints({1}, {2})).input(ints({1}, {4})), {2}, {224, 224});
}

TEST(Slice, rejects_step_zero) {
  expect_error(OpCase("Slice")
                   .runtime_input(iota({3}))
                   .input(ints({1}, {0}))
                   .input(ints({1}, {2}))
                   .input(ints({1}, {0}))
                   .input(ints({1}, {0})),
               ErrorCode::kInvalidModel, "a step is 0");
}

TEST(Slice, rejects_lists_that_do_not_fit_together) {
  expect_error(OpCase("Slice").runtime_input(iota({3})).input(ints({1}, {0})).input(ints({2}, {2, 2})),
               ErrorCode::kInvalidModel, "different lengths");
  expect_error(OpCase("Slice").runtime_input(iota({3})).input(ints({2}, {0, 0})).input(ints({2}, {2, 2})),
               ErrorCode::kInvalidModel, "2 starts for an input of shape [3]");
  expect_error(
      OpCase("Slice").runtime_input(iota({3})).input(ints({1}, {0})).input(ints({1}, {2})).input(ints({1}, {1})),
      ErrorCode::kInvalidModel, "axis 1 is outside");
  expect_error(OpCase("Slice")
                   .runtime_input(iota({3, 3}))
                   .input(ints({2}, {0, 0}))
                   .input(ints({2}, {2, 2}))
                   .input(ints({2}, {1, -1})),
               ErrorCode::kInvalidModel, "listed twice");
}

TEST(Slice, rejects_bounds_that_depend_on_data) {
  expect_error(OpCase("Slice").runtime_input(iota({3})).runtime_input(ints({1}, {0})).input(ints({1}, {2})),
               ErrorCode::kUnsupportedModel, "'starts' is only known at run time");
}

}  // namespace
}  // namespace kite
