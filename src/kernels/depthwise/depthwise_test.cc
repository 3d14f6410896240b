// SPDX-License-Identifier: Apache-2.0
// Every depthwise kernel against the portable operator in double, with the proven bound; shares, batch positions, edges
// of memory.
#include "kernels/depthwise/depthwise.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/conv/conv_testing.h"

namespace kite {
namespace {

ConvCase make_depthwise(HeightWidth picture, int channels, int kernel, int stride, Activation activation) {
  ConvCase c = make_case({.picture = picture,
                          .in = channels,
                          .out = channels,
                          .kernel = kernel,
                          .stride = stride,
                          .pad = kernel / 2,
                          .groups = channels});
  c.params.activation = activation_case(static_cast<std::int64_t>(activation), -0.25f, 0.75f);
  return c;
}

std::vector<float> run_depthwise(const Kernel& kernel, const ConvCase& c, const ConvData& d, int shares) {
  return run_packed(kDepthwise, kernel, c, d, shares);
}

void expect_right(const Kernel& kernel, const ConvCase& c, std::mt19937& random, int shares) {
  const ConvData d = make_data(c, random);
  expect_within(kernel, c, d, shares, run_depthwise(kernel, c, d, shares), conv_magnitude(c, d),
                static_cast<double>(c.params.kernel_h) * c.params.kernel_w + 10);
}

class DepthwiseKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(DepthwiseKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 40; ++channels) {
    for (const int kernel : {3, 5, 7}) {
      for (const int stride : {1, 2}) {
        const auto activation = static_cast<Activation>((channels + kernel + stride) % kActivationCount);
        ConvCase c = make_depthwise({5, 7 + channels % 9}, channels, kernel, stride, activation);
        c.bias = channels % 2 == 0;
        c.residual = (channels / 2) % 2 == 0;
        expect_right(*GetParam(), c, random, 1 + channels % 3);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(DepthwiseKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    ConvCase c = {};
    ConvParams& p = c.params;
    p.batch = pick(1, 3);
    p.in_c = p.out_c = p.groups = pick(1, 70);
    p.kernel_h = pick(1, 7);
    p.kernel_w = pick(1, 7);
    p.stride_h = pick(1, 3);
    p.stride_w = pick(1, 3);
    p.dilation_h = pick(0, 2) == 0 ? 2 : 1;
    p.dilation_w = pick(0, 2) == 0 ? 2 : 1;
    p.in_h = pick(1, 19);
    p.in_w = pick(1, 19);
    p.pad_top = pick(0, 8);
    p.pad_left = pick(0, 8);
    const int tall = p.in_h + p.pad_top + pick(0, 8) - (p.kernel_h - 1) * p.dilation_h - 1;
    const int wide = p.in_w + p.pad_left + pick(0, 8) - (p.kernel_w - 1) * p.dilation_w - 1;
    if (tall < 0 || wide < 0) continue;
    p.out_h = tall / p.stride_h + 1;
    p.out_w = wide / p.stride_w + 1;
    p.activation = activation_case(pick(0, kActivationCount - 1), -0.5f, 1.5f);
    c.bias = pick(0, 1) != 0;
    c.residual = pick(0, 1) != 0;
    expect_right(*GetParam(), c, random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

TEST_P(DepthwiseKernels, give_the_same_bits_for_any_number_of_parts_and_any_place_in_the_batch) {
  std::mt19937 random(3);
  for (const int channels : {24, 72, 120}) {
    ConvCase c = make_depthwise({9, 11}, channels, 5, 1, Activation::kHardSwish);
    c.params.batch = 3;
    const ConvData d = make_data(c, random);
    const std::vector<float> want = run_depthwise(*GetParam(), c, d, 1);
    for (const int shares : {2, 3, 4, 5, 64})
      EXPECT_TRUE(same_bits(want, run_depthwise(*GetParam(), c, d, shares))) << shares;
    ConvCase one = c;
    one.params.batch = 1;
    for (int item = 0; item < 3; ++item) {
      ConvData part = d;
      const std::ptrdiff_t each = 9 * 11 * channels;
      part.x.assign(d.x.begin() + item * each, d.x.begin() + (item + 1) * each);
      EXPECT_TRUE(same_bits(run_depthwise(*GetParam(), one, part, 1),
                            {want.begin() + item * each, want.begin() + (item + 1) * each}));
    }
  }
}

// Every mixture of tiles: rows and columns that one tile takes together are computed by others in another picture, or
// where other threads begin.
TEST_P(DepthwiseKernels, give_the_same_bits_whatever_tiles_a_picture_falls_into) {
  std::mt19937 random(4);
  for (const int kernel : {3, 5, 7}) {
    for (const int stride : {1, 2}) {
      const auto activation = stride == 1 ? Activation::kClip : Activation::kSilu;
      const ConvCase wide = make_depthwise({23, 40}, 24, kernel, stride, activation);
      const ConvData d = make_data(wide, random);
      const std::vector<float> all = run_depthwise(*GetParam(), wide, d, 1);
      for (const int shares : {2, 5, 9, 13, 23}) {
        EXPECT_TRUE(same_bits(all, run_depthwise(*GetParam(), wide, d, shares))) << kernel << " " << stride << shares;
      }
      for (int columns = 1; columns <= 19; ++columns) {  // from the left: outputs that see no more than these are equal
        ConvCase narrow = make_depthwise({23, columns}, 24, kernel, stride, activation);
        narrow.bias = wide.bias;
        ConvData part = d;
        part.x.clear();
        for (std::ptrdiff_t row = 0; row < 23; ++row) {
          const auto from = d.x.begin() + row * 40 * 24;
          part.x.insert(part.x.end(), from, from + static_cast<std::ptrdiff_t>(columns) * 24);
        }
        const std::vector<float> y = run_depthwise(*GetParam(), narrow, part, 1);
        for (std::ptrdiff_t row = 0; row < narrow.params.out_h; ++row) {
          for (std::ptrdiff_t q = 0; q * stride + kernel / 2 < columns; ++q) {
            for (std::ptrdiff_t channel = 0; channel < 24; ++channel) {
              ASSERT_EQ(y[static_cast<std::size_t>((row * narrow.params.out_w + q) * 24 + channel)],
                        all[static_cast<std::size_t>((row * wide.params.out_w + q) * 24 + channel)])
                  << kernel << "/" << stride << " " << columns << " columns, output " << row << " " << q;
            }
          }
        }
      }
    }
  }
}

TEST_P(DepthwiseKernels, add_a_residual_in_place) {
  std::mt19937 random(5);
  expect_same_bits_in_place(kDepthwise, *GetParam(), make_depthwise({7, 8}, 29, 3, 1, Activation::kNone), random);
}

// 1 on every pixel, an infinite weight in the corner tap: the first row, where that tap lies outside, does not see it.
TEST_P(DepthwiseKernels, skip_rows_of_taps_in_the_padding) {
  const ConvCase c = make_depthwise(8, 16, 3, 1, Activation::kNone);
  ConvData d;
  d.x.assign(8 * 8 * 16, 1.0f);
  d.w.assign(9 * 16, 1.0f);
  for (std::size_t channel = 0; channel < 16; ++channel) d.w[channel * 9] = INFINITY;
  const std::vector<float> y = run_depthwise(*GetParam(), c, d, 1);
  EXPECT_EQ(y[0], 4.0f);
  EXPECT_EQ(y[7 * 16], 4.0f);
  EXPECT_EQ(y[(8 + 1) * 16], INFINITY);
}

INSTANTIATE_TEST_SUITE_P(depthwise, DepthwiseKernels, testing::ValuesIn(kernels_of(kDepthwise)), kernel_test_name);

TEST(DepthwiseWalks, share_out_channels_where_rows_are_few) {
  const auto walk_of = [](const ConvCase& c, const Target& target) {
    DepthwiseWalk walk;
    kDepthwise.prepare(&c.params, target, 4, &walk);
    return walk;
  };
  EXPECT_EQ(walk_of(make_depthwise(112, 32, 3, 1, Activation::kNone), targets::generic).across, 1);
  EXPECT_EQ(walk_of(make_depthwise(7, 960, 3, 1, Activation::kNone), targets::generic).across, 4);
}

TEST(DepthwiseFits, accepts_exact_operands_and_nothing_smaller) {
  ConvParams p = make_depthwise(9, 24, 3, 2, Activation::kRelu).params;
  p.batch = 2;
  const std::size_t x = 2 * 81 * 24 * 4, w = 9 * 32 * 4, y = 2 * 25 * 24 * 4;
  const auto fits = [](const ConvParams& q, std::vector<std::size_t> in, std::size_t out) {
    const std::size_t outs[] = {out};
    return kDepthwise.fits({&q, sizeof q, in, outs, 0});
  };
  EXPECT_TRUE(fits(p, {x, w, 96, y}, y));
  EXPECT_FALSE(fits(p, {x - 1, w, 96, y}, y));
  EXPECT_FALSE(fits(p, {x, w - 1, 96, y}, y));
  EXPECT_FALSE(fits(p, {x, w, 95, y}, y));
  EXPECT_FALSE(fits(p, {x, w, 96, y - 1}, y));
  EXPECT_FALSE(fits(p, {x, w, 96, y}, y - 1));
  std::mt19937 random(6);
  const std::int32_t nasty[] = {0, 1, -1, 2, 3, 7, 65536, 1 << 30, INT32_MAX, INT32_MIN};
  for (int round = 0; round < 100000; ++round) {
    std::int32_t words[sizeof(ConvParams) / 4];
    for (std::int32_t& word : words) word = nasty[random() % std::size(nasty)];
    ConvParams broken;
    std::memcpy(&broken, words, sizeof broken);
    const std::size_t in[] = {1 << 20, 1 << 20, 0, 0}, out[] = {1 << 20};
    if (kDepthwise.fits({&broken, sizeof broken, in, out, 1 << 20})) {
      EXPECT_LE(static_cast<double>(broken.batch) * broken.in_h * broken.in_w * broken.in_c * 4, 0x1p20);
      EXPECT_LE(static_cast<double>(broken.batch) * broken.out_h * broken.out_w * broken.in_c * 4, 0x1p20);
    }
  }
}

}  // namespace
}  // namespace kite
