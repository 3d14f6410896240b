// SPDX-License-Identifier: Apache-2.0
// Dropout at inference, in every form of its signature.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Dropout, is_the_identity) {
  expect_output(OpCase("Dropout", 7).attr("ratio", 0.5F).input(iota({3})), {3}, {0, 1, 2});
  expect_output(OpCase("Dropout", 22).input(iota({3})).input(scalar(0.9F)), {3}, {0, 1, 2});
}

TEST(Dropout, keeps_everything_in_its_mask) {
  const auto y = OpCase("Dropout", 10).input(iota({2})).outputs(2).run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  ASSERT_EQ((*y)[1].dtype(), DType::kBool);
  EXPECT_TRUE((*y)[1].as<bool>()[0] && (*y)[1].as<bool>()[1]);
}

TEST(Dropout, before_opset_10_masks_with_the_data_type) {
  const auto y = OpCase("Dropout", 7).input(iota({2})).outputs(2).run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[1], {2}, {1, 1});
}

TEST(Dropout, accepts_training_mode_false) {
  expect_output(OpCase("Dropout", 13).input(iota({2})).no_input().input(Tensor::of<bool>({}, {false})), {2}, {0, 1});
}

TEST(Dropout, that_trains_with_a_ratio_of_zero_keeps_everything) {
  expect_output(OpCase("Dropout", 13).input(iota({2})).input(scalar(0)).input(Tensor::of<bool>({}, {true})), {2},
                {0, 1});
}

TEST(Dropout, refuses_to_train) {
  expect_error(OpCase("Dropout", 13).input(iota({2})).input(scalar(0.5F)).input(Tensor::of<bool>({}, {true})),
               ErrorCode::kUnsupportedModel, "model.eval()");
  expect_error(OpCase("Dropout", 13).input(iota({2})).no_input().runtime_input(Tensor::of<bool>({}, {false})),
               ErrorCode::kUnsupportedModel, "only known at run time");
}

TEST(Dropout, rejects_a_training_mode_that_is_no_bool) {
  expect_error(OpCase("Dropout", 13).input(iota({2})).no_input().input(scalar(0)), ErrorCode::kInvalidModel,
               "bool scalar");
}

TEST(Dropout, rejects_a_ratio_input_before_opset_12) {
  expect_error(OpCase("Dropout", 10).input(iota({2})).input(scalar(0)), ErrorCode::kInvalidModel, "inputs");
}

}  // namespace
}  // namespace kite
