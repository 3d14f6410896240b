// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM; values are those of onnx's reference evaluator or, with other functions, of ONNX Runtime. One
// difference: without activation_alpha, ONNX Runtime's ThresholdedRelu has another threshold than the operator of that
// name, which is 1.
#include <gtest/gtest.h>

#include <utility>

#include "ops/op_case.h"

namespace kite {
namespace {

OpCase& two_units(OpCase& op, std::int64_t gates) {
  if (gates == 1) {
    return op.input(iota({2, 1, 2}, -0.5, 0.25))
        .input(iota({1, 2, 2}, -0.3, 0.2))
        .input(iota({1, 2, 2}, 0.4, -0.3))
        .input(iota({1, 4}, 0.1, 0.1));
  }
  return op.input(iota({2, 1, 2}, -0.5, 0.25))
      .input(iota({1, 6, 2}, -0.6, 0.1))
      .input(iota({1, 6, 2}, 0.7, -0.12))
      .input(iota({1, 12}, -0.5, 0.1));
}

TEST(RNN, carries_its_state_from_step_to_step) {
  OpCase op("RNN", 14);
  const auto y = two_units(op.outputs(2), 1).run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[0], {2, 1, 1, 2}, {0.5190219F, 0.4422304F, 0.5558668F, 0.3364469F}, 1e-6);
  expect_elements<float>((*y)[1], {1, 1, 2}, {0.5558668F, 0.3364469F}, 1e-6);
}

TEST(RNN, with_the_batch_first_gives_the_same_numbers) {
  OpCase op("RNN", 14);
  op.attr("layout", 1).outputs(2);
  op.input(iota({1, 2, 2}, -0.5, 0.25)).input(iota({1, 2, 2}, -0.3, 0.2)).input(iota({1, 2, 2}, 0.4, -0.3));
  const auto y = op.input(iota({1, 4}, 0.1, 0.1)).run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[0], {1, 2, 1, 2}, {0.5190219F, 0.4422304F, 0.5558668F, 0.3364469F}, 1e-6);
}

TEST(RNN, stops_at_the_length_of_each_sequence) {
  for (const bool reverse : {false, true}) {
    OpCase op("RNN", 14);
    op.attr("direction", reverse ? "reverse" : "forward").outputs(2);
    op.input(floats({3, 1, 1}, {0.5F, -0.25F, 9})).input(floats({1, 1, 1}, {1})).input(floats({1, 1, 1}, {0}));
    const auto y = op.no_input().input(Tensor::of<std::int32_t>({1}, {2})).run();
    ASSERT_TRUE(y.ok()) << y.error().message();
    expect_elements<float>((*y)[0], {3, 1, 1, 1}, {0.46211716F, -0.24491866F, 0}, 1e-6);
    expect_elements<float>((*y)[1], {1, 1, 1}, {reverse ? 0.46211716F : -0.24491866F}, 1e-6);
  }
}

TEST(RNN, rejects_what_does_not_fit) {
  expect_error(OpCase("RNN", 14).input(iota({2, 1, 2})).input(iota({1, 2, 3})).input(iota({1, 2, 2})),
               ErrorCode::kInvalidModel, "'W' has shape [1,2,3], expected [1,2,2]");
  OpCase direction("RNN", 14);
  expect_error(two_units(direction.attr("direction", "sideways"), 1), ErrorCode::kInvalidModel, "sideways");
}

TEST(GRU, applies_its_reset_gate_before_or_after_the_product) {
  OpCase before("GRU", 14);
  expect_output(two_units(before, 3), {2, 1, 1, 2}, {0.1092563F, 0.1291079F, 0.2864452F, 0.3715946F}, 1e-6);
  OpCase after("GRU", 14);
  expect_output(two_units(after.attr("linear_before_reset", 1), 3), {2, 1, 1, 2},
                {-0.0046388F, 0.0005694451F, 0.1358124F, 0.2447383F}, 1e-6);
}

