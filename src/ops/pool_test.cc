// SPDX-License-Identifier: Apache-2.0
// The pooling operators in both layouts.
#include <gtest/gtest.h>

#include <cstdint>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(MaxPool, takes_the_largest_under_the_window) {
  expect_output(OpCase("MaxPool", 12).attr("kernel_shape", Ints{2, 2}).input(iota({1, 1, 3, 3})), {1, 1, 2, 2},
                {4, 5, 7, 8});
}

TEST(MaxPool, lets_padding_take_no_part) {
  expect_output(OpCase("MaxPool", 12)
                    .attr("kernel_shape", Ints{3, 3})
                    .attr("strides", Ints{2, 2})
                    .attr("pads", Ints{1, 1, 1, 1})
                    .input(iota({1, 1, 4, 4}, -100)),
                {1, 1, 2, 2}, {-95, -93, -87, -85});
}

TEST(MaxPool, propagates_nan) {
  expect_output(OpCase("MaxPool", 12).attr("kernel_shape", Ints{2}).input(floats({1, 1, 4}, {kNaN, 1, 2, -kInf})),
                {1, 1, 3}, {kNaN, 2, 2});
  expect_output(OpCase("MaxPool", 12).attr("kernel_shape", Ints{2}).input(floats({1, 1, 2}, {1, kNaN})), {1, 1, 1},
                {kNaN});
}

TEST(MaxPool, in_ceil_mode_reaches_beyond_the_input) {
  expect_output(OpCase("MaxPool", 12)
                    .attr("kernel_shape", Ints{2, 2})
                    .attr("strides", Ints{2, 2})
                    .attr("ceil_mode", 1)
                    .input(iota({1, 1, 3, 3})),
                {1, 1, 2, 2}, {4, 5, 7, 8});
}

TEST(MaxPool, dilates) {
  expect_output(
      OpCase("MaxPool", 12).attr("kernel_shape", Ints{2, 2}).attr("dilations", Ints{2, 2}).input(iota({1, 1, 3, 3})),
      {1, 1, 1, 1}, {8});
}

TEST(MaxPool, of_bytes) {
  expect_output<std::int8_t>(
      OpCase("MaxPool", 12).attr("kernel_shape", Ints{2}).input(Tensor::of<std::int8_t>({1, 1, 3}, {-128, -3, 5})),
      {1, 1, 2}, {-3, 5});
}

TEST(MaxPool, says_where_the_largest_was) {
  const auto y = OpCase("MaxPool", 12)
                     .attr("kernel_shape", Ints{2, 2})
                     .attr("strides", Ints{1, 1})
                     .input(floats({2, 1, 2, 3}, {5, 1, 2, 0, 9, 3, 1, 1, 1, 1, 1, 7}))
                     .outputs(2)
                     .run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[0], {2, 1, 1, 2}, {9, 9, 1, 7});
  // Counted over the whole tensor; the first of equal values wins.
  expect_elements<std::int64_t>((*y)[1], {2, 1, 1, 2}, {4, 4, 6, 11});
}

TEST(MaxPool, counts_columns_first_when_storage_order_is_1) {
  const auto y = OpCase("MaxPool", 12)
                     .attr("kernel_shape", Ints{2, 3})
                     .attr("storage_order", 1)
                     .input(floats({2, 1, 2, 3}, {5, 1, 2, 0, 9, 3, 1, 1, 8, 1, 1, 7}))
                     .outputs(2)
                     .run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<std::int64_t>((*y)[1], {2, 1, 1, 1}, {3, 6 + 4});
}

TEST(MaxPool, of_nothing_but_padding_is_minus_infinity) {
  // Taps at -3 and 1 of an input of one element.
  expect_output(OpCase("MaxPool", 12)
                    .attr("kernel_shape", Ints{2})
                    .attr("dilations", Ints{4})
                    .attr("pads", Ints{3, 2})
                    .input(floats({1, 1, 1}, {7})),
                {1, 1, 2}, {-kInf, -kInf});
}

TEST(MaxPool, rejects_a_missing_or_malformed_kernel) {
  expect_error(OpCase("MaxPool", 12).input(iota({1, 1, 3, 3})), ErrorCode::kInvalidModel,
               "attribute 'kernel_shape' is missing");
  expect_error(OpCase("MaxPool", 12).attr("kernel_shape", Ints{2}).input(iota({1, 1, 3, 3})), ErrorCode::kInvalidModel,
               "the kernel has 1 spatial axes");
  expect_error(OpCase("MaxPool", 12).attr("kernel_shape", Ints{4, 4}).input(iota({1, 1, 3, 3})),
               ErrorCode::kInvalidModel, "the window spans 4");
  expect_error(OpCase("MaxPool", 12).attr("kernel_shape", Ints{0, 1}).input(iota({1, 1, 3, 3})),
               ErrorCode::kInvalidModel, "size 0");
}

