// SPDX-License-Identifier: Apache-2.0
// The attention family. Values are ONNX Runtime's, or those of onnx's reference evaluator where it has no kernel.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

OpCase& with_heads(OpCase& op) {
  return op.input(iota({1, 2, 2, 2}, -0.5, 0.2)).input(iota({1, 1, 3, 2}, 0.4, -0.25)).input(iota({1, 1, 3, 2}, 1));
}

TEST(Attention, of_two_heads_that_share_keys_sees_no_later_key) {
  OpCase op("Attention", 23);
  expect_output(with_heads(op.attr("is_causal", 1)), {1, 2, 2, 2}, {1, 2, 2, 3, 1, 2, 1.724466F, 2.724466F}, 1e-5);
}

TEST(Attention, of_packed_heads_equals_that_of_separate_ones) {
  OpCase separate("Attention", 23);
  const auto expected = with_heads(separate).run();
  ASSERT_TRUE(expected.ok()) << expected.error().message();
  OpCase packed("Attention", 23);
  packed.attr("q_num_heads", 2).attr("kv_num_heads", 1);
  packed.input(floats({1, 2, 4}, {-0.5F, -0.3F, 0.3F, 0.5F, -0.1F, 0.1F, 0.7F, 0.9F}))
      .input(iota({1, 3, 2}, 0.4, -0.25))
      .input(iota({1, 3, 2}, 1));
  const float* y = (*expected)[0].as<float>();
  expect_output(packed, {1, 2, 4}, {y[0], y[1], y[4], y[5], y[2], y[3], y[6], y[7]}, 1e-6);
}

TEST(Attention, gives_zeros_to_a_query_that_sees_no_key) {
  OpCase op("Attention", 23);
  with_heads(op).input(Tensor::of<bool>({2, 3}, {false, false, false, true, false, false}));
  expect_output(op, {1, 2, 2, 2}, {0, 0, 1, 2, 0, 0, 1, 2}, 1e-6);
}

TEST(Attention, hides_keys_that_a_short_mask_does_not_reach) {
  OpCase op("Attention", 24);
  expect_output(with_heads(op).input(floats({1, 2}, {0, -kInf})), {1, 2, 2, 2}, {1, 2, 1, 2, 1, 2, 1, 2}, 1e-6);
  OpCase old("Attention", 23);
  expect_error(with_heads(old).input(floats({1, 2}, {0, -kInf})), ErrorCode::kInvalidModel, "attn_mask");
}

TEST(Attention, joins_past_and_new_keys) {
  const auto y = OpCase("Attention", 23)
                     .input(iota({1, 1, 1, 2}))
                     .input(iota({1, 1, 1, 2}))
                     .input(iota({1, 1, 1, 1}, 7))
                     .no_input()
                     .input(iota({1, 1, 2, 2}, 5))
                     .input(iota({1, 1, 2, 1}, 3))
                     .outputs(3)
                     .run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[1], {1, 1, 3, 2}, {5, 6, 7, 8, 0, 1});
  expect_elements<float>((*y)[2], {1, 1, 3, 1}, {3, 4, 7});
}

TEST(Attention, shows_its_scores_before_and_after_softmax) {
  for (const int mode : {0, 3}) {
    OpCase op("Attention", 23);
    op.attr("scale", 1.0F).attr("qk_matmul_output_mode", mode).outputs(4);
    op.input(floats({1, 1, 1, 1}, {1})).input(floats({1, 1, 2, 1}, {0, 0})).input(floats({1, 1, 2, 1}, {2, 4}));
    const auto y = op.run();
    ASSERT_TRUE(y.ok()) << y.error().message();
    expect_elements<float>((*y)[0], {1, 1, 1, 1}, {3});
    const float each = mode == 0 ? 0.0F : 0.5F;
    expect_elements<float>((*y)[3], {1, 1, 1, 2}, {each, each});
  }
}

TEST(Attention, rejects_heads_and_windows_that_do_not_fit) {
  expect_error(OpCase("Attention", 23).input(iota({1, 2, 4})).input(iota({1, 2, 4})).input(iota({1, 2, 4})),
               ErrorCode::kInvalidModel, "'q_num_heads' is 0");
  expect_error(OpCase("Attention", 23).input(iota({1, 3, 2, 2})).input(iota({1, 2, 2, 2})).input(iota({1, 2, 2, 2})),
               ErrorCode::kInvalidModel, "a divisor of its heads");
  OpCase window("Attention", 24);
  expect_error(with_heads(window.attr("left_window_size", 1)), ErrorCode::kInvalidModel, "since opset 25");
}

TEST(FlexAttention, without_modifiers_is_attention) {
  OpCase op("FlexAttention", 1, "ai.onnx.preview");
  op.input(iota({1, 2, 1, 2}, -0.5, 0.2)).input(iota({1, 1, 3, 2}, 0.4, -0.25)).input(iota({1, 1, 3, 2}, 1));
  expect_output(op, {1, 2, 1, 2}, {3.372181F, 4.372181F, 3, 4}, 1e-5);
}

TEST(FlexAttention, refuses_modifiers) {
  OpCase op("FlexAttention", 1, "ai.onnx.preview");
  op.attr("score_mod", "a graph").input(iota({1, 1, 1, 2})).input(iota({1, 1, 1, 2})).input(iota({1, 1, 1, 2}));
  expect_error(op, ErrorCode::kUnsupportedModel, "'score_mod'");
}

