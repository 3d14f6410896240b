// SPDX-License-Identifier: Apache-2.0
// Every pooling kernel against the portable operator in double; shares, padding, ceil_mode, dilation, NaN, edges of
// memory.
#include "kernels/pool/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

struct PoolShape {
  PoolKind kind = PoolKind::kMax;
  int batch = 1;
  HeightWidth picture = 1;
  int channels = 1;
  HeightWidth kernel = 1, stride = 1, dilation = 1;
  HeightWidth pad = 0, pad_end = 0;
  bool ceil_mode = false;
};

OpCase pool_node(const PoolShape& shape, const std::vector<float>& x) {
  OpCase node(shape.kind == PoolKind::kMax ? "MaxPool" : "AveragePool", 1, "paperkite");
  node.attr("kernel_shape", Ints{shape.kernel.h, shape.kernel.w})
      .attr("strides", Ints{shape.stride.h, shape.stride.w})
      .attr("dilations", Ints{shape.dilation.h, shape.dilation.w})
      .attr("pads", Ints{shape.pad.h, shape.pad.w, shape.pad_end.h, shape.pad_end.w})
      .attr("ceil_mode", shape.ceil_mode ? 1 : 0)
      .attr("count_include_pad", shape.kind == PoolKind::kAverageIncludePad ? 1 : 0)
      .input(in_double({shape.batch, shape.picture.h, shape.picture.w, shape.channels}, x));
  return node;
}

// As many outputs as fit.
PoolParams make_params(const PoolShape& shape) {
  const auto fitting = [](int size, int pads, int kernel, int dilation, int stride) {
    return (size + pads - (kernel - 1) * dilation - 1) / stride + 1;
  };
  return {.batch = shape.batch,
          .in_h = shape.picture.h,
          .in_w = shape.picture.w,
          .channels = shape.channels,
          .out_h =
              fitting(shape.picture.h, shape.pad.h + shape.pad_end.h, shape.kernel.h, shape.dilation.h, shape.stride.h),
          .out_w =
              fitting(shape.picture.w, shape.pad.w + shape.pad_end.w, shape.kernel.w, shape.dilation.w, shape.stride.w),
          .kernel_h = shape.kernel.h,
          .kernel_w = shape.kernel.w,
          .stride_h = shape.stride.h,
          .stride_w = shape.stride.w,
          .dilation_h = shape.dilation.h,
          .dilation_w = shape.dilation.w,
          .pad_top = shape.pad.h,
          .pad_left = shape.pad.w,
          .pad_bottom = shape.pad_end.h,
          .pad_right = shape.pad_end.w,
          .kind = shape.kind};
}

std::string describe(const PoolParams& p) {
  std::string text;
  std::int32_t words[sizeof(PoolParams) / 4];
  std::memcpy(words, &p, sizeof p);
  for (const std::int32_t word : words) text += std::to_string(word) + " ";
  return "n h w c p q r s sh sw dh dw pt pl pb pr kind = " + text;
}

std::size_t in_floats(const PoolParams& p) { return static_cast<std::size_t>(p.batch * p.in_h * p.in_w * p.channels); }
std::size_t out_floats(const PoolParams& p) {
  return static_cast<std::size_t>(p.batch * p.out_h * p.out_w * p.channels);
}