TEST(MaxPool, rejects_pads_as_large_as_the_window) {
  expect_error(
      OpCase("MaxPool", 12).attr("kernel_shape", Ints{2, 2}).attr("pads", Ints{2, 0, 0, 0}).input(iota({1, 1, 3, 3})),
      ErrorCode::kInvalidModel, "'pads' holds 2");
}

TEST(MaxPool, rejects_an_unknown_storage_order_and_type) {
  expect_error(OpCase("MaxPool", 12).attr("kernel_shape", Ints{1}).attr("storage_order", 2).input(iota({1, 1, 3})),
               ErrorCode::kInvalidModel, "'storage_order' is 2");
  expect_error(OpCase("MaxPool", 12).attr("kernel_shape", Ints{1}).input(iota<std::int64_t>({1, 1, 3})),
               ErrorCode::kUnsupportedModel, "int64");
  expect_error(OpCase("MaxPool", 12).attr("kernel_shape", Ints{1}).input(iota({1, 3})), ErrorCode::kInvalidModel,
               "spatial axes");
}

OpCase& padded(OpCase& op) {
  return op.attr("kernel_shape", Ints{2, 2}).attr("strides", Ints{2, 2}).attr("pads", Ints{1, 1, 0, 0});
}

TEST(AveragePool, leaves_padding_out_of_the_count) {
  OpCase op("AveragePool", 11);
  expect_output(padded(op).input(iota({1, 1, 3, 3}, 1)), {1, 1, 2, 2}, {1, 2.5F, 5.5F, 7});
}

TEST(AveragePool, counts_padding_when_asked) {
  OpCase op("AveragePool", 11);
  expect_output(padded(op).attr("count_include_pad", 1).input(iota({1, 1, 3, 3}, 1)), {1, 1, 2, 2},
                {0.25F, 1.25F, 2.75F, 7});
}

TEST(AveragePool, never_counts_what_ceil_mode_adds) {
  for (const std::int64_t include : {0, 1}) {
    expect_output(OpCase("AveragePool", 19)
                      .attr("kernel_shape", Ints{2})
                      .attr("strides", Ints{2})
                      .attr("ceil_mode", 1)
                      .attr("count_include_pad", include)
                      .input(floats({1, 1, 3}, {1, 3, 8})),
                  {1, 1, 2}, {2, 8});
  }
}

TEST(AveragePool, dilates) {
  expect_output(OpCase("AveragePool", 19)
                    .attr("kernel_shape", Ints{2})
                    .attr("dilations", Ints{2})
                    .input(floats({1, 1, 4}, {1, 10, 3, 20})),
                {1, 1, 2}, {2, 15});
}

TEST(AveragePool, of_nothing_but_padding_is_zero) {
  expect_output(OpCase("AveragePool", 19)
                    .attr("kernel_shape", Ints{2})
                    .attr("dilations", Ints{4})
                    .attr("pads", Ints{3, 2})
                    .input(floats({1, 1, 1}, {7})),
                {1, 1, 2}, {0, 0});
}

TEST(AveragePool, pads_to_the_same_size) {
  expect_output(OpCase("AveragePool", 11)
                    .attr("kernel_shape", Ints{2})
                    .attr("auto_pad", "SAME_LOWER")
                    .input(floats({1, 1, 3}, {2, 4, 6})),
                {1, 1, 3}, {2, 3, 5});
}

TEST(AveragePool, rejects_integers_and_contradicting_pads) {
  expect_error(OpCase("AveragePool", 11).attr("kernel_shape", Ints{1}).input(iota<std::int8_t>({1, 1, 3})),
               ErrorCode::kUnsupportedModel, "int8");
  OpCase op("AveragePool", 11);
  expect_error(padded(op).attr("auto_pad", "SAME_UPPER").input(iota({1, 1, 3, 3})), ErrorCode::kInvalidModel,
               "both set");
}

TEST(GlobalAveragePool, averages_each_channel) {
  expect_output(OpCase("GlobalAveragePool").input(iota({1, 2, 2, 2})), {1, 2, 1, 1}, {1.5F, 5.5F});
  expect_output(OpCase("GlobalAveragePool").input(iota({2, 1, 3})), {2, 1, 1}, {1, 4});
}

