// SPDX-License-Identifier: Apache-2.0
// Every layer-norm kernel against the portable operator in double, with a derived bound; large means, shares, NaN,
// edges of memory.
#include "kernels/layer_norm/layer_norm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

struct LayerNormData {
  std::vector<float> x, scale, bias;
};

LayerNormParams make_params(std::int64_t rows, std::int64_t channels, float epsilon = 1e-5f) {
  return {rows, channels, 1, 1, epsilon, 0};
}

// Groups of `group_channels` planes of `pixels` numbers, each plane with a scale of its own.
LayerNormParams make_planes(std::int64_t pictures, std::int64_t groups, std::int64_t group_channels,
                            std::int64_t pixels) {
  return {pictures * groups, group_channels * pixels, groups, pixels, 1e-5f, 0};
}

LayerNormData make_data(const LayerNormParams& p, bool bias, std::mt19937& random) {
  LayerNormData d;
  d.x = random_floats(static_cast<std::size_t>(p.rows * p.channels), random);
  const auto scales = static_cast<std::size_t>(p.affine_rows * (p.channels / p.run));
  d.scale = random_floats(scales, random);
  if (bias) d.bias = random_floats(scales, random);
  return d;
}

std::vector<float> run_layer_norm(const Kernel& kernel, const LayerNormParams& p, const float* x,
                                  const LayerNormData& d, int shares) {
  const auto count = static_cast<std::size_t>(p.rows * p.channels);
  GuardedFloats y(count);
  const std::size_t in_bytes[] = {count * 4, d.scale.size() * 4, d.bias.size() * 4};
  const std::size_t out_bytes[] = {count * 4};
  EXPECT_TRUE(kLayerNorm.fits({&p, sizeof p, in_bytes, out_bytes, 0}));
  const void* in[] = {x, d.scale.data(), d.bias.empty() ? nullptr : d.bias.data()};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, out, nullptr, share, shares, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result";
  return y.values();
}

// x - mean: what the rounded mean lacks is put back, which leaves the rounding of x - mean itself and the error of a
// sum of deviations (channels/4/lanes + 6 additions, at least one lane wide), each relative to the largest deviation;
// the factor carries the variance's error halved, a root and a quotient; two products and a sum follow.
void expect_right(const Kernel& kernel, const LayerNormParams& p, const LayerNormData& d, int shares) {
  OpCase node("LayerNormalization");
  node.attr("epsilon", p.epsilon).input(in_double({p.rows, p.channels}, d.x)).input(in_double({p.channels}, d.scale));
  if (!d.bias.empty()) node.input(in_double({p.channels}, d.bias));
  const auto outputs = node.outputs(3).run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  const std::vector<double> want = values_of((*outputs)[0]), means = values_of((*outputs)[1]);
  const std::vector<double> factors = values_of((*outputs)[2]);  // 1 / sqrt(variance + epsilon)
  const auto channels = static_cast<std::size_t>(p.channels);
  std::vector<double> largest(means.size());  // |x - mean|
  for (std::size_t i = 0; i < d.x.size(); ++i) {
    largest[i / channels] = std::max(largest[i / channels], std::fabs(d.x[i] - means[i / channels]));
  }
  const double additions = static_cast<double>(p.channels) / 16 + 8;
  expect_close(run_layer_norm(kernel, p, d.x.data(), d, shares), want,
               std::string(kernel.name) + " rows=" + std::to_string(p.rows) +
                   " channels=" + std::to_string(p.channels) + " shares=" + std::to_string(shares),
               [&](std::size_t i) {
                 const double bias = d.bias.empty() ? 0.0 : d.bias[i % channels];
                 const double magnitude = std::fabs(want[i] - bias) + std::fabs(bias);
                 const double slope = std::fabs(d.scale[i % channels]) * factors[i / channels];
                 return 0x1p-24 * ((additions + 8) * magnitude + (additions + 4) * largest[i / channels] * slope);
               });
}

