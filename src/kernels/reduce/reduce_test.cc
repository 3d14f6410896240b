// SPDX-License-Identifier: Apache-2.0
// Every reduction kernel against the portable operator in double, with the proven bound; shares, batch positions, NaN,
// edges of memory.
#include "kernels/reduce/reduce.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

ReduceParams mean_of(std::int64_t outer, std::int64_t count, std::int64_t inner) {
  return {outer, count, inner, static_cast<float>(count), 0};
}
ReduceParams sum_of(std::int64_t outer, std::int64_t count, std::int64_t inner) { return {outer, count, inner, 1, 0}; }
ReduceParams length_of(std::int64_t outer, std::int64_t count, std::int64_t inner) {
  return {outer, count, inner, 1, 1};
}
constexpr decltype(&mean_of) kKinds[] = {mean_of, sum_of, length_of};

const char* operator_of(const ReduceParams& p) {
  if (p.is_length != 0) return "ReduceL2";
  return p.divisor == 1 && p.count != 1 ? "ReduceSum" : "ReduceMean";
}

std::string describe(const ReduceParams& p) {
  return std::string(operator_of(p)) + "[" + std::to_string(p.outer) + "," + std::to_string(p.count) + "," +
         std::to_string(p.inner) + "]";
}

std::vector<float> run_reduce(const Kernel& kernel, const ReduceParams& p, const float* x, int shares) {
  const auto out = static_cast<std::size_t>(p.outer * p.inner);
  GuardedFloats y(out);
  const std::size_t in_bytes[] = {out * static_cast<std::size_t>(p.count) * 4};
  const std::size_t out_bytes[] = {out * 4};
  EXPECT_TRUE(kReduce.fits({&p, sizeof p, in_bytes, out_bytes, 0})) << describe(p);
  const void* in[] = {x};
  void* outs[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, outs, nullptr, share, shares, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  return y.values();
}

// Roundings that a term passes: the additions of reduce.h, 4 steps across 16 lanes, one division; a root halves those
// of squares.
double roundings(const ReduceParams& p) { return 64 + 2 + static_cast<double>(p.count) / 256 + 4 + 1; }

std::vector<double> reduce_oracle(const ReduceParams& p, const float* x) {
  OpCase node(operator_of(p), p.divisor == 1 ? 11 : 13);
  node.attr("axes", Ints{1}).attr("keepdims", 0).input(in_double({p.outer, p.count, p.inner}, x));
  return oracle(node);
}

void expect_right(const Kernel& kernel, const ReduceParams& p, std::mt19937& random, int shares) {
  const std::vector<float> x = random_floats(static_cast<std::size_t>(p.outer * p.count * p.inner), random);
  const std::vector<double> magnitude = reduce_oracle(p, magnitudes(x).data());
  expect_close(run_reduce(kernel, p, x.data(), shares), reduce_oracle(p, x.data()),
               std::string(kernel.name) + " " + describe(p) + " shares=" + std::to_string(shares),
               [&](std::size_t i) { return roundings(p) * 0x1p-24 * magnitude[i] + 0x1p-149; });
}

class ReduceKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(ReduceKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int inner = 1; inner <= 70; ++inner) {
    for (const int count : {1, 2, 3, 4, 5, 7, 8, 49, 255, 256, 257, 261}) {
      for (const auto kind : kKinds)
        expect_right(*GetParam(), kind(1 + inner % 3, count, inner), random, 1 + (inner + count) % 5);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(ReduceKernels, agree_with_the_reference_on_rows_of_every_length) {
  std::mt19937 random(2);
  for (int count = 1; count <= 150; ++count) {
    for (const auto kind : kKinds) expect_right(*GetParam(), kind(3, count, 1), random, 1 + count % 4);
    if (HasFatalFailure()) return;
  }
  for (const int count : {1000, 4095, 4096, 4097, 4113, 12544}) {
    for (const auto kind : kKinds) expect_right(*GetParam(), kind(2, count, 1), random, 2);
  }
}

TEST_P(ReduceKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    expect_right(*GetParam(), kKinds[pick(0, 2)](pick(1, 4), pick(1, 600), pick(1, 100)), random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

// Sums of many terms that are not near zero: a single running sum would be ten times as far off.
TEST_P(ReduceKernels, stay_exact_over_a_large_picture) {
  const ReduceParams p = mean_of(1, 112 * 112, 32);
  std::mt19937 random(3);
  std::vector<float> x = random_floats(112 * 112 * 32, random);
  for (float& value : x) value += 2.0f;
  const std::vector<float> y = run_reduce(*GetParam(), p, x.data(), 1);
  const std::vector<double> want = reduce_oracle(p, x.data());
  expect_close(y, want, describe(p), [&](std::size_t i) { return 8 * 0x1p-24 * want[i]; });
}

TEST_P(ReduceKernels, give_the_same_bits_for_any_number_of_parts_and_any_place_in_the_batch) {
  std::mt19937 random(4);
  for (const int inner : {1, 24, 72, 200}) {
    const std::vector<float> x = random_floats(static_cast<std::size_t>(3 * 301 * inner), random);
    for (const auto kind : kKinds) {
      const ReduceParams p = kind(3, 301, inner);
      const std::vector<float> want = run_reduce(*GetParam(), p, x.data(), 1);
      for (const int shares : {2, 3, 4, 5, 64})
        EXPECT_TRUE(same_bits(want, run_reduce(*GetParam(), p, x.data(), shares))) << shares;
      for (int item = 0; item < 3; ++item) {
        const std::vector<float> alone = run_reduce(*GetParam(), kind(1, 301, inner), x.data() + item * 301 * inner, 1);
        EXPECT_TRUE(same_bits(alone, {want.begin() + item * inner, want.begin() + (item + 1) * inner})) << item;
      }
    }
  }
}

// Squares of these numbers leave the range of float32, at both ends; beside them lie columns whose squares do not.
TEST_P(ReduceKernels, give_lengths_whose_squares_are_no_floats) {
  std::mt19937 random(7);
  for (const double size : {1e-44, 1e-30, 1e-20, 1e-13, 1e-12, 1e18, 1e20, 1e30}) {
    for (const int inner : {1, 7, 40}) {
      std::vector<float> x = random_floats(static_cast<std::size_t>(2 * 53 * inner), random);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (inner == 1 || i % 2 == 0) x[i] = static_cast<float>(x[i] * size);
      }
      const ReduceParams p = length_of(2, 53, inner);
      expect_close(run_reduce(*GetParam(), p, x.data(), 1), reduce_oracle(p, x.data()), describe(p),
                   [&, want = reduce_oracle(p, x.data())](std::size_t i) {
                     return roundings(p) * 0x1p-24 * want[i] + 0x1p-149;
                   });
    }
  }
}

// What is made of a column depends on its own column only, wherever that lies in a vector.
TEST_P(ReduceKernels, give_the_same_bits_for_a_column_wherever_it_lies) {
  std::mt19937 random(5);
  const std::vector<float> column = random_floats(777, random);
  std::vector<float> narrow(777 * 2, 0.0f);
  for (std::size_t m = 0; m < 777; ++m) narrow[m * 2] = column[m];
  const std::vector<float> want = run_reduce(*GetParam(), mean_of(1, 777, 2), narrow.data(), 1);
  for (const int at : {0, 1, 15, 16, 31, 40, 66}) {
    std::vector<float> x(777 * 67, 3.0f);
    for (std::size_t m = 0; m < 777; ++m) x[m * 67 + static_cast<std::size_t>(at)] = column[m];
    EXPECT_EQ(run_reduce(*GetParam(), mean_of(1, 777, 67), x.data(), 1)[static_cast<std::size_t>(at)], want[0]) << at;
  }
}

TEST_P(ReduceKernels, pass_nan_and_infinity_on_to_their_own_mean_only) {
  std::vector<float> x(100 * 20, 1.0f);
  x[57 * 20 + 3] = NAN;
  x[98 * 20 + 18] = INFINITY;
  for (const auto kind : kKinds) {
    const float usual = kind == mean_of ? 1.0f : kind == sum_of ? 100.0f : 10.0f;
    const std::vector<float> y = run_reduce(*GetParam(), kind(1, 100, 20), x.data(), 1);
    for (std::size_t i = 0; i < 20; ++i) {
      if (i == 3) {
        EXPECT_TRUE(std::isnan(y[i]));
      } else {
        EXPECT_EQ(y[i], i == 18 ? INFINITY : usual) << i;
      }
    }
    const std::vector<float> rows = run_reduce(*GetParam(), kind(20, 100, 1), x.data(), 1);
    EXPECT_TRUE(std::isnan(rows[11]));
    EXPECT_EQ(rows[19], INFINITY);
    EXPECT_EQ(rows[0], usual);
  }
}

TEST_P(ReduceKernels, read_unaligned_operands) {
  std::mt19937 random(6);
  const std::vector<float> x = random_floats(1 + 50 * 37, random);
  expect_close(run_reduce(*GetParam(), mean_of(1, 50, 37), x.data() + 1, 1),
               reduce_oracle(mean_of(1, 50, 37), x.data() + 1), std::string(GetParam()->name),
               [](std::size_t) { return 1e-6; });
}

INSTANTIATE_TEST_SUITE_P(reduce, ReduceKernels, testing::ValuesIn(kernels_of(kReduce)), kernel_test_name);

TEST(ReduceFits, accepts_exact_operands_and_nothing_smaller) {
  const auto fits = [](const ReduceParams& p, std::size_t in, std::size_t out) {
    const std::size_t ins[] = {in}, outs[] = {out};
    return kReduce.fits({&p, sizeof p, ins, outs, 0});
  };
  EXPECT_TRUE(fits(mean_of(2, 49, 24), 2 * 49 * 24 * 4, 2 * 24 * 4));
  EXPECT_FALSE(fits(mean_of(2, 49, 24), 2 * 49 * 24 * 4 - 1, 2 * 24 * 4));
  EXPECT_FALSE(fits(mean_of(2, 49, 24), 2 * 49 * 24 * 4, 2 * 24 * 4 - 1));
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    EXPECT_FALSE(fits(mean_of(bad, 49, 24), SIZE_MAX, SIZE_MAX)) << bad;
    EXPECT_FALSE(fits(mean_of(2, bad, 24), SIZE_MAX, SIZE_MAX)) << bad;
    EXPECT_FALSE(fits(mean_of(2, 49, bad), SIZE_MAX, SIZE_MAX)) << bad;
  }
  EXPECT_FALSE(fits(mean_of(std::int64_t{1} << 32, std::int64_t{1} << 32, 1), 64, 64));
}

TEST(ReduceParts, are_no_more_than_there_is_work_for) {
  EXPECT_EQ(kReduce.max_shares(mean_of(1, 49, 400)), 1);        // the head of RegNet: 4 us
  EXPECT_EQ(kReduce.max_shares(mean_of(1, 112 * 112, 32)), 2);  // two cache lines of outputs
  EXPECT_EQ(kReduce.max_shares(mean_of(64, 49, 2048)), 128);
}

}  // namespace
}  // namespace kite
