// SPDX-License-Identifier: Apache-2.0
// BatchNormalization, LayerNormalization and Softmax.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "ops/op_case.h"

namespace kite {
namespace {

OpCase& with_statistics(OpCase& op, Tensor x, float variance = 4) {
  return op.attr("epsilon", 0.0F)
      .input(std::move(x))
      .input(floats({2}, {1, 10}))
      .input(floats({2}, {0, 100}))
      .input(floats({2}, {1, 2}))
      .input(floats({2}, {variance, 1}));
}

TEST(BatchNormalization, normalises_each_channel) {
  OpCase op("BatchNormalization", 15);
  expect_output(with_statistics(op, iota({1, 2, 1, 2})), {1, 2, 1, 2}, {-0.5F, 0, 100, 110});
  OpCase matrix("BatchNormalization", 9);
  expect_output(with_statistics(matrix, iota({2, 2})), {2, 2}, {-0.5F, 90, 0.5F, 110});
}

TEST(BatchNormalization, has_epsilon_hold_up_a_variance_of_zero) {
  OpCase op("BatchNormalization", 15);
  op.attr("epsilon", 0.25F).input(floats({1, 1}, {3})).input(floats({1}, {1})).input(floats({1}, {0}));
  expect_output(op.input(floats({1}, {1})).input(floats({1}, {0})), {1, 1}, {4});
}

TEST(BatchNormalization, of_a_negative_variance_is_nan_in_that_channel) {
  OpCase op("BatchNormalization", 15);
  expect_output(with_statistics(op, iota({1, 2, 1, 2}), -1), {1, 2, 1, 2}, {kNaN, kNaN, 100, 110});
}

// Values are ONNX Runtime's: the statistics are those of the batch, with the variance of the population. Until opset 13
// more outputs mean training; the last one is the inverse deviation, as ONNX Runtime saves it.
TEST(BatchNormalization, while_training_uses_the_statistics_of_its_input) {
  OpCase op("BatchNormalization", 9);
  op.attr("epsilon", 0.0F).attr("momentum", 0.5F).outputs(5).input(iota({2, 2, 1}, 1));
  op.input(floats({2}, {1, 2})).input(floats({2}, {0, 1})).input(floats({2}, {3, 4})).input(floats({2}, {4, 5}));
  const auto y = op.run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[0], {2, 2, 1}, {-1, -1, 1, 3});
  expect_elements<float>((*y)[1], {2}, {2.5F, 3.5F});
  expect_elements<float>((*y)[2], {2}, {2.5F, 3});
  expect_elements<float>((*y)[3], {2}, {2, 3});
  expect_elements<float>((*y)[4], {2}, {1, 1});
  OpCase mode("BatchNormalization", 15);
  expect_output(with_statistics(mode.attr("training_mode", 1), iota({1, 2, 1, 2})), {1, 2, 1, 2}, {-1, 1, 90, 110});
}

TEST(BatchNormalization, at_inference_has_no_other_output) {
  OpCase op("BatchNormalization", 15);
  expect_error(with_statistics(op.outputs(3), iota({1, 2, 1, 2})), ErrorCode::kInvalidModel, "only while training");
}

TEST(BatchNormalization, before_opset_9_may_have_parameters_for_each_pixel) {
  OpCase op("BatchNormalization", 7);
  op.attr("spatial", 0).attr("epsilon", 0.0F).input(iota({2, 1, 2}));
  op.input(floats({1, 2}, {1, 10})).input(floats({1, 2}, {0, 100})).input(floats({1, 2}, {1, 2}));
  expect_output(op.input(floats({1, 2}, {1, 4})), {2, 1, 2}, {-1, 95, 1, 105});
}

TEST(BatchNormalization, rejects_statistics_of_another_length) {
  OpCase op("BatchNormalization", 15);
  expect_error(with_statistics(op, iota({1, 3, 1, 2})), ErrorCode::kInvalidModel,
               "input 'scale' has shape [2], expected [3]");
}

TEST(BatchNormalization, rejects_a_scalar_and_too_few_inputs) {
  OpCase op("BatchNormalization", 15);
  expect_error(with_statistics(op, scalar(1)), ErrorCode::kInvalidModel, "scalar");
  expect_error(OpCase("BatchNormalization", 15).input(iota({1, 2})), ErrorCode::kInvalidModel, "inputs");
}

TEST(LayerNormalization, normalises_the_last_axis) {
  // Mean 2, variance 1 in both rows.
  expect_output(OpCase("LayerNormalization", 17)
                    .attr("epsilon", 0.0F)
                    .input(floats({2, 2}, {1, 3, 3, 1}))
                    .input(floats({2}, {2, 10}))
                    .input(floats({2}, {0, 5})),
                {2, 2}, {-2, 15, 2, -5});
}

TEST(LayerNormalization, over_several_axes_gives_its_moments) {
  const auto y = OpCase("LayerNormalization", 17)
                     .attr("epsilon", 0.0F)
                     .attr("axis", 1)
                     .input(floats({2, 2, 2}, {1, 3, 1, 3, 10, 10, 14, 14}))
                     .input(floats({2, 2}, {1, 1, 1, 2}))
                     .outputs(3)
                     .run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[0], {2, 2, 2}, {-1, 1, -1, 2, -1, -1, 1, 2});
  expect_elements<float>((*y)[1], {2, 1, 1}, {2, 12});
  expect_elements<float>((*y)[2], {2, 1, 1}, {1, 0.5F});
}