std::vector<float> run_pool(const Kernel& kernel, const PoolParams& p, const float* x, int shares) {
  GuardedFloats y(out_floats(p));
  const std::size_t in_bytes[] = {in_floats(p) * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  EXPECT_TRUE(kPool.fits({&p, sizeof p, in_bytes, out_bytes, 0})) << describe(p);
  const void* in[] = {x};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, out, nullptr, share, shares, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  return y.values();
}

// An average is a sum of taps and one quotient; a maximum is exact.
void expect_right(const Kernel& kernel, const PoolShape& shape, std::mt19937& random, int shares) {
  PoolParams p = make_params(shape);
  const std::vector<float> x = random_floats(in_floats(p), random);
  const auto outputs = pool_node(shape, x).run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  if (shape.ceil_mode) {  // it is for the operator to say whether there is an output more
    p.out_h = static_cast<std::int32_t>(outputs->front().shape()[1]);
    p.out_w = static_cast<std::int32_t>(outputs->front().shape()[2]);
  }
  OpCase unsigned_node = pool_node(shape, magnitudes(x));
  const std::vector<double> magnitude = oracle(unsigned_node);
  const double roundings = shape.kind == PoolKind::kMax ? 0 : static_cast<double>(p.kernel_h) * p.kernel_w + 1;
  expect_close(run_pool(kernel, p, x.data(), shares), values_of(outputs->front()),
               std::string(kernel.name) + " " + describe(p) + "shares=" + std::to_string(shares),
               [&](std::size_t i) { return roundings * 0x1p-24 * magnitude[i]; });
}

class PoolKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(PoolKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 70; ++channels) {
    for (const PoolKind kind : {PoolKind::kMax, PoolKind::kAverage, PoolKind::kAverageIncludePad}) {
      expect_right(*GetParam(),
                   {.kind = kind,
                    .batch = 1 + channels % 2,
                    .picture = {7, 6},
                    .channels = channels,
                    .kernel = 3,
                    .stride = 2,
                    .pad = 1,
                    .pad_end = 1},
                   random, 1 + channels % 5);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(PoolKernels, agree_with_the_reference_on_random_windows) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    PoolShape shape = {.kind = static_cast<PoolKind>(pick(0, 2)),
                       .batch = pick(1, 3),
                       .picture = {pick(1, 15), pick(1, 15)},
                       .channels = pick(1, 40),
                       .kernel = {pick(1, 5), pick(1, 5)},
                       .stride = {pick(1, 3), pick(1, 3)},
                       .dilation = {pick(1, 3), pick(1, 3)},
                       .ceil_mode = pick(0, 1) != 0};
    // Pads are narrower than what a window spans.
    const HeightWidth span = {(shape.kernel.h - 1) * shape.dilation.h + 1, (shape.kernel.w - 1) * shape.dilation.w + 1};
    shape.pad = {pick(0, std::min(6, span.h - 1)), pick(0, std::min(6, span.w - 1))};
    shape.pad_end = {pick(0, std::min(3, span.h - 1)), pick(0, std::min(3, span.w - 1))};
    if (shape.picture.h + shape.pad.h + shape.pad_end.h < span.h) continue;
    if (shape.picture.w + shape.pad.w + shape.pad_end.w < span.w) continue;
    expect_right(*GetParam(), shape, random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

// Dilation steps over all of the picture: nothing is the largest, and nothing has the average 0.
TEST_P(PoolKernels, agree_with_the_reference_where_no_tap_lies_inside) {
  std::mt19937 random(2);
  PoolShape shape = {.channels = 37, .kernel = 2, .dilation = 3, .pad = 2, .pad_end = 2};
  for (const PoolKind kind : {PoolKind::kMax, PoolKind::kAverage, PoolKind::kAverageIncludePad}) {
    shape.kind = kind;
    expect_right(*GetParam(), shape, random, 1);
    EXPECT_EQ(run_pool(*GetParam(), make_params(shape), random_floats(37, random).data(), 1)[0],
              kind == PoolKind::kMax ? -INFINITY : 0.0f);
  }
}

TEST_P(PoolKernels, let_nan_win_a_maximum_wherever_it_stands) {
  const PoolParams p = make_params({.picture = 3, .channels = 21, .kernel = 3});
  for (std::size_t at = 0; at < 9; ++at) {
    std::vector<float> x(9 * 21, INFINITY);  // the hardest company: nothing is larger
    for (std::size_t i = 0; i < x.size(); i += 2) x[i] = -1.0f;
    for (std::size_t c = 0; c < 21; c += 3) x[at * 21 + c] = NAN;
    const std::vector<float> y = run_pool(*GetParam(), p, x.data(), 1);
    for (std::size_t c = 0; c < 21; ++c)
      EXPECT_EQ(std::isnan(y[c]), c % 3 == 0) << "tap " << at << " channel " << c << ": " << y[c];
  }
}

TEST_P(PoolKernels, keep_infinities_of_a_maximum) {
  const PoolParams p = make_params({.picture = 2, .channels = 17, .kernel = 2});
  std::vector<float> x(4 * 17, -INFINITY);
  for (std::size_t c = 0; c < 17; ++c) x[(c % 4) * 17 + c] = c < 4 ? -INFINITY : c < 8 ? -3.0f : INFINITY;
  const std::vector<float> y = run_pool(*GetParam(), p, x.data(), 1);
  for (std::size_t c = 0; c < 17; ++c) EXPECT_EQ(y[c], c < 4 ? -INFINITY : c < 8 ? -3.0f : INFINITY) << c;
}

TEST_P(PoolKernels, count_padding_only_when_told) {
  const PoolParams with = make_params(
      {.kind = PoolKind::kAverageIncludePad, .picture = 4, .channels = 8, .kernel = 3, .pad = 1, .pad_end = 1});
  PoolParams without = with;
  without.kind = PoolKind::kAverage;
  const std::vector<float> x(4 * 4 * 8, 9.0f);
  EXPECT_EQ(run_pool(*GetParam(), with, x.data(), 1)[0], 4.0f);  // 4 taps of 9
  EXPECT_EQ(run_pool(*GetParam(), without, x.data(), 1)[0], 9.0f);
}

TEST_P(PoolKernels, give_the_same_bits_for_any_number_of_parts_and_any_place_in_the_batch) {
  std::mt19937 random(3);
  const PoolParams p = make_params({.kind = PoolKind::kAverage,
                                    .batch = 3,
                                    .picture = {9, 11},
                                    .channels = 45,
                                    .kernel = 3,
                                    .stride = 2,
                                    .pad = 1,
                                    .pad_end = 1});
  const std::vector<float> x = random_floats(in_floats(p), random);
  const std::vector<float> want = run_pool(*GetParam(), p, x.data(), 1);
  for (const int shares : {2, 3, 4, 5, 64})
    EXPECT_TRUE(same_bits(want, run_pool(*GetParam(), p, x.data(), shares))) << shares;
  PoolParams one = p;
  one.batch = 1;
  for (int item = 0; item < 3; ++item) {
    const std::vector<float> alone = run_pool(*GetParam(), one, x.data() + item * 9 * 11 * 45, 1);
    const auto each = static_cast<std::ptrdiff_t>(out_floats(one));
    EXPECT_TRUE(same_bits(alone, {want.begin() + item * each, want.begin() + (item + 1) * each})) << item;
  }
}

INSTANTIATE_TEST_SUITE_P(pool, PoolKernels, testing::ValuesIn(kernels_of(kPool)), kernel_test_name);

TEST(PoolFits, accepts_exact_operands_and_nothing_smaller) {
  const PoolParams p =
      make_params({.batch = 2, .picture = 9, .channels = 24, .kernel = 3, .stride = 2, .pad = 1, .pad_end = 1});
  const auto fits = [](const PoolParams& q, std::size_t in, std::size_t out) {
    const std::size_t ins[] = {in}, outs[] = {out};
    return kPool.fits({&q, sizeof q, ins, outs, 0});
  };
  const std::size_t x = in_floats(p) * 4, y = out_floats(p) * 4;
  EXPECT_TRUE(fits(p, x, y));
  EXPECT_FALSE(fits(p, x - 1, y));
  EXPECT_FALSE(fits(p, x, y - 1));
  PoolParams unknown = p;
  unknown.kind = static_cast<PoolKind>(3);
  EXPECT_FALSE(fits(unknown, x, y));
}

// Whatever `fits` lets through must not touch a float outside: checked by running it between canaries.
TEST_P(PoolKernels, run_inside_their_operands_with_any_params_that_fit) {
  std::mt19937 random(6);
  const std::int32_t nasty[] = {1, 1, 2, 3, 5, 7, 65536, 1 << 30, INT32_MAX, 0, -1, INT32_MIN};
  const std::vector<float> x(200, 1.0f);
  int ran = 0;
  for (int round = 0; round < 60000; ++round) {
    std::int32_t words[sizeof(PoolParams) / 4];
    for (std::int32_t& word : words) word = nasty[random() % (random() % 8 == 0 ? std::size(nasty) : 6)];
    words[16] = static_cast<std::int32_t>(random() % 3);
    for (std::size_t i = 6; i < 16; ++i) words[i] = nasty[random() % 9];
    PoolParams broken;
    std::memcpy(&broken, words, sizeof broken);
    const std::size_t in[] = {x.size() * 4}, out[] = {200 * 4};
    if (!kPool.fits({&broken, sizeof broken, in, out, 0})) continue;
    GuardedFloats y(200);
    const void* ins[] = {x.data()};
    void* outs[] = {y.data()};
    GetParam()->run({&broken, ins, outs, nullptr, 0, 1, nullptr, 0});
    ASSERT_TRUE(y.intact()) << describe(broken);
    ++ran;
  }
  EXPECT_GT(ran, 200);
}

TEST(PoolParts, are_no_more_than_there_is_work_for) {
  EXPECT_EQ(
      kPool.max_shares(make_params({.picture = 112, .channels = 64, .kernel = 3, .stride = 2, .pad = 1, .pad_end = 1})),
      22);
  EXPECT_EQ(
      kPool.max_shares(make_params({.picture = 4, .channels = 8, .kernel = 3, .stride = 2, .pad = 1, .pad_end = 1})),
      1);
}

}  // namespace
}  // namespace kite
