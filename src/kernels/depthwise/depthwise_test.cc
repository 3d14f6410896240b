// SPDX-License-Identifier: Apache-2.0
// Every depthwise kernel against the double reference, with the proven bound; parts, batch positions, edges of memory.
#include "kernels/depthwise/depthwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/testing.h"

namespace kite {
namespace {

struct DepthwiseData {
  std::vector<float> x, w, bias, residual;
};

ConvParams make_params(int batch, int h, int w, int channels, int kernel, int stride, int pad, Activation activation) {
  ConvParams p = {};
  p.batch = batch;
  p.in_h = h;
  p.in_w = w;
  p.in_c = p.out_c = p.groups = channels;
  p.out_h = (h + 2 * pad - kernel) / stride + 1;
  p.out_w = (w + 2 * pad - kernel) / stride + 1;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = stride;
  p.dilation_h = p.dilation_w = 1;
  p.pad_top = p.pad_left = pad;
  p.activation.kind = activation;
  p.activation.a = -0.25f;
  p.activation.b = 0.75f;
  return p;
}

std::string describe(const ConvParams& p) {
  std::string text;
  for (const std::int32_t value :
       {p.batch, p.in_h, p.in_w, p.in_c, p.out_h, p.out_w, p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.dilation_h,
        p.dilation_w, p.pad_top, p.pad_left, static_cast<int>(p.activation.kind)}) {
    text += std::to_string(value) + " ";
  }
  return "n h w c p q r s sh sw dh dw pt pl act = " + text;
}

DepthwiseData make_data(const ConvParams& p, bool bias, bool residual, std::mt19937& random) {
  DepthwiseData d;
  const auto pixels = [](std::int64_t n, std::int64_t h, std::int64_t w) {
    return static_cast<std::size_t>(n * h * w);
  };
  const auto channels = static_cast<std::size_t>(p.in_c);
  d.x = random_floats(pixels(p.batch, p.in_h, p.in_w) * channels, random);
  d.w = random_floats(pixels(1, p.kernel_h, p.kernel_w) * channels, random);
  if (bias) d.bias = random_floats(channels, random);
  if (residual) d.residual = random_floats(pixels(p.batch, p.out_h, p.out_w) * channels, random);
  return d;
}

std::vector<float> run_depthwise(const Kernel& kernel, const ConvParams& p, const DepthwiseData& d, int parts) {
  AlignedFloats packed(kDepthwise.packed_bytes(p) / 4);
  kDepthwise.pack(p, kernel, d.w.data(), packed.data());
  GuardedFloats y(static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.out_h) *
                  static_cast<std::size_t>(p.out_w) * static_cast<std::size_t>(p.in_c));
  const std::size_t in_bytes[] = {d.x.size() * 4, packed.size() * 4, d.bias.size() * 4, d.residual.size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  const std::size_t scratch_bytes = kDepthwise.scratch_bytes(p);
  EXPECT_TRUE(kDepthwise.fits({&p, sizeof p, in_bytes, out_bytes, scratch_bytes})) << describe(p);
  const PageEndFloats x(d.x), w(packed.data(), packed.size()), bias(d.bias), residual(d.residual);
  const void* in[] = {x.data(), w.data(), d.bias.empty() ? nullptr : bias.data(),
                      d.residual.empty() ? nullptr : residual.data()};
  void* out[] = {y.data()};
  for (int part = 0; part < parts; ++part) {
    GuardedFloats scratch(scratch_bytes / 4);
    kernel.run({&p, in, out, scratch.data(), part, parts, nullptr, 0});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << describe(p);
  }
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  return y.values();
}

void expect_right(const Kernel& kernel, const ConvParams& p, bool bias, bool residual, std::mt19937& random,
                  int parts) {
  const DepthwiseData d = make_data(p, bias, residual, random);
  const std::vector<float> y = run_depthwise(kernel, p, d, parts);
  const ConvReference want =
      conv_reference(p, d.x.data(), d.w.data(), bias ? d.bias.data() : nullptr, residual ? d.residual.data() : nullptr);
  const double terms = static_cast<double>(p.kernel_h) * p.kernel_w + 2;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double value = activated(p.activation, want.value[i]);
    const double bound = activation_bound((terms + 8) * 0x1p-24 * want.magnitude[i], value, p.activation.kind);
    ASSERT_LE(std::fabs(y[i] - value), bound)
        << kernel.name << " at " << i << ": " << y[i] << ", want " << value << "; " << describe(p) << "parts=" << parts;
  }
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
        const ConvParams p = make_params(1, 5, 7 + channels % 9, channels, kernel, stride, kernel / 2, activation);
        expect_right(*GetParam(), p, channels % 2 == 0, (channels / 2) % 2 == 0, random, 1 + channels % 3);
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
    ConvParams p = {};
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
    p.activation.kind = static_cast<Activation>(pick(0, kActivationCount - 1));
    p.activation.a = -0.5f;
    p.activation.b = 1.5f;
    expect_right(*GetParam(), p, pick(0, 1), pick(0, 1), random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

TEST_P(DepthwiseKernels, give_the_same_bits_for_any_number_of_parts_and_any_place_in_the_batch) {
  std::mt19937 random(3);
  for (const int channels : {24, 72, 120}) {
    const ConvParams p = make_params(3, 9, 11, channels, 5, 1, 2, Activation::kHardSwish);
    const DepthwiseData d = make_data(p, true, false, random);
    const std::vector<float> want = run_depthwise(*GetParam(), p, d, 1);
    for (const int parts : {2, 3, 4, 5, 64})
      EXPECT_TRUE(same_bits(want, run_depthwise(*GetParam(), p, d, parts))) << parts;
    ConvParams one = p;
    one.batch = 1;
    for (int item = 0; item < 3; ++item) {
      DepthwiseData part = d;
      const std::ptrdiff_t each = 9 * 11 * channels;
      part.x.assign(d.x.begin() + item * each, d.x.begin() + (item + 1) * each);
      EXPECT_TRUE(same_bits(run_depthwise(*GetParam(), one, part, 1),
                            {want.begin() + item * each, want.begin() + (item + 1) * each}));
    }
  }
}

TEST_P(DepthwiseKernels, add_a_residual_in_place) {
  std::mt19937 random(5);
  const ConvParams p = make_params(1, 7, 8, 29, 3, 1, 1, Activation::kNone);
  const DepthwiseData d = make_data(p, true, true, random);
  const std::vector<float> want = run_depthwise(*GetParam(), p, d, 1);
  AlignedFloats packed(kDepthwise.packed_bytes(p) / 4);
  kDepthwise.pack(p, *GetParam(), d.w.data(), packed.data());
  std::vector<float> y = d.residual;
  const void* in[] = {d.x.data(), packed.data(), d.bias.data(), y.data()};
  void* out[] = {y.data()};
  AlignedFloats scratch(kDepthwise.scratch_bytes(p) / 4);
  GetParam()->run({&p, in, out, scratch.data(), 0, 1, nullptr, 0});
  EXPECT_TRUE(same_bits(want, y));
}

// 1 on every pixel, an infinite weight in the corner tap: the first row, where that tap lies outside, does not see it.
TEST_P(DepthwiseKernels, skip_rows_of_taps_in_the_padding) {
  const ConvParams p = make_params(1, 8, 8, 16, 3, 1, 1, Activation::kNone);
  DepthwiseData d;
  d.x.assign(8 * 8 * 16, 1.0f);
  d.w.assign(9 * 16, 1.0f);
  for (std::size_t c = 0; c < 16; ++c) d.w[c * 9] = INFINITY;
  const std::vector<float> y = run_depthwise(*GetParam(), p, d, 1);
  EXPECT_EQ(y[0], 4.0f);
  EXPECT_EQ(y[7 * 16], 4.0f);
  EXPECT_EQ(y[(8 + 1) * 16], INFINITY);
}

INSTANTIATE_TEST_SUITE_P(depthwise, DepthwiseKernels, testing::ValuesIn(kernels_of(kDepthwise)), kernel_test_name);

TEST(DepthwiseFits, accepts_exact_operands_and_nothing_smaller) {
  const ConvParams p = make_params(2, 9, 9, 24, 3, 2, 1, Activation::kRelu);
  const std::size_t x = 2 * 81 * 24 * 4, w = 9 * 32 * 4, y = 2 * 25 * 24 * 4;
  const std::size_t scratch = kDepthwise.scratch_bytes(p);
  const auto fits = [scratch](const ConvParams& q, std::vector<std::size_t> in, std::size_t out,
                              std::size_t missing = 0) {
    const std::size_t outs[] = {out};
    return kDepthwise.fits({&q, sizeof q, in, outs, scratch - missing});
  };
  EXPECT_TRUE(fits(p, {x, w, 96, y}, y));
  EXPECT_FALSE(fits(p, {x, w, 96, y}, y, 1));
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