OpCase& with_angles(OpCase& op) {
  return op.input(iota({1, 1, 2, 4}, 1))
      .input(iota({2, 2}, 0.1, 0.1))
      .input(iota({2, 2}, 0.5, -0.1))
      .input(ints({1, 2}, {1, 0}));
}

TEST(RotaryEmbedding, turns_halves_or_neighbours_by_the_angles_of_a_position) {
  OpCase halves("RotaryEmbedding", 23);
  expect_output(with_angles(halves), {1, 1, 2, 4}, {-0.6F, 0, 1.2F, 2, -3, -2, 3.2F, 4}, 1e-5);
  OpCase neighbours("RotaryEmbedding", 23);
  expect_output(with_angles(neighbours.attr("interleaved", 1)), {1, 1, 2, 4},
                {-0.3F, 0.9F, 0.4F, 2.2F, -2.5F, 3.1F, -1.8F, 4.4F}, 1e-5);
}

TEST(RotaryEmbedding, rejects_positions_beyond_the_table) {
  OpCase op("RotaryEmbedding", 23);
  op.input(iota({1, 1, 1, 2})).input(iota({2, 1})).input(iota({2, 1})).input(ints({1, 1}, {2}));
  expect_error(op, ErrorCode::kInvalidInput, "position 2 is outside [0, 2)");
}

TEST(LinearAttention, decays_and_corrects_its_state) {
  const auto y = OpCase("LinearAttention", 27)
                     .attr("q_num_heads", 1)
                     .attr("kv_num_heads", 1)
                     .input(iota({1, 2, 2}, 0.1, 0.2))
                     .input(iota({1, 2, 2}, 0.4, -0.1))
                     .input(iota({1, 2, 2}, 1))
                     .no_input()
                     .input(iota({1, 2, 1}, -0.2, -0.1))
                     .input(iota({1, 2, 1}, 0.5, 0.2))
                     .outputs(2)
                     .run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[0], {1, 2, 2}, {0.04596194F, 0.09192389F, 0.3563953F, 0.5444992F}, 1e-6);
  expect_elements<float>((*y)[1], {1, 1, 2, 2}, {0.5624593F, 0.8449187F, 0.3182706F, 0.4965411F}, 1e-6);
}

TEST(LinearAttention, rejects_a_rule_without_its_gates) {
  OpCase op("LinearAttention", 27);
  op.attr("q_num_heads", 1)
      .attr("kv_num_heads", 1)
      .input(iota({1, 1, 2}))
      .input(iota({1, 1, 2}))
      .input(iota({1, 1, 2}));
  expect_error(op, ErrorCode::kInvalidModel, "'decay' and 'beta'");
}

TEST(CausalConvWithState, continues_from_its_state) {
  const auto y = OpCase("CausalConvWithState", 27)
                     .input(floats({1, 1, 2}, {3, 4}))
                     .input(floats({1, 1, 3}, {1, 10, 100}))
                     .input(floats({1}, {0.5F}))
                     .input(floats({1, 1, 2}, {1, 2}))
                     .outputs(2)
                     .run();
  ASSERT_TRUE(y.ok()) << y.error().message();
  expect_elements<float>((*y)[0], {1, 1, 2}, {321.5F, 432.5F});
  expect_elements<float>((*y)[1], {1, 1, 2}, {3, 4});
}

TEST(CausalConvWithState, rejects_weights_of_several_channels) {
  expect_error(OpCase("CausalConvWithState", 27).input(iota({1, 2, 2})).input(iota({2, 2, 2})),
               ErrorCode::kInvalidModel, "[channels, 1, kernel]");
}

TEST(TensorScatter, writes_at_the_index_of_each_entry) {
  OpCase linear("TensorScatter", 24);
  linear.attr("axis", 1).input(iota({2, 3})).input(floats({2, 2}, {10, 11, 12, 13})).input(ints({2}, {1, 0}));
  expect_output(linear, {2, 3}, {0, 10, 11, 12, 13, 5});
  OpCase circular("TensorScatter", 24);
  circular.attr("axis", 1).attr("mode", "circular");
  circular.input(iota({1, 3})).input(floats({1, 2}, {10, 11})).input(ints({1}, {5}));
  expect_output(circular, {1, 3}, {11, 1, 10});
}

TEST(TensorScatter, rejects_an_index_beyond_the_cache) {
  OpCase op("TensorScatter", 24);
  op.attr("axis", 1).input(iota({1, 3})).input(iota({1, 2})).input(ints({1}, {2}));
  expect_error(op, ErrorCode::kInvalidInput, "write index 2 is outside [0, 1]");
}

TEST(Swish, multiplies_by_a_sigmoid) {
  expect_output(OpCase("Swish", 24).input(floats({3}, {-1, 0, 2})), {3}, {-0.26894143F, 0, 1.7615942F}, 1e-6);
  expect_output(OpCase("Swish", 24).attr("alpha", 2.0F).input(floats({1}, {1})), {1}, {0.8807971F}, 1e-6);
}

TEST(SwiGLU, gates_without_broadcasting) {
  expect_output(OpCase("SwiGLU", 28).input(floats({2}, {-1, 2})).input(floats({2}, {10, 3})), {2},
                {-2.6894143F, 5.2847826F}, 1e-5);
  expect_error(OpCase("SwiGLU", 28).input(iota({2})).input(iota({1})), ErrorCode::kInvalidModel, "one shape");
}

}  // namespace
}  // namespace kite
