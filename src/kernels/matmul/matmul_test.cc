// SPDX-License-Identifier: Apache-2.0
// Every matrix-product kernel against the portable operator in double, with the proven bound; batches, broadcasts,
// shares.
#include "kernels/matmul/matmul.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

struct MatmulShape {
  int batch = 1, m = 1, n = 1, k = 1;
  bool transposed = false;
};

MatmulParams make_params(const MatmulShape& shape) {
  return {.a_batch_stride = std::int64_t{shape.m} * shape.k,
          .b_batch_stride = std::int64_t{shape.k} * shape.n,
          .batch = shape.batch,
          .m = shape.m,
          .n = shape.n,
          .k = shape.k,
          .b_transposed = shape.transposed ? 1 : 0,
          .reserved = 0};
}

std::string describe(const MatmulParams& p) {
  return "batch=" + std::to_string(p.batch) + " m=" + std::to_string(p.m) + " n=" + std::to_string(p.n) +
         " k=" + std::to_string(p.k) + " transposed=" + std::to_string(p.b_transposed) + " strides " +
         std::to_string(p.a_batch_stride) + "," + std::to_string(p.b_batch_stride);
}

std::size_t floats(std::int64_t batch, std::int64_t stride, std::int64_t each) {
  return static_cast<std::size_t>((batch - 1) * stride + each);
}

std::vector<float> run_matmul(const Kernel& kernel, const MatmulParams& p, const std::vector<float>& a,
                              const std::vector<float>& b, int shares) {
  GuardedFloats c(static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.m) * static_cast<std::size_t>(p.n));
  const std::size_t scratch_bytes = kMatmul.scratch_bytes(p);
  const std::size_t in_bytes[] = {a.size() * 4, b.size() * 4};
  const std::size_t out_bytes[] = {c.size() * 4};
  EXPECT_TRUE(kMatmul.fits({&p, sizeof p, in_bytes, out_bytes, scratch_bytes})) << describe(p);
  const PageEndFloats left(a), right(b);
  const void* in[] = {left.data(), right.data()};
  void* out[] = {c.data()};
  for (int share = 0; share < shares; ++share) {
    GuardedFloats scratch(scratch_bytes / 4);
    kernel.run({&p, in, out, scratch.data(), share, shares, nullptr, 0});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << describe(p);
  }
  EXPECT_TRUE(c.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  return c.values();
}

// Matrices of one operand as MatMul takes them: dense, rows first.
Tensor matrices(const std::vector<float>& values, const MatmulParams& p, std::int64_t batch_stride, std::int64_t rows,
                std::int64_t columns, bool transposed) {
  Tensor tensor(DType::kFloat64, {p.batch, rows, columns});
  double* to = tensor.as<double>();
  for (std::int64_t item = 0; item < p.batch; ++item) {
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        const std::int64_t at = transposed ? column * rows + row : row * columns + column;
        *to++ = values[static_cast<std::size_t>(item * batch_stride + at)];
      }
    }
  }
  return tensor;
}

std::vector<double> matmul_oracle(const MatmulParams& p, const std::vector<float>& a, const std::vector<float>& b) {
  OpCase node("MatMul");
  node.input(matrices(a, p, p.a_batch_stride, p.m, p.k, false));
  node.input(matrices(b, p, p.b_batch_stride, p.k, p.n, p.b_transposed != 0));
  return oracle(node);
}

void expect_right(const Kernel& kernel, const MatmulParams& p, std::mt19937& random, int shares) {
  const std::vector<float> a =
      random_floats(floats(p.batch, p.a_batch_stride, static_cast<std::int64_t>(p.m) * p.k), random);
  const std::vector<float> b =
      random_floats(floats(p.batch, p.b_batch_stride, static_cast<std::int64_t>(p.k) * p.n), random);
  const std::vector<double> magnitude = matmul_oracle(p, magnitudes(a), magnitudes(b));
  expect_close(run_matmul(kernel, p, a, b, shares), matmul_oracle(p, a, b),
               std::string(kernel.name) + " " + describe(p) + " shares=" + std::to_string(shares),
               [&](std::size_t i) { return (p.k + 8) * 0x1p-24 * magnitude[i]; });
}

class MatmulKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(MatmulKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int n = 1; n <= 50; ++n) {
    for (const int m : {1, 2, 3, 6, 7, 14, 15, 29}) {
      expect_right(*GetParam(),
                   make_params({.batch = 1 + n % 3, .m = m, .n = n, .k = 1 + (n * m) % 33, .transposed = n % 2 == 0}),
                   random, 1 + (n + m) % 4);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(MatmulKernels, agree_with_the_reference_on_attention) {
  std::mt19937 random(2);
  expect_right(*GetParam(), make_params({.batch = 3, .m = 197, .n = 197, .k = 64, .transposed = true}), random, 2);
  expect_right(*GetParam(), make_params({.batch = 3, .m = 197, .n = 64, .k = 197}), random, 2);
}

TEST_P(MatmulKernels, cut_wide_products_into_blocks_of_columns) {
  std::mt19937 random(3);
  for (const bool transposed : {false, true}) {
    expect_right(*GetParam(), make_params({.m = 9, .n = 419, .k = 700, .transposed = transposed}), random,
                 1);  // 91 columns a block: 96
    expect_right(*GetParam(), make_params({.batch = 2, .m = 3, .n = 100, .k = 1500, .transposed = transposed}), random,
                 3);
  }
}

TEST_P(MatmulKernels, take_one_matrix_for_the_whole_batch) {
  std::mt19937 random(4);
  MatmulParams p = make_params({.batch = 4, .m = 5, .n = 40, .k = 9});
  p.b_batch_stride = 0;
  expect_right(*GetParam(), p, random, 3);
  p = make_params({.batch = 4, .m = 5, .n = 40, .k = 9, .transposed = true});
  p.a_batch_stride = 0;
  expect_right(*GetParam(), p, random, 1);
  p.a_batch_stride = 100;  // gaps
  expect_right(*GetParam(), p, random, 2);
}

TEST_P(MatmulKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    expect_right(*GetParam(),
                 make_params({.batch = pick(1, 4),
                              .m = pick(1, 60),
                              .n = pick(1, 150),
                              .k = pick(1, 150),
                              .transposed = pick(0, 1) != 0}),
                 random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

TEST_P(MatmulKernels, give_the_same_bits_for_any_number_of_parts_and_any_place_in_the_batch) {
  std::mt19937 random(5);
  const MatmulParams p = make_params({.batch = 5, .m = 37, .n = 70, .k = 45, .transposed = true});
  const std::vector<float> a = random_floats(5 * 37 * 45, random), b = random_floats(5 * 70 * 45, random);
  const std::vector<float> want = run_matmul(*GetParam(), p, a, b, 1);
  for (const int shares : {2, 3, 4, 5, 40})
    EXPECT_TRUE(same_bits(want, run_matmul(*GetParam(), p, a, b, shares))) << shares;
  MatmulParams one = p;
  one.batch = 1;
  for (int item = 0; item < 5; ++item) {
    const std::vector<float> part =
        run_matmul(*GetParam(), one, {a.begin() + item * 37 * 45, a.begin() + (item + 1) * 37 * 45},
                   {b.begin() + item * 70 * 45, b.begin() + (item + 1) * 70 * 45}, 1);
    EXPECT_TRUE(same_bits(part, {want.begin() + item * 37 * 70, want.begin() + (item + 1) * 37 * 70})) << item;
  }
}

INSTANTIATE_TEST_SUITE_P(matmul, MatmulKernels, testing::ValuesIn(kernels_of(kMatmul)), kernel_test_name);

TEST(MatmulFits, accepts_exact_operands_and_nothing_smaller) {
  const MatmulParams p = make_params({.batch = 3, .m = 5, .n = 7, .k = 11});
  const std::size_t a = 3 * 5 * 11 * 4, b = 3 * 7 * 11 * 4, c = 3 * 5 * 7 * 4;
  const std::size_t scratch = kMatmul.scratch_bytes(p);
  const auto fits = [](const MatmulParams& q, std::vector<std::size_t> in, std::size_t out, std::size_t scratch_bytes) {
    const std::size_t outs[] = {out};
    return kMatmul.fits({&q, sizeof q, in, outs, scratch_bytes});
  };
  EXPECT_TRUE(fits(p, {a, b}, c, scratch));
  EXPECT_FALSE(fits(p, {a - 1, b}, c, scratch));
  EXPECT_FALSE(fits(p, {a, b - 1}, c, scratch));
  EXPECT_FALSE(fits(p, {a, b}, c - 1, scratch));
  EXPECT_FALSE(fits(p, {a, b}, c, scratch - 1));
  MatmulParams far = p;
  far.a_batch_stride = INT64_MAX / 2;
  EXPECT_FALSE(fits(far, {a, b}, c, scratch));
  far = p;
  far.b_batch_stride = -1;
  EXPECT_FALSE(fits(far, {a, b}, c, scratch));
  far = p;
  far.m = far.n = far.k = INT32_MAX;
  EXPECT_FALSE(fits(far, {a, b}, c, scratch));
}

}  // namespace
}  // namespace kite