// As above, with the operator of groups as the oracle; 8192 numbers are summed at a time.
void expect_planes(const Kernel& kernel, const LayerNormParams& p, std::mt19937& random, int shares) {
  const LayerNormData d = make_data(p, true, random);
  const std::int64_t pictures = p.rows / p.affine_rows, channels = p.affine_rows * (p.channels / p.run);
  OpCase node("GroupNormalization", 21);
  node.attr("num_groups", p.affine_rows).attr("epsilon", p.epsilon);
  node.input(in_double({pictures, channels, p.run}, d.x)).input(in_double({channels}, d.scale));
  node.input(in_double({channels}, d.bias));
  const std::vector<double> want = oracle(node);
  const double additions = static_cast<double>(std::min<std::int64_t>(p.channels, 8192)) / 16 + 8;
  expect_close(run_layer_norm(kernel, p, d.x.data(), d, shares), want,
               std::string(kernel.name) + " rows=" + std::to_string(p.rows) + " run=" + std::to_string(p.run) +
                   " channels=" + std::to_string(p.channels) + " shares=" + std::to_string(shares),
               [&](std::size_t i) {
                 const double bias = d.bias[i / static_cast<std::size_t>(p.run) % static_cast<std::size_t>(channels)];
                 const double magnitude = std::fabs(want[i] - bias) + std::fabs(bias);
                 // Deviations of numbers from [-1, 1) are some 0.58; the largest is 1.
                 return 0x1p-24 * ((additions + 8) * magnitude + (additions + 4) * 2);
               });
}

class LayerNormKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(LayerNormKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 2; channels <= 140; ++channels) {
    const LayerNormParams p = make_params(1 + channels % 4, channels);
    expect_right(*GetParam(), p, make_data(p, channels % 3 != 0, random), 1 + channels % 5);
    if (HasFatalFailure()) return;
  }
}

TEST_P(LayerNormKernels, agree_with_the_reference_on_tokens) {
  std::mt19937 random(2);
  for (const int channels : {96, 192, 384, 768, 1000, 3072}) {
    const LayerNormParams p = make_params(9, channels, 1e-6f);
    expect_right(*GetParam(), p, make_data(p, true, random), 2);
  }
}

TEST_P(LayerNormKernels, agree_with_the_reference_on_planes) {
  std::mt19937 random(6);
  for (int pixels = 2; pixels <= 40; ++pixels) {
    expect_planes(*GetParam(), make_planes(1 + pixels % 3, 1 + pixels % 4, 1 + pixels % 5, pixels), random,
                  1 + pixels % 4);
    if (HasFatalFailure()) return;
  }
  expect_planes(*GetParam(), make_planes(1, 1, 64, 3136), random, 1);
  expect_planes(*GetParam(), make_planes(1, 3, 1, 8193), random, 2);
}

// A mean a thousand times the deviations: the naive E[x^2] - E[x]^2 has no digit left here.
TEST_P(LayerNormKernels, stay_exact_far_from_zero) {
  std::mt19937 random(3);
  for (const int channels : {7, 96, 768}) {
    const LayerNormParams p = make_params(3, channels);
    LayerNormData d = make_data(p, true, random);
    for (float& value : d.x) value += 1000.0f;
    expect_right(*GetParam(), p, d, 1);
  }
}

TEST_P(LayerNormKernels, give_the_bias_where_a_row_is_constant) {
  LayerNormData d;
  const LayerNormParams p = make_params(2, 37);
  d.x.assign(2 * 37, 3.1f);
  d.scale.assign(37, 2.0f);
  d.bias.assign(37, 0.5f);
  for (const float value : run_layer_norm(*GetParam(), p, d.x.data(), d, 1)) EXPECT_NEAR(value, 0.5f, 1e-3f);
  const LayerNormParams one = make_params(4, 1);
  const LayerNormData single = {{1, 2, 3, INFINITY}, {2.0f}, {0.25f}};
  const std::vector<float> y = run_layer_norm(*GetParam(), one, single.x.data(), single, 1);
  EXPECT_EQ(y[0], 0.25f);
  EXPECT_EQ(y[2], 0.25f);
  EXPECT_TRUE(std::isnan(y[3]));
}

