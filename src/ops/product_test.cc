// SPDX-License-Identifier: Apache-2.0
// The matrix products: MatMul, Gemm and the internal Linear.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(MatMul, multiplies_matrices) {
  expect_output(
      OpCase("MatMul", 13).input(floats({2, 3}, {1, 2, 3, 4, 5, 6})).input(floats({3, 2}, {1, 0, 0, 1, 2, 2})), {2, 2},
      {7, 8, 16, 17});
}

TEST(MatMul, takes_vectors_on_either_side) {
  expect_output(OpCase("MatMul", 13).input(floats({2}, {1, 2})).input(floats({2, 2}, {1, 2, 3, 4})), {2}, {7, 10});
  expect_output(OpCase("MatMul", 13).input(floats({2, 2}, {1, 2, 3, 4})).input(floats({2}, {1, 2})), {2}, {5, 11});
  expect_output(OpCase("MatMul", 13).input(floats({2}, {1, 2})).input(floats({2}, {3, 4})), {}, {11});
  // A vector meets every matrix of a batch.
  expect_output(OpCase("MatMul", 13).input(iota({2, 1, 2})).input(floats({2}, {1, 10})), {2, 1}, {10, 32});
}

TEST(MatMul, broadcasts_batches) {
  // [2,1] and [3] batches make [2,3] of 1x1 products.
  expect_output(OpCase("MatMul", 13).input(floats({2, 1, 1, 1}, {1, 10})).input(floats({3, 1, 1}, {1, 2, 3})),
                {2, 3, 1, 1}, {1, 2, 3, 10, 20, 30});
}

TEST(MatMul, over_no_columns_is_zero) {
  expect_output(OpCase("MatMul", 13).input(Tensor(DType::kFloat32, {2, 0})).input(Tensor(DType::kFloat32, {0, 2})),
                {2, 2}, {0, 0, 0, 0});
}

TEST(MatMul, of_integers_wraps) {
  expect_output<std::int32_t>(OpCase("MatMul", 13)
                                  .input(Tensor::of<std::int32_t>({1, 2}, {1 << 30, -3}))
                                  .input(Tensor::of<std::int32_t>({2, 1}, {4, 5})),
                              {1, 1}, {-15});
}

TEST(MatMul, sums_in_float64) {
  // 1e8 + 1 - 1e8: the 1 would be lost in a float32 sum.
  expect_output(OpCase("MatMul", 13).input(floats({1, 3}, {1e8F, 1, -1e8F})).input(floats({3, 1}, {1, 1, 1})), {1, 1},
                {1});
}

TEST(MatMul, of_sizes_beyond_a_tile_matches_the_definition) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    const std::int64_t rows = 1 + random() % 11;
    const std::int64_t columns = 1 + random() % 140;
    const std::int64_t depth = 1 + random() % 9;
    const auto y = OpCase("MatMul", 13)
                       .input(iota<std::int64_t>({rows, depth}, -5, 3))
                       .input(iota<std::int64_t>({depth, columns}, 2, -1))
                       .run();
    ASSERT_TRUE(y.ok()) << y.error().message();
    for (std::int64_t m = 0; m < rows; ++m) {
      for (std::int64_t n = 0; n < columns; ++n) {
        std::int64_t sum = 0;
        for (std::int64_t k = 0; k < depth; ++k) sum += (-5 + 3 * (m * depth + k)) * (2 - (k * columns + n));
        ASSERT_EQ((*y)[0].as<std::int64_t>()[m * columns + n], sum);
      }
    }
  }
}

TEST(MatMul, rejects_what_does_not_multiply) {
  expect_error(OpCase("MatMul", 13).input(iota({2, 3})).input(iota({2, 3})), ErrorCode::kInvalidModel,
               "[2,3] and [2,3] do not multiply: 3 columns meet 2 rows");
  expect_error(OpCase("MatMul", 13).input(iota({2, 1, 1})).input(iota({3, 1, 1})), ErrorCode::kInvalidModel,
               "do not broadcast");
  expect_error(OpCase("MatMul", 13).input(scalar(1)).input(iota({1, 1})), ErrorCode::kInvalidModel, "no scalar");
  expect_error(OpCase("MatMul", 13).input(iota({1, 1})).input(iota<double>({1, 1})), ErrorCode::kInvalidModel,
               "float64");
  expect_error(OpCase("MatMul", 13).input(iota<std::int8_t>({1, 1})).input(iota<std::int8_t>({1, 1})),
               ErrorCode::kUnsupportedModel, "int8");
}

TEST(Gemm, scales_both_terms) {
  expect_output(OpCase("Gemm", 13)
                    .attr("alpha", 2.0F)
                    .attr("beta", 0.5F)
                    .input(floats({1, 2}, {1, 2}))
                    .input(floats({2, 2}, {1, 2, 3, 4}))
                    .input(floats({2}, {10, 20})),
                {1, 2}, {19, 30});
}

