// SPDX-License-Identifier: Apache-2.0
// Losses, n-grams, determinants, and smaller operators of integers and matrices.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(NegativeLogLikelihoodLoss, weighs_classes_and_leaves_one_out) {
  const auto loss = [](const char* reduction, const Shape& shape, const std::vector<float>& expected) {
    OpCase op("NegativeLogLikelihoodLoss", 13);
    op.attr("reduction", reduction).attr("ignore_index", 9);
    op.input(floats({3, 2}, {1, 2, 3, 4, 5, 6})).input(ints({3}, {1, 0, 9})).input(floats({2}, {1, 2}));
    expect_output(op, shape, expected);
  };
  loss("none", {3}, {-4, -3, 0});
  loss("sum", {}, {-7});
  loss("mean", {}, {-7.0F / 3});
}

TEST(NegativeLogLikelihoodLoss, refuses_a_class_that_does_not_exist) {
  expect_error(OpCase("NegativeLogLikelihoodLoss", 13).runtime_input(iota({1, 2})).runtime_input(ints({1}, {2})),
               ErrorCode::kInvalidInput, "target 2");
  expect_error(OpCase("NegativeLogLikelihoodLoss", 13).runtime_input(iota({1, 2})).runtime_input(ints({2}, {0, 0})),
               ErrorCode::kInvalidModel, "do not fit");
}

TEST(SoftmaxCrossEntropyLoss, gives_the_logarithms_too) {
  OpCase op("SoftmaxCrossEntropyLoss", 13);
  op.outputs(2).input(floats({1, 2, 1}, {1000, 1000})).input(ints({1, 1}, {1}));
  const auto outputs = op.run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  const float half = -std::log(0.5F);
  expect_elements<float>((*outputs)[0], {}, {half}, 1e-6);
  expect_elements<float>((*outputs)[1], {1, 2, 1}, {-half, -half}, 1e-4);
}

TEST(TfIdfVectorizer, counts_grams_with_gaps) {
  const auto count = [](const char* mode, int skips, const std::vector<float>& expected) {
    OpCase op("TfIdfVectorizer", 9);
    op.attr("mode", mode).attr("min_gram_length", 1).attr("max_gram_length", 2).attr("max_skip_count", skips);
    op.attr("ngram_counts", Ints{0, 2}).attr("ngram_indexes", Ints{0, 1, 2}).attr("pool_int64s", Ints{7, 8, 7, 8});
    op.runtime_input(ints({5}, {7, 8, 7, 7, 8}));
    expect_output(op, {3}, expected);
  };
  count("TF", 0, {3, 2, 2});
  count("TF", 1, {3, 2, 3});
  count("IDF", 1, {1, 1, 1});
}

TEST(TfIdfVectorizer, refuses_lists_that_do_not_fit) {
  OpCase op("TfIdfVectorizer", 9);
  op.attr("mode", "TF").attr("min_gram_length", 1).attr("max_gram_length", 2).attr("max_skip_count", 0);
  op.attr("ngram_counts", Ints{0, 1}).attr("ngram_indexes", Ints{0, 1}).attr("pool_int64s", Ints{7, 8, 7, 8});
  expect_error(op.runtime_input(ints({1}, {7})), ErrorCode::kInvalidModel, "'ngram_counts'");
}

TEST(Det, of_each_matrix) {
  expect_output(OpCase("Det", 11).runtime_input(floats({2, 2, 2}, {0, 2, 3, 4, 1, 2, 2, 4})), {2}, {-6, 0});
  expect_output(OpCase("Det", 22).runtime_input(floats({0, 0}, {})), {}, {1});
  expect_error(OpCase("Det").runtime_input(iota({2, 3})), ErrorCode::kInvalidModel, "no square");
  expect_error(OpCase("Det").runtime_input(iota({129, 129})), ErrorCode::kUnsupportedModel, "129 rows");
}

TEST(CumProd, multiplies_in_both_directions) {
  const auto product = [](int exclusive, int reverse, const std::vector<float>& expected) {
    OpCase op("CumProd", 26);
    op.attr("exclusive", exclusive).attr("reverse", reverse).input(floats({3}, {2, 3, 4})).input(ints({}, {0}));
    expect_output(op, {3}, expected);
  };
  product(0, 0, {2, 6, 24});
  product(1, 0, {1, 2, 6});
  product(1, 1, {12, 4, 1});
}

TEST(BitShift, leaves_nothing_of_a_shift_by_all_bits) {
  const auto shift = [](const char* direction, const std::vector<std::uint8_t>& expected) {
    expect_output<std::uint8_t>(OpCase("BitShift", 11)
                                    .attr("direction", direction)
                                    .input(Tensor::of<std::uint8_t>({3}, {129, 3, 255}))
                                    .input(Tensor::of<std::uint8_t>({3}, {1, 2, 8})),
                                {3}, expected);
  };
  shift("LEFT", {2, 12, 0});
  shift("RIGHT", {64, 0, 0});
  expect_error(OpCase("BitShift", 11).input(Tensor(DType::kUInt8, {1})).input(Tensor(DType::kUInt8, {1})),
               ErrorCode::kInvalidModel, "'direction'");
}

TEST(BitCast, keeps_the_bits) {
  expect_output<std::int32_t>(OpCase("BitCast", 26).attr("to", 6).runtime_input(floats({2}, {1, -0.0F})), {2},
                              {0x3F800000, INT32_MIN});
  expect_error(OpCase("BitCast", 26).attr("to", 7).runtime_input(iota({2})), ErrorCode::kInvalidModel, "another size");
}

TEST(EyeLike, has_ones_on_its_diagonal) {
  expect_output(OpCase("EyeLike", 9).attr("k", 1).runtime_input(iota({2, 3})), {2, 3}, {0, 1, 0, 0, 0, 1});
  expect_output<std::int64_t>(OpCase("EyeLike", 9).attr("dtype", 7).runtime_input(iota({1, 1})), {1, 1}, {1});
  expect_error(OpCase("EyeLike", 9).attr("dtype", 99).runtime_input(iota({1, 1})), ErrorCode::kUnsupportedModel, "99");
}

TEST(ReverseSequence, turns_the_first_elements_round) {
  expect_output(OpCase("ReverseSequence", 10).runtime_input(iota({3, 2})).runtime_input(ints({2}, {2, 3})), {3, 2},
                {2, 5, 0, 3, 4, 1});
  expect_output(OpCase("ReverseSequence", 10)
                    .attr("batch_axis", 0)
                    .attr("time_axis", 1)
                    .runtime_input(iota({2, 3}))
                    .runtime_input(ints({2}, {1, 3})),
                {2, 3}, {0, 1, 2, 5, 4, 3});
  expect_error(OpCase("ReverseSequence", 10).runtime_input(iota({3, 1})).runtime_input(ints({1}, {4})),
               ErrorCode::kInvalidInput, "4 steps");
}

TEST(CenterCropPad, cuts_and_fills_around_the_centre) {
  expect_output(OpCase("CenterCropPad", 18).runtime_input(iota({1, 4}, 1)).input(ints({2}, {2, 1})), {2, 1}, {2, 0});
  expect_output(OpCase("CenterCropPad", 18).attr("axes", Ints{-1}).runtime_input(iota({1, 2}, 1)).input(ints({1}, {5})),
                {1, 5}, {0, 1, 2, 0, 0});
  expect_error(OpCase("CenterCropPad", 18).runtime_input(iota({2})).input(ints({2}, {1, 1})), ErrorCode::kInvalidModel,
               "2 numbers for 1 axes");
}

}  // namespace
}  // namespace kite