TEST(LayerNormalization, broadcasts_scale_and_bias_over_the_normalised_axes) {
  expect_output(OpCase("LayerNormalization", 17)
                    .attr("epsilon", 0.0F)
                    .attr("axis", -2)
                    .input(floats({1, 2, 2}, {1, 3, 1, 3}))
                    .input(floats({1, 1, 2}, {1, 10}))
                    .input(floats({2, 1}, {100, 200})),
                {1, 2, 2}, {99, 110, 199, 210});
}

TEST(LayerNormalization, does_not_cancel_where_the_mean_is_large) {
  expect_output(OpCase("LayerNormalization", 17)
                    .attr("epsilon", 0.0F)
                    .input(floats({1, 2}, {16777214, 16777216}))
                    .input(scalar(1)),
                {1, 2}, {-1, 1});
}

TEST(LayerNormalization, of_constant_rows_is_the_bias) {
  expect_output(
      OpCase("LayerNormalization", 17).input(floats({1, 2}, {7, 7})).input(iota({2}, 1)).input(floats({2}, {3, 4})),
      {1, 2}, {3, 4});
}

TEST(LayerNormalization, rejects_axes_and_parameters_that_do_not_fit) {
  expect_error(OpCase("LayerNormalization", 17).attr("axis", 2).input(iota({2, 2})).input(iota({2})),
               ErrorCode::kInvalidModel, "axis 2");
  expect_error(OpCase("LayerNormalization", 17).input(iota({2, 2})).input(iota({3})), ErrorCode::kInvalidModel,
               "input 'Scale' has shape [3]");
  expect_error(OpCase("LayerNormalization", 17).input(iota({2, 2})).input(iota({2})).input(iota({3})),
               ErrorCode::kInvalidModel, "input 'B' has shape [3]");
  expect_error(OpCase("LayerNormalization", 17).input(iota({2, 2})).input(iota({2, 2})), ErrorCode::kUnsupportedModel,
               "varies outside the normalised axes");
  expect_error(OpCase("LayerNormalization", 17).attr("stash_type", 16).input(iota({2, 2})).input(iota({2})),
               ErrorCode::kUnsupportedModel, "'stash_type' is 16");
}

TEST(Softmax, normalises_the_last_axis_from_opset_13) {
  const float e = std::exp(1.0F);
  expect_output(OpCase("Softmax", 13).input(floats({2, 1, 2}, {0, 1, 5, 5})), {2, 1, 2},
                {1 / (1 + e), e / (1 + e), 0.5F, 0.5F}, 1e-7);
}