TEST(LSTM, runs_in_both_directions_with_peepholes) {
  OpCase op("LSTM", 14);
  op.attr("direction", "bidirectional").outputs(3);
  op.input(iota({2, 1, 1}, -0.5)).input(iota({2, 8, 1}, -0.7, 0.1)).input(iota({2, 8, 2}, 0.8, -0.05));
  op.input(iota({2, 16}, -0.8, 0.05)).no_input().input(iota({2, 1, 2}, 0.1, 0.1)).input(iota({2, 1, 2}, -0.2, 0.1));
  const auto y = op.input(iota({2, 6}, -0.5, 0.1)).run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>(
      (*y)[0], {2, 2, 1, 2},
      {-0.0910183F, -0.07341391F, 0.2404077F, 0.2850169F, -0.03625503F, -0.03607756F, 0.2765953F, 0.3534589F}, 1e-6);
  expect_elements<float>((*y)[1], {2, 1, 2}, {-0.03625503F, -0.03607756F, 0.2404077F, 0.2850169F}, 1e-6);
  expect_elements<float>((*y)[2], {2, 1, 2}, {-0.1701059F, -0.1509663F, 0.4194411F, 0.4964213F}, 1e-6);
}

// The numbers of a list go to the functions that take them, in order.
TEST(LSTM, takes_other_functions_with_their_parameters) {
  OpCase op("LSTM", 14);
  op.attr("activations", std::vector<std::string>{"HardSigmoid", "LeakyRelu", "Softsign"})
      .attr("activation_alpha", std::vector<float>{0.3F, 0.1F})
      .attr("activation_beta", std::vector<float>{0.4F})
      .attr("clip", 0.5F)
      .attr("input_forget", 1)
      .outputs(3);
  op.input(iota({2, 1, 1}, -0.5)).input(iota({1, 8, 1}, -0.7, 0.1)).input(iota({1, 8, 2}, 0.8, -0.05));
  const auto y = op.run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[1], {1, 1, 2}, {0.00524979F, 0.0001248737F}, 1e-6);
  expect_elements<float>((*y)[2], {1, 1, 2}, {0.016311F, 0.0003655233F}, 1e-6);
}

TEST(LSTM, refuses_a_function_that_is_unknown_or_lacks_parameters) {
  for (const char* name : {"Sine", "Affine"}) {
    OpCase op("LSTM", 14);
    op.attr("activations", std::vector<std::string>{name, "Tanh", "Tanh"});
    op.input(iota({1, 1, 1})).input(iota({1, 4, 1})).input(iota({1, 4, 1}));
    expect_error(op, ErrorCode::kUnsupportedModel, "'activations'");
  }
}

// x W^T of the first test of each operator, computed before.
TEST(InternalRNN, takes_the_sums_of_its_input) {
  OpCase op("RNN", 1, "paperkite");
  op.input(floats({2, 1, 2}, {0.175F, -0.125F, -0.025F, 0.075F})).no_input().input(iota({1, 2, 2}, 0.4, -0.3));
  expect_output(op.input(iota({1, 4}, 0.1, 0.1)), {2, 1, 1, 2}, {0.5190219F, 0.4422304F, 0.5558668F, 0.3364469F}, 1e-6);
}

TEST(InternalGRU, takes_the_sums_of_its_input) {
  OpCase op("GRU", 1, "paperkite");
  op.input(floats({2, 1, 6}, {0.425F, 0.275F, 0.125F, -0.025F, -0.175F, -0.325F, -0.125F, -0.075F, -0.025F, 0.025F,
                              0.075F, 0.125F}));
  op.no_input().input(iota({1, 6, 2}, 0.7, -0.12)).input(iota({1, 12}, -0.5, 0.1));
  expect_output(op, {2, 1, 1, 2}, {0.1092563F, 0.1291079F, 0.2864452F, 0.3715946F}, 1e-6);
}

TEST(InternalLSTM, rejects_sums_of_too_few_gates) {
  OpCase op("LSTM", 1, "paperkite");
  expect_error(op.input(iota({1, 1, 3})).no_input().input(iota({1, 4, 1})), ErrorCode::kInvalidModel,
               "the sums of 4 gates");
}

}  // namespace
}  // namespace kite