TEST(GlobalAveragePool, rejects_a_picture_of_0x0) {
  expect_error(OpCase("GlobalAveragePool").input(Tensor(DType::kFloat32, {1, 2, 0, 0})), ErrorCode::kInvalidModel,
               "nothing to pool");
}

TEST(GlobalAveragePool, rejects_a_matrix) {
  expect_error(OpCase("GlobalAveragePool").input(iota({1, 2})), ErrorCode::kInvalidModel, "spatial axes");
}

TEST(InternalMaxPool, reads_channels_last) {
  // Channel 0 counts 0, 2, 4, ..., channel 1 counts 1, 3, 5, ...
  OpCase op("MaxPool", 1, "paperkite");
  expect_output(padded(op).input(iota({1, 3, 3, 2})), {1, 2, 2, 2}, {0, 1, 4, 5, 12, 13, 16, 17});
}

TEST(InternalMaxPool, rejects_bad_windows) {
  OpCase op("MaxPool", 1, "paperkite");
  expect_error(op.attr("kernel_shape", Ints{4, 4}).input(iota({1, 3, 3, 8})), ErrorCode::kInvalidModel,
               "the window spans 4");
}

TEST(InternalAveragePool, reads_channels_last) {
  OpCase op("AveragePool", 1, "paperkite");
  expect_output(padded(op).input(iota({1, 3, 3, 2})), {1, 2, 2, 2}, {0, 1, 3, 4, 9, 10, 12, 13});
  OpCase counting("AveragePool", 1, "paperkite");
  expect_output(padded(counting).attr("count_include_pad", 1).input(iota({1, 3, 3, 1}, 1)), {1, 2, 2, 1},
                {0.25F, 1.25F, 2.75F, 7});
}

TEST(LpPool, sums_powers_under_a_window_and_skips_padding) {
  OpCase op("LpPool", 18);
  op.attr("kernel_shape", Ints{2}).attr("pads", Ints{1, 0}).input(floats({1, 1, 3}, {3, -4, 12}));
  expect_output(op, {1, 1, 3}, {3, 5, 12.649111F}, 1e-5);
  OpCase first("LpPool", 18);
  first.attr("p", 1).attr("kernel_shape", Ints{2}).attr("dilations", Ints{2}).input(floats({1, 1, 3}, {3, -4, -12}));
  expect_output(first, {1, 1, 1}, {15});
}

TEST(LpPool, rejects_an_order_that_is_not_positive) {
  expect_error(OpCase("LpPool", 18).attr("p", 0).attr("kernel_shape", Ints{2}).input(iota({1, 1, 3})),
               ErrorCode::kInvalidModel, "'p' is 0");
}

TEST(GlobalLpPool, takes_all_spatial_axes) {
  expect_output(OpCase("GlobalLpPool", 7).input(floats({1, 2, 1, 2}, {3, 4, -5, 12})), {1, 2, 1, 1}, {5, 13});
  expect_output(OpCase("GlobalLpPool", 7).attr("p", 3).input(floats({1, 1, 2}, {-1, 2})), {1, 1, 1}, {2.0800838F},
                1e-6);
}

TEST(MaxUnpool, puts_elements_back_where_they_were) {
  OpCase op("MaxUnpool", 11);
  op.attr("kernel_shape", Ints{2, 2}).attr("strides", Ints{2, 2});
  op.input(floats({1, 1, 1, 2}, {7, 9})).input(ints({1, 1, 1, 2}, {5, 2}));
  expect_output(op, {1, 1, 2, 4}, {0, 0, 9, 0, 0, 7, 0, 0});
}

// As in the node cases of the onnx package: indices count in the size that the attributes give. ONNX Runtime counts
// them in the stated size.
TEST(MaxUnpool, of_a_larger_size_keeps_positions) {
  OpCase op("MaxUnpool", 11);
  op.attr("kernel_shape", Ints{2}).attr("strides", Ints{2}).input(floats({1, 2, 1}, {7, 9}));
  op.input(ints({1, 2, 1}, {1, 2})).input(ints({3}, {1, 2, 3}));
  expect_output(op, {1, 2, 3}, {0, 7, 0, 9, 0, 0});
}

TEST(MaxUnpool, rejects_indices_beyond_the_output) {
  OpCase op("MaxUnpool", 11);
  op.attr("kernel_shape", Ints{2}).input(floats({1, 1, 1}, {7})).input(ints({1, 1, 1}, {2}));
  expect_error(op, ErrorCode::kInvalidInput, "index 2 is outside [0, 2)");
}

}  // namespace
}  // namespace kite