TEST(Softmax, normalises_an_inner_axis) {
  expect_output(OpCase("Softmax", 13).attr("axis", 0).input(floats({2, 2}, {3, 0, 3, 1000})), {2, 2},
                {0.5F, 0, 0.5F, 1});
}

TEST(Softmax, before_opset_13_normalises_whole_rows) {
  expect_output(OpCase("Softmax", 11).input(floats({1, 2, 2}, {1, 1, 1, 1})), {1, 2, 2}, {0.25F, 0.25F, 0.25F, 0.25F});
  expect_output(OpCase("Softmax", 11).attr("axis", -1).input(floats({1, 2, 2}, {1, 1, 1, 1})), {1, 2, 2},
                {0.5F, 0.5F, 0.5F, 0.5F});
  expect_output(OpCase("Softmax", 7).attr("axis", 0).input(floats({2, 2}, {1, 1, 1, 1})), {2, 2},
                {0.25F, 0.25F, 0.25F, 0.25F});
}

TEST(Softmax, survives_large_values_and_minus_infinity) {
  expect_output(OpCase("Softmax", 13).input(floats({3}, {3e38F, -3e38F, -kInf})), {3}, {1, 0, 0});
}

TEST(Softmax, fills_a_row_with_its_nan) {
  expect_output(OpCase("Softmax", 13).input(floats({3, 2}, {1, kNaN, 0, 0, -kInf, -kInf})), {3, 2},
                {kNaN, kNaN, 0.5F, 0.5F, kNaN, kNaN});
}

TEST(Softmax, of_an_empty_axis_is_empty) {
  expect_output(OpCase("Softmax", 13).input(Tensor(DType::kFloat32, {2, 0})), {2, 0}, {});
}

TEST(Softmax, rejects_axes_out_of_range_and_integers) {
  expect_error(OpCase("Softmax", 13).attr("axis", -9).input(iota({2, 2})), ErrorCode::kInvalidModel, "axis -9");
  expect_error(OpCase("Softmax", 11).input(iota({2})), ErrorCode::kInvalidModel, "axis 1");
  expect_error(OpCase("Softmax", 13).input(scalar(1)), ErrorCode::kInvalidModel, "axis -1");
  expect_error(OpCase("Softmax", 13).input(ints({1}, {1})), ErrorCode::kUnsupportedModel, "int64");
  expect_error(OpCase("Softmax", 13).attr("axis", 1.0F).input(iota({2, 2})), ErrorCode::kInvalidModel, "'axis'");
}

TEST(RMSNormalization, divides_by_the_root_of_the_mean_square) {
  expect_output(OpCase("RMSNormalization", 23)
                    .attr("epsilon", 0.0F)
                    .input(floats({2, 2}, {1, 7, -3, 3}))
                    .input(floats({2}, {5, 10})),
                {2, 2}, {1, 14, -5, 10}, 1e-6);
}

TEST(RMSNormalization, refuses_a_scale_that_varies_elsewhere) {
  expect_error(OpCase("RMSNormalization", 23).input(iota({2, 2})).input(iota({2, 2})), ErrorCode::kUnsupportedModel,
               "outside the normalised axes");
}

TEST(MeanVarianceNormalization, is_over_batch_and_pixels_unless_it_says_otherwise) {
  expect_output(OpCase("MeanVarianceNormalization", 13).input(iota({2, 2, 1, 1})), {2, 2, 1, 1}, {-1, -1, 1, 1}, 1e-6);
  expect_output(OpCase("MeanVarianceNormalization", 13).attr("axes", Ints{-1}).input(iota({2, 2})), {2, 2},
                {-1, 1, -1, 1}, 1e-6);
}

TEST(MeanVarianceNormalization, rejects_axes_that_do_not_exist) {
  expect_error(OpCase("MeanVarianceNormalization", 13).input(iota({2, 2})), ErrorCode::kInvalidModel, "axis 2");
}

}  // namespace
}  // namespace kite