TEST_P(LayerNormKernels, keep_nan_in_its_own_row) {
  std::mt19937 random(4);
  const LayerNormParams p = make_params(3, 53);
  LayerNormData d = make_data(p, true, random);
  for (const std::size_t at : {std::size_t{0}, std::size_t{20}, std::size_t{52}}) {
    LayerNormData broken = d;
    broken.x[53 + at] = NAN;
    const std::vector<float> y = run_layer_norm(*GetParam(), p, broken.x.data(), broken, 1);
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), i / 53 == 1) << i;
  }
}

TEST_P(LayerNormKernels, give_the_same_bits_for_any_number_of_parts_and_any_row) {
  std::mt19937 random(5);
  const LayerNormParams p = make_params(11, 77);
  const LayerNormData d = make_data(p, true, random);
  const std::vector<float> want = run_layer_norm(*GetParam(), p, d.x.data(), d, 1);
  for (const int shares : {2, 3, 4, 5, 64})
    EXPECT_TRUE(same_bits(want, run_layer_norm(*GetParam(), p, d.x.data(), d, shares))) << shares;
  for (std::ptrdiff_t row = 0; row < 11; ++row) {
    const std::vector<float> alone = run_layer_norm(*GetParam(), make_params(1, 77), d.x.data() + row * 77, d, 1);
    EXPECT_TRUE(same_bits(alone, {want.begin() + row * 77, want.begin() + (row + 1) * 77})) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(layer_norm, LayerNormKernels, testing::ValuesIn(kernels_of(kLayerNorm)), kernel_test_name);

TEST(LayerNormFits, accepts_exact_operands_and_nothing_smaller) {
  const auto fits = [](const LayerNormParams& p, std::vector<std::size_t> in, std::size_t out) {
    const std::size_t outs[] = {out};
    return kLayerNorm.fits({&p, sizeof p, in, outs, 0});
  };
  LayerNormParams p = make_planes(1, 5, 3, 8);  // of 24 numbers
  EXPECT_TRUE(fits(p, {480, 60, 60}, 480));
  EXPECT_FALSE(fits(p, {480, 59, 60}, 480));
  EXPECT_FALSE(fits(p, {480, 60, 59}, 480));
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-8}, std::int64_t{7}, INT64_MAX, INT64_MIN}) {
    p.run = bad;
    EXPECT_FALSE(fits(p, {SIZE_MAX, SIZE_MAX, SIZE_MAX}, SIZE_MAX)) << bad;
  }
  p = make_planes(1, 5, 3, 8);
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-8}, INT64_MAX, INT64_MIN}) {
    p.affine_rows = bad;
    EXPECT_FALSE(fits(p, {SIZE_MAX, SIZE_MAX, SIZE_MAX}, SIZE_MAX)) << bad;
  }
  p = make_params(5, 24);
  EXPECT_TRUE(fits(p, {480, 96, 96}, 480));
  EXPECT_TRUE(fits(p, {480, 96, 0}, 480));
  EXPECT_FALSE(fits(p, {479, 96, 96}, 480));
  EXPECT_FALSE(fits(p, {480, 95, 96}, 480));
  EXPECT_FALSE(fits(p, {480, 96, 95}, 480));
  EXPECT_FALSE(fits(p, {480, 96, 96}, 479));
  EXPECT_FALSE(fits(p, {480, 96}, 480));
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-5}, INT64_MAX, INT64_MIN}) {
    EXPECT_FALSE(fits(make_params(bad, 24), {SIZE_MAX, SIZE_MAX, SIZE_MAX}, SIZE_MAX));
    EXPECT_FALSE(fits(make_params(5, bad), {SIZE_MAX, SIZE_MAX, SIZE_MAX}, SIZE_MAX));
  }
}

TEST(LayerNormParts, are_no_more_than_there_is_work_for) {
  EXPECT_EQ(kLayerNorm.max_shares(make_params(197, 768)), 7);
  EXPECT_EQ(kLayerNorm.max_shares(make_params(1, 1 << 20)), 1);
}

}  // namespace
}  // namespace kite
