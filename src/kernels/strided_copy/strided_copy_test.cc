// SPDX-License-Identifier: Apache-2.0
// Every strided-copy kernel against the copy of the portable operators, bit for bit: permutations, blocks, steps,
// broadcasts, shares.
#include "kernels/strided_copy/strided_copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "kernels/testing.h"
#include "ops/strided_copy.h"

namespace kite {
namespace {

using Dims = std::vector<std::int64_t>;
using Words = std::vector<std::uint32_t>;

std::string describe(const StridedCopyParams& p) {
  std::string text = std::to_string(p.in_first) + " -> " + std::to_string(p.out_first);
  for (int d = 0; d < kCopyDims; ++d) {
    text += " [" + std::to_string(p.size[d]) + " " + std::to_string(p.in_stride[d]) + " " +
            std::to_string(p.out_stride[d]) + "]";
  }
  return text;
}

Dims dense_strides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

StridedCopyParams transpose_params(const Dims& x, const std::vector<int>& perm) {
  const Dims in = dense_strides(x);
  Dims y;
  for (const int source : perm) y.push_back(x[static_cast<std::size_t>(source)]);
  const Dims out = dense_strides(y);
  std::vector<CopyAxis> axes;
  for (std::size_t i = 0; i < y.size(); ++i) axes.push_back({y[i], in[static_cast<std::size_t>(perm[i])], out[i]});
  StridedCopyParams p = {};
  EXPECT_TRUE(collapse_copy(axes, p));
  return p;
}

std::int64_t elements(const StridedCopyParams& p) {
  return std::accumulate(std::begin(p.size), std::end(p.size), std::int64_t{1}, std::multiplies<>());
}

std::size_t reach(const StridedCopyParams& p, std::int64_t first, const std::int64_t (&stride)[kCopyDims]) {
  std::int64_t total = first + 1;
  for (int d = 0; d < kCopyDims; ++d) total += (p.size[d] - 1) * stride[d];
  return static_cast<std::size_t>(total);
}

// Every word different, with patterns of NaN among them that arithmetic would change.
Words make_words(std::size_t count, std::mt19937& random) {
  Words words(count);
  for (std::size_t i = 0; i < count; ++i)
    words[i] = (i % 3 == 0 ? 0x7f800000u : 0u) ^ static_cast<std::uint32_t>(random());
  return words;
}

void expect_right(const Kernel& kernel, const StridedCopyParams& p, std::mt19937& random, int shares) {
  const Words x = make_words(reach(p, p.in_first, p.in_stride), random);
  const std::size_t out_count = std::max(reach(p, p.out_first, p.out_stride), static_cast<std::size_t>(elements(p)));
  GuardedFloats y(out_count), want(out_count);  // NaN where nothing is written
  StridedCopy oracle;
  for (int d = 0; d < kCopyDims; ++d) oracle.add_axis(p.size[d], p.out_stride[d], p.in_stride[d]);
  strided_copy(oracle, 4, reinterpret_cast<const std::byte*>(x.data() + p.in_first),
               reinterpret_cast<std::byte*>(want.data() + p.out_first));
  const std::size_t in_bytes[] = {x.size() * 4};
  const std::size_t out_bytes[] = {out_count * 4};
  ASSERT_TRUE(kStridedCopy.fits({&p, sizeof p, in_bytes, out_bytes, 0})) << describe(p);
  const void* in[] = {x.data()};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, out, nullptr, share, shares, nullptr, 0});
  ASSERT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  ASSERT_EQ(std::memcmp(y.data(), want.data(), out_count * 4), 0)
      << kernel.name << ": " << describe(p) << " shares=" << shares;
}

class StridedCopyKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(StridedCopyKernels, transpose_matrices_of_every_small_size) {
  std::mt19937 random(1);
  for (std::int64_t h = 1; h <= 20; ++h) {
    for (std::int64_t w = 1; w <= 20; ++w) {
      expect_right(*GetParam(), transpose_params({h, w}, {1, 0}), random, 1 + static_cast<int>((h + w) % 5));
      if (HasFatalFailure()) return;
    }
  }
  for (const Dims& x : {Dims{63, 65}, Dims{64, 128}, Dims{129, 70}, Dims{1, 300}, Dims{300, 2}}) {
    for (const int shares : {1, 2, 5}) expect_right(*GetParam(), transpose_params(x, {1, 0}), random, shares);
  }
}

TEST_P(StridedCopyKernels, permute_up_to_five_axes) {
  std::mt19937 random(2);
  const Dims x = {2, 5, 3, 4, 7};
  std::vector<int> perm = {0, 1, 2, 3, 4};
  do {
    expect_right(*GetParam(), transpose_params(x, perm), random, 1 + perm[0]);
    if (HasFatalFailure()) return;
  } while (std::ranges::next_permutation(perm).found);
}

TEST_P(StridedCopyKernels, permute_the_tensors_of_real_networks) {
  std::mt19937 random(3);
  expect_right(*GetParam(), transpose_params({2, 197, 12, 64}, {0, 2, 1, 3}), random, 2);  // split heads
  expect_right(*GetParam(), transpose_params({1, 197, 12, 64}, {0, 2, 3, 1}), random, 2);  // K^T
  expect_right(*GetParam(), transpose_params({1, 3, 56, 50}, {0, 2, 3, 1}), random, 2);    // picture to channels-last
  expect_right(*GetParam(), transpose_params({1, 14, 14, 96}, {0, 3, 1, 2}), random, 2);
}

TEST_P(StridedCopyKernels, copy_blocks_into_and_out_of_larger_tensors) {
  std::mt19937 random(4);
  for (std::int64_t width = 1; width <= 40; ++width) {
    StridedCopyParams p = {};
    const CopyAxis axes[] = {{3, 5 * 41, 7 * 43}, {4, 41, 43}, {width, 1, 1}};
    ASSERT_TRUE(collapse_copy(axes, p));
    p.in_first = 41 + 1;
    p.out_first = 2 * 43 + 3;
    expect_right(*GetParam(), p, random, 1 + static_cast<int>(width % 4));
    if (HasFatalFailure()) return;
  }
}

TEST_P(StridedCopyKernels, step_and_repeat) {
  std::mt19937 random(5);
  StridedCopyParams p = {};
  const CopyAxis every_other[] = {{9, 40, 11}, {11, 3, 1}};
  ASSERT_TRUE(collapse_copy(every_other, p));
  expect_right(*GetParam(), p, random, 3);
  const CopyAxis repeat_rows[] = {{5, 0, 21}, {21, 1, 1}};
  ASSERT_TRUE(collapse_copy(repeat_rows, p));
  expect_right(*GetParam(), p, random, 3);
  const CopyAxis repeat_elements[] = {{21, 1, 5}, {5, 0, 1}};
  ASSERT_TRUE(collapse_copy(repeat_elements, p));
  expect_right(*GetParam(), p, random, 3);
  const CopyAxis scatter[] = {{6, 7, 14}, {7, 1, 2}};
  ASSERT_TRUE(collapse_copy(scatter, p));
  expect_right(*GetParam(), p, random, 3);
}

TEST_P(StridedCopyKernels, share_one_long_run) {
  std::mt19937 random(6);
  StridedCopyParams p = {};
  const CopyAxis axes[] = {{50001, 1, 1}};
  ASSERT_TRUE(collapse_copy(axes, p));
  p.in_first = 1;
  p.out_first = 2;
  for (const int shares : {1, 2, 3, 4, 5, 64}) expect_right(*GetParam(), p, random, shares);
}

