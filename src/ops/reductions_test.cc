// SPDX-License-Identifier: Apache-2.0
// ReduceMean over every kind of axes, from an attribute and from an input.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(ReduceMean, before_opset_18_reads_the_attribute) {
  expect_output(OpCase("ReduceMean", 13).attr("axes", Ints{1}).input(iota({2, 3})), {2, 1}, {1, 4});
  expect_output(OpCase("ReduceMean", 11).attr("axes", Ints{-2}).attr("keepdims", 0).input(iota({2, 3})), {3},
                {1.5F, 2.5F, 3.5F});
}

TEST(ReduceMean, from_opset_18_reads_the_input) {
  expect_output(OpCase("ReduceMean", 18).input(iota({2, 3})).input(ints({1}, {-1})), {2, 1}, {1, 4});
  expect_output(OpCase("ReduceMean", 18).attr("keepdims", 0).input(iota({2, 3})).input(ints({2}, {1, 0})), {}, {2.5F});
}

TEST(ReduceMean, without_axes_takes_all_of_them) {
  expect_output(OpCase("ReduceMean", 13).input(iota({2, 3})), {1, 1}, {2.5F});
  expect_output(OpCase("ReduceMean", 18).input(iota({2, 3})), {1, 1}, {2.5F});
  expect_output(OpCase("ReduceMean", 18).input(iota({2, 3})).input(ints({0}, {})), {1, 1}, {2.5F});
  expect_output(OpCase("ReduceMean", 18).input(scalar(3)), {}, {3});
}

TEST(ReduceMean, without_axes_can_do_nothing) {
  expect_output(OpCase("ReduceMean", 18).attr("noop_with_empty_axes", 1).input(iota({2, 2})), {2, 2}, {0, 1, 2, 3});
  expect_output(OpCase("ReduceMean", 18).attr("noop_with_empty_axes", 1).input(iota({2, 2})).input(ints({0}, {})),
                {2, 2}, {0, 1, 2, 3});
}

TEST(ReduceMean, of_a_channels_last_picture) {
  // More channels than one block of sums; channel c of pixel p holds 100p + c.
  Tensor x(DType::kFloat32, {1, 2, 2, 70});
  std::vector<float> expected(70);
  for (int p = 0; p < 4; ++p) {
    for (int c = 0; c < 70; ++c) x.as<float>()[p * 70 + c] = static_cast<float>(100 * p + c);
  }
  for (int c = 0; c < 70; ++c) expected[static_cast<std::size_t>(c)] = static_cast<float>(150 + c);
  expect_output(OpCase("ReduceMean", 18).input(std::move(x)).input(ints({2}, {1, 2})), {1, 1, 1, 70}, expected);
}

TEST(ReduceMean, over_alternating_axes) {
  // x[a,b,c,d] = 8a + 4b + 2c + d, averaged over a and c.
  expect_output(OpCase("ReduceMean", 18).attr("keepdims", 0).input(iota({2, 2, 2, 2})).input(ints({2}, {0, 2})), {2, 2},
                {5, 6, 9, 10});
  expect_output(OpCase("ReduceMean", 18).attr("keepdims", 0).input(iota({2, 2, 2, 2})).input(ints({2}, {1, 3})), {2, 2},
                {2.5F, 4.5F, 10.5F, 12.5F});
}

TEST(ReduceMean, of_integers_cuts_towards_zero) {
  expect_output<std::int64_t>(OpCase("ReduceMean", 13).input(ints({2}, {-3, 0})), {1}, {-1});
}

TEST(ReduceMean, of_an_empty_batch_is_empty) {
  expect_output(OpCase("ReduceMean", 18).input(Tensor(DType::kFloat32, {0, 3})).input(ints({1}, {1})), {0, 1}, {});
}

TEST(ReduceMean, rejects_the_mean_of_nothing) {
  expect_error(OpCase("ReduceMean", 18).input(Tensor(DType::kFloat32, {2, 0})).input(ints({1}, {1})),
               ErrorCode::kInvalidModel, "nothing to average");
}

TEST(ReduceMean, rejects_axes_out_of_range_or_repeated) {
  expect_error(OpCase("ReduceMean", 18).input(iota({2, 3})).input(ints({1}, {2})), ErrorCode::kInvalidModel, "axis 2");
  expect_error(OpCase("ReduceMean", 13).attr("axes", Ints{1, -1}).input(iota({2, 3})), ErrorCode::kInvalidModel,
               "twice");
}

TEST(ReduceMean, rejects_axes_known_only_at_run_time) {
  expect_error(OpCase("ReduceMean", 18).input(iota({2, 3})).runtime_input(ints({1}, {1})), ErrorCode::kUnsupportedModel,
               "only known at run time");
}

TEST(ReduceMean, rejects_axes_in_the_place_of_another_opset) {
  expect_error(OpCase("ReduceMean", 13).input(iota({2, 3})).input(ints({1}, {1})), ErrorCode::kInvalidModel, "inputs");
  expect_error(OpCase("ReduceMean", 18).attr("axes", Ints{1}).input(iota({2, 3})), ErrorCode::kInvalidModel,
               "attribute 'axes' became an input in opset 18");
}

}  // namespace
}  // namespace kite
