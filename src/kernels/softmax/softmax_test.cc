// SPDX-License-Identifier: Apache-2.0
// Every softmax kernel against the portable operator in double, with a derived bound; extremes, shares, NaN, edges of
// memory.
#include "kernels/softmax/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

std::vector<float> run_softmax(const Kernel& kernel, const SoftmaxParams& p, const float* x, int shares) {
  const auto count = static_cast<std::size_t>(p.rows * p.channels);
  GuardedFloats y(count);
  const std::size_t bytes[] = {count * 4};
  EXPECT_TRUE(kSoftmax.fits({&p, sizeof p, bytes, bytes, 0}));
  const void* in[] = {x};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, out, nullptr, share, shares, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result";
  return y.values();
}

// Relative: x - max rounds to half an ULP of up to `spread`, which the exponential carries over; 4 ULP of each of the
// two exponentials (simd/activation.inl); channels/2/lanes + 6 additions of positive terms; a quotient and a product.
// Absolute: results below the smallest normal float.
void expect_right(const Kernel& kernel, const SoftmaxParams& p, const std::vector<float>& x, double spread,
                  int shares) {
  OpCase node("Softmax");
  const std::vector<double> want = oracle(node.input(in_double({p.rows, p.channels}, x)));
  const double relative = 0x1p-24 * (2 * spread + 16 + static_cast<double>(p.channels) / 8 + 6 + 3);
  expect_close(run_softmax(kernel, p, x.data(), shares), want,
               std::string(kernel.name) + " rows=" + std::to_string(p.rows) +
                   " channels=" + std::to_string(p.channels) + " shares=" + std::to_string(shares),
               [&](std::size_t i) { return relative * want[i] + 0x1p-126; });
}

class SoftmaxKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(SoftmaxKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 140; ++channels) {
    const SoftmaxParams p = {1 + channels % 4, channels};
    std::vector<float> x = random_floats(static_cast<std::size_t>(p.rows * p.channels), random);
    for (float& value : x) value *= 10;
    expect_right(*GetParam(), p, x, 20, 1 + channels % 5);
    if (HasFatalFailure()) return;
  }
  expect_right(*GetParam(), {12, 197}, random_floats(12 * 197, random), 2, 2);
  expect_right(*GetParam(), {1, 1000}, random_floats(1000, random), 2, 1);
}

TEST_P(SoftmaxKernels, are_stable_far_from_zero) {
  std::mt19937 random(2);
  for (const float offset : {-3e38f, -5000.0f, 5000.0f}) {
    for (const int channels : {3, 5, 17, 40}) {
      std::vector<float> x = random_floats(static_cast<std::size_t>(channels), random);
      for (float& value : x) value += offset;
      expect_right(*GetParam(), {1, channels}, x, 4096, 1);
    }
  }
}

// The largest element is found wherever it stands: missing it gives Inf / Inf.
TEST_P(SoftmaxKernels, give_zero_where_the_exponential_vanishes) {
  for (std::size_t at = 0; at < 70; ++at) {
    std::vector<float> x(70, -1000.0f);
    x[(at + 9) % 70] = -INFINITY;
    x[at] = 7.0f;
    const std::vector<float> y = run_softmax(*GetParam(), {1, 70}, x.data(), 1);
    for (std::size_t i = 0; i < 70; ++i) EXPECT_EQ(y[i], i == at ? 1.0f : 0.0f) << i << " largest at " << at;
  }
}

TEST_P(SoftmaxKernels, keep_nan_and_infinity_in_their_own_row) {
  for (const float bad : {NAN, INFINITY}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{17}, std::size_t{36}}) {
      std::vector<float> x(3 * 37, 0.5f);
      x[37 + at] = bad;
      const std::vector<float> y = run_softmax(*GetParam(), {3, 37}, x.data(), 1);
      for (std::size_t i = 0; i < 37; ++i) {
        EXPECT_FALSE(std::isnan(y[i])) << i;
        EXPECT_TRUE(std::isnan(y[37 + at])) << i;
        EXPECT_TRUE(std::isnan(y[37 + i]) || !std::isnan(bad)) << i;
        EXPECT_FALSE(std::isnan(y[74 + i])) << i;
      }
    }
  }
  const std::vector<float> nothing(21, -INFINITY);
  for (const float value : run_softmax(*GetParam(), {1, 21}, nothing.data(), 1)) EXPECT_TRUE(std::isnan(value));
}

TEST_P(SoftmaxKernels, give_the_same_bits_for_any_number_of_parts_and_any_row) {
  std::mt19937 random(3);
  const std::vector<float> x = random_floats(11 * 77, random);
  const std::vector<float> want = run_softmax(*GetParam(), {11, 77}, x.data(), 1);
  for (const int shares : {2, 3, 4, 5, 64})
    EXPECT_TRUE(same_bits(want, run_softmax(*GetParam(), {11, 77}, x.data(), shares))) << shares;
  for (std::ptrdiff_t row = 0; row < 11; ++row) {
    const std::vector<float> alone = run_softmax(*GetParam(), {1, 77}, x.data() + row * 77, 1);
    EXPECT_TRUE(same_bits(alone, {want.begin() + row * 77, want.begin() + (row + 1) * 77})) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(softmax, SoftmaxKernels, testing::ValuesIn(kernels_of(kSoftmax)), kernel_test_name);

TEST(SoftmaxFits, accepts_exact_operands_and_nothing_smaller) {
  const auto fits = [](const SoftmaxParams& p, std::size_t in, std::size_t out) {
    const std::size_t ins[] = {in}, outs[] = {out};
    return kSoftmax.fits({&p, sizeof p, ins, outs, 0});
  };
  EXPECT_TRUE(fits({5, 24}, 480, 480));
  EXPECT_FALSE(fits({5, 24}, 479, 480));
  EXPECT_FALSE(fits({5, 24}, 480, 479));
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-5}, INT64_MAX, INT64_MIN}) {
    EXPECT_FALSE(fits({bad, 24}, SIZE_MAX, SIZE_MAX));
    EXPECT_FALSE(fits({5, bad}, SIZE_MAX, SIZE_MAX));
  }
}

TEST(SoftmaxParts, are_no_more_than_there_is_work_for) {
  EXPECT_EQ(kSoftmax.max_shares({2364, 197}), 46);
  EXPECT_EQ(kSoftmax.max_shares({1, 1000}), 1);
}

}  // namespace
}  // namespace kite