TEST_P(StridedCopyKernels, agree_with_the_reference_on_random_views) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    Dims x;
    for (int rank = pick(1, 6); rank > 0; --rank) x.push_back(pick(0, 3) == 0 ? pick(1, 33) : pick(1, 4));
    std::vector<int> perm(x.size());
    std::iota(perm.begin(), perm.end(), 0);
    std::ranges::shuffle(perm, random);
    StridedCopyParams p = transpose_params(x, perm);
    p.in_first = pick(0, 5);
    p.out_first = pick(0, 5);
    expect_right(*GetParam(), p, random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(strided_copy, StridedCopyKernels, testing::ValuesIn(kernels_of(kStridedCopy)),
                         kernel_test_name);

TEST(StridedCopyCollapse, merges_neighbours_and_drops_ones) {
  StridedCopyParams p = transpose_params({1, 197, 12, 64}, {0, 2, 1, 3});
  EXPECT_EQ(p.size[3], 12);
  EXPECT_EQ(p.size[4], 197);
  EXPECT_EQ(p.size[5], 64);
  EXPECT_EQ(p.size[2], 1);
  p = transpose_params({2, 3, 8, 8}, {0, 2, 3, 1});
  EXPECT_EQ(p.size[4], 64);
  EXPECT_EQ(p.size[5], 3);
  p = transpose_params({1, 1, 1}, {2, 0, 1});
  EXPECT_EQ(elements(p), 1);
  const CopyAxis seven[] = {{2, 1, 64}, {2, 16, 32}, {2, 2, 16}, {2, 32, 8}, {2, 4, 4}, {2, 64, 2}, {2, 8, 1}};
  EXPECT_FALSE(collapse_copy(seven, p));
}

TEST(StridedCopyFits, accepts_exact_operands_and_nothing_smaller) {
  const auto fits = [](const StridedCopyParams& p, std::size_t in, std::size_t out) {
    const std::size_t ins[] = {in}, outs[] = {out};
    return kStridedCopy.fits({&p, sizeof p, ins, outs, 0});
  };
  StridedCopyParams p = transpose_params({5, 6, 7}, {2, 1, 0});
  EXPECT_TRUE(fits(p, 840, 840));
  EXPECT_FALSE(fits(p, 839, 840));
  EXPECT_FALSE(fits(p, 840, 839));
  p.in_first = 1;
  EXPECT_FALSE(fits(p, 840, 840));
  EXPECT_TRUE(fits(p, 844, 840));
  p.in_first = 0;
  p.out_first = 1;
  EXPECT_FALSE(fits(p, 840, 840));
  for (const std::int64_t bad : {std::int64_t{-1}, INT64_MAX, INT64_MIN, std::int64_t{1} << 41}) {
    for (int d = 0; d < kCopyDims; ++d) {
      StridedCopyParams broken = transpose_params({5, 6, 7}, {2, 1, 0});
      broken.size[d] = bad;
      EXPECT_FALSE(fits(broken, SIZE_MAX, 840)) << d << " " << bad;
      broken = transpose_params({5, 6, 7}, {2, 1, 0});
      broken.in_stride[d] = bad;
      EXPECT_FALSE(fits(broken, 840, SIZE_MAX)) << d << " " << bad;
      broken = transpose_params({5, 6, 7}, {2, 1, 0});
      broken.out_stride[d] = bad;
      EXPECT_FALSE(fits(broken, SIZE_MAX, 840)) << d << " " << bad;
    }
    StridedCopyParams broken = transpose_params({5, 6, 7}, {2, 1, 0});
    broken.in_first = bad;
    EXPECT_FALSE(fits(broken, 840, 840));
    broken.in_first = 0;
    broken.out_first = bad;
    EXPECT_FALSE(fits(broken, 840, 840));
  }
  StridedCopyParams endless = transpose_params({5, 6, 7}, {2, 1, 0});  // writes one element again and again
  for (int d = 0; d < kCopyDims; ++d) endless.size[d] = 1 << 10, endless.in_stride[d] = endless.out_stride[d] = 0;
  EXPECT_FALSE(fits(endless, 840, 840));
}

}  // namespace
}  // namespace kite
