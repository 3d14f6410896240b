// SPDX-License-Identifier: Apache-2.0
// Clip with limits as attributes and as inputs.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

Tensor sample() { return floats({5}, {-3, -1, 0, 2, 9}); }

TEST(Clip, before_opset_11_reads_attributes) {
  expect_output(OpCase("Clip", 7).attr("min", -1.0F).attr("max", 6.0F).input(sample()), {5}, {-1, -1, 0, 2, 6});
  expect_output(OpCase("Clip", 10).attr("min", 0.0F).input(sample()), {5}, {0, 0, 0, 2, 9});
}

TEST(Clip, from_opset_11_reads_inputs) {
  expect_output(OpCase("Clip", 11).input(sample()).input(scalar(-1)).input(scalar(6)), {5}, {-1, -1, 0, 2, 6});
  expect_output(OpCase("Clip", 13).input(sample()).no_input().input(scalar(1)), {5}, {-3, -1, 0, 1, 1});
  expect_output(OpCase("Clip", 13).input(sample()), {5}, {-3, -1, 0, 2, 9});
}

TEST(Clip, limits_may_be_known_only_at_run_time) {
  expect_output(OpCase("Clip", 13).input(sample()).runtime_input(scalar(0)), {5}, {0, 0, 0, 2, 9});
}

TEST(Clip, with_crossed_limits_gives_the_upper_one) {
  expect_output(OpCase("Clip", 13).input(sample()).input(scalar(2)).input(scalar(1)), {5}, {1, 1, 1, 1, 1});
}

TEST(Clip, keeps_nan) {
  expect_output(OpCase("Clip", 13).input(floats({2}, {kNaN, 5})).input(scalar(0)).input(scalar(1)), {2}, {kNaN, 1});
}

TEST(Clip, of_int8) {
  expect_output<std::int8_t>(OpCase("Clip", 12)
                                 .input(Tensor::of<std::int8_t>({3}, {-128, 5, 127}))
                                 .input(Tensor::of<std::int8_t>({}, {-100}))
                                 .input(Tensor::of<std::int8_t>({}, {100})),
                             {3}, {-100, 5, 100});
}

TEST(Clip, rejects_a_limit_of_another_type) {
  expect_error(OpCase("Clip", 13).input(sample()).input(ints({}, {0})), ErrorCode::kInvalidModel, "int64");
}

TEST(Clip, rejects_a_limit_that_is_no_scalar) {
  expect_error(OpCase("Clip", 13).input(sample()).no_input().input(floats({2}, {1, 2})), ErrorCode::kInvalidModel,
               "input 'max' must be a scalar, found shape [2]");
}

TEST(Clip, rejects_limits_as_inputs_before_opset_11) {
  expect_error(OpCase("Clip", 10).input(sample()).input(scalar(0)), ErrorCode::kInvalidModel, "inputs");
}

}  // namespace
}  // namespace kite