TEST(Gemm, transposes_either_operand) {
  // The matrix [[1,2,3],[4,5,6]] on the left, [[1,0],[0,1],[2,2]] on the right, each given as its transpose.
  const auto expect = [](int a, int b) {
    expect_output(OpCase("Gemm", 13)
                      .attr("transA", a)
                      .attr("transB", b)
                      .input(a != 0 ? floats({3, 2}, {1, 4, 2, 5, 3, 6}) : floats({2, 3}, {1, 2, 3, 4, 5, 6}))
                      .input(b != 0 ? floats({2, 3}, {1, 0, 2, 0, 1, 2}) : floats({3, 2}, {1, 0, 0, 1, 2, 2})),
                  {2, 2}, {7, 8, 16, 17});
  };
  expect(0, 0);
  expect(1, 0);
  expect(0, 1);
  expect(1, 1);
}

TEST(Gemm, broadcasts_c_in_every_direction) {
  const auto expect = [](Tensor c, const std::vector<float>& y) {
    expect_output(OpCase("Gemm", 13).input(floats({2, 1}, {1, 2})).input(floats({1, 2}, {10, 20})).input(std::move(c)),
                  {2, 2}, y);
  };
  expect(scalar(1), {11, 21, 21, 41});
  expect(floats({2}, {1, 2}), {11, 22, 21, 42});
  expect(floats({1, 2}, {1, 2}), {11, 22, 21, 42});
  expect(floats({2, 1}, {1, 2}), {11, 21, 22, 42});
  expect(floats({2, 2}, {1, 2, 3, 4}), {11, 22, 23, 44});
}

TEST(Gemm, with_beta_zero_does_not_read_c) {
  expect_output(
      OpCase("Gemm", 13).attr("beta", 0.0F).input(floats({1, 1}, {3})).input(floats({1, 1}, {4})).input(scalar(kNaN)),
      {1, 1}, {12});
}

TEST(Gemm, of_integers) {
  expect_output<std::int64_t>(
      OpCase("Gemm", 13).input(ints({1, 2}, {3, -4})).input(ints({2, 1}, {5, 6})).input(ints({}, {-1})), {1, 1}, {-10});
  expect_error(OpCase("Gemm", 13).attr("alpha", 0.5F).input(ints({1, 2}, {3, -4})).input(ints({2, 1}, {5, 6})),
               ErrorCode::kUnsupportedModel, "'alpha'");
}

TEST(Gemm, rejects_what_does_not_multiply) {
  expect_error(OpCase("Gemm", 13).attr("transB", 1).input(iota({2, 3})).input(iota({3, 2})), ErrorCode::kInvalidModel,
               "transB=1 do not multiply: 3 columns meet 2 rows");
  expect_error(OpCase("Gemm", 13).input(iota({1, 2, 3})).input(iota({3, 2})), ErrorCode::kInvalidModel,
               "expected two matrices");
}

TEST(Gemm, rejects_a_c_that_would_widen_the_output) {
  expect_error(OpCase("Gemm", 13).input(iota({1, 2})).input(iota({2, 2})).input(iota({3, 2})), ErrorCode::kInvalidModel,
               "input 'C' has shape [3,2], which does not broadcast to [1,2]");
  expect_error(OpCase("Gemm", 13).input(iota({1, 2})).input(iota({2, 2})).input(iota({1, 1, 2})),
               ErrorCode::kInvalidModel, "does not broadcast");
}

TEST(Gemm, before_opset_11_needs_c) {
  expect_error(OpCase("Gemm", 9).input(iota({1, 2})).input(iota({2, 2})), ErrorCode::kInvalidModel, "3 inputs");
}

TEST(InternalLinear, works_over_the_last_axis) {
  expect_output(
      OpCase("Linear", 1, "paperkite").input(floats({2, 1, 2}, {1, 2, 3, 4})).input(floats({2, 3}, {1, 0, 1, 0, 1, 1})),
      {2, 1, 3}, {1, 2, 3, 3, 4, 7});
}

TEST(InternalLinear, takes_transposed_weights_bias_residual_and_activation) {
  expect_output(OpCase("Linear", 1, "paperkite")
                    .attr("transposed", 1)
                    .attr("activation", "clip")
                    .attr("activation_a", 0.0F)
                    .attr("activation_b", 6.0F)
                    .input(floats({2, 2}, {1, 2, 3, 4}))
                    .input(floats({3, 2}, {1, 0, 0, 1, 1, 1}))
                    .input(floats({3}, {0, 0, -1}))
                    .input(floats({2, 3}, {-5, 0, 0, 0, 0.5F, 0.5F})),
                {2, 3}, {0, 2, 2, 3, 4.5F, 6});
}

TEST(InternalLinear, rejects_operands_that_do_not_fit) {
  expect_error(OpCase("Linear", 1, "paperkite").input(iota({2, 3})).input(iota({2, 3})), ErrorCode::kInvalidModel,
               "do not fit input");
  expect_error(OpCase("Linear", 1, "paperkite").input(iota({2, 3})).input(iota({3, 2})).input(iota({3})),
               ErrorCode::kInvalidModel, "bias has shape [3], expected [2]");
  expect_error(OpCase("Linear", 1, "paperkite").input(iota({2, 3})).input(iota({3, 2})).no_input().input(iota({2, 3})),
               ErrorCode::kInvalidModel, "residual has shape [2,3], expected [2,2]");
  expect_error(OpCase("Linear", 1, "paperkite").input(scalar(1)).input(iota({1, 2})), ErrorCode::kInvalidModel,
               "scalar");
}

}  // namespace
}  // namespace kite
