// SPDX-License-Identifier: Apache-2.0
// A scaled picture's 1x1 convolution gives the bits that the product and kConv give one after the other, on every
// target, for any number of shares, and stays inside its operands and scratch.
#include "kernels/scaled_conv/scaled_conv.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_testing.h"

namespace kite {
namespace {

struct ScaledData {
  ConvData conv;
  std::vector<float> scale;
};

ScaledData make_scaled(const ConvCase& c, std::mt19937& random) {
  return {make_data(c, random), random_floats(static_cast<std::size_t>(c.params.batch) * c.params.in_c, random)};
}

// One after the other.
std::vector<float> run_apart(const Kernel& kernel, const ConvCase& c, const ScaledData& d) {
  ConvData scaled = d.conv;
  const std::size_t channels = static_cast<std::size_t>(c.params.in_c);
  const std::size_t picture = static_cast<std::size_t>(c.params.in_h) * c.params.in_w * channels;
  for (std::size_t i = 0; i < scaled.x.size(); ++i) scaled.x[i] *= d.scale[i / picture * channels + i % channels];
  return run_packed(kConv, kConv.best_kernel(*kernel.target), c, scaled, 1);
}

std::vector<float> run_together(const Kernel& kernel, const ConvCase& c, const ScaledData& d, int shares) {
  const ConvParams& p = c.params;
  AlignedFloats packed(kConv.packed_bytes(p) / 4);
  kConv.pack(p, kConv.best_kernel(*kernel.target), d.conv.w.data(), packed.data());
  const PageEndFloats x(d.conv.x), w(packed.data(), packed.size()), bias(d.conv.bias), residual(d.conv.residual),
      scale(d.scale);
  const void* in[] = {x.data(), w.data(), d.conv.bias.empty() ? nullptr : bias.data(),
                      d.conv.residual.empty() ? nullptr : residual.data(), scale.data()};
  GuardedFloats y(static_cast<std::size_t>(p.batch) * p.out_h * p.out_w * p.out_c);
  void* out[] = {y.data()};
  const std::size_t in_bytes[] = {d.conv.x.size() * 4, packed.size() * 4, d.conv.bias.size() * 4,
                                  d.conv.residual.size() * 4, d.scale.size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  const std::size_t scratch_bytes = kScaledConv.scratch_bytes(p);
  EXPECT_TRUE(kScaledConv.fits({&p, sizeof p, in_bytes, out_bytes, scratch_bytes})) << describe(c);
  for (int share = 0; share < shares; ++share) {
    GuardedFloats scratch(scratch_bytes / 4);
    run_prepared(kScaledConv, kernel, {&p, in, out, scratch.data(), share, shares, packed.data(), packed.size() * 4});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << describe(c);
  }
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(c);
  return y.values();
}

class ScaledConvKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(ScaledConvKernels, give_the_bits_of_the_product_and_the_convolution_alone) {
  std::mt19937 random(1);
  // Sums of one piece and of several, bands of many pixels and of few.
  for (const int in : {7, 24, 96, 144, 401, 960}) {
    for (const int out : {8, 24, 40, 112}) {
      ConvCase c = make_case({.batch = 2, .picture = {17, 23}, .in = in, .out = out});
      c.params.activation = activation_case(in + out, -0.25f, 0.75f);
      c.residual = out % 16 == 0;
      const ScaledData d = make_scaled(c, random);
      const std::vector<float> want = run_apart(*GetParam(), c, d);
      for (const int shares : {1, 2, 3, 7, 64}) {
        ASSERT_TRUE(same_bits(want, run_together(*GetParam(), c, d, shares))) << describe(c) << "shares=" << shares;
      }
    }
  }
}

TEST_P(ScaledConvKernels, give_the_same_bits_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    ConvCase c =
        make_case({.batch = pick(1, 3), .picture = {pick(1, 40), pick(1, 40)}, .in = pick(1, 200), .out = pick(1, 90)});
    c.params.activation = activation_case(pick(0, kActivationCount - 1), -0.5f, 1.5f);
    c.bias = pick(0, 1) != 0;
    c.residual = pick(0, 1) != 0;
    const ScaledData d = make_scaled(c, random);
    const int shares = pick(1, 6);
    ASSERT_TRUE(same_bits(run_apart(*GetParam(), c, d), run_together(*GetParam(), c, d, shares)))
        << describe(c) << "shares=" << shares << " seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(scaled_conv, ScaledConvKernels, testing::ValuesIn(kernels_of(kScaledConv)), kernel_test_name);

TEST(ScaledConv, accepts_exact_operands_and_nothing_smaller) {
  const ConvParams p = make_case({.batch = 2, .picture = 9, .in = 24, .out = 40}).params;
  const std::vector<std::size_t> exact = {2 * 81 * 24 * 4, 24 * 48 * 4, 160, 2 * 81 * 40 * 4, 2 * 24 * 4};
  const std::size_t y = 2 * 81 * 40 * 4, scratch = kScaledConv.scratch_bytes(p);
  const auto fits = [](const ConvParams& params, const std::vector<std::size_t>& in, std::size_t out,
                       std::size_t scratch_bytes) {
    const std::size_t outs[] = {out};
    return kScaledConv.fits({&params, sizeof params, in, outs, scratch_bytes});
  };
  EXPECT_TRUE(fits(p, exact, y, scratch));
  EXPECT_FALSE(fits(p, exact, y - 1, scratch));
  EXPECT_FALSE(fits(p, exact, y, scratch - 1));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    std::vector<std::size_t> smaller = exact;
    --smaller[i];
    EXPECT_FALSE(fits(p, smaller, y, scratch)) << i;
  }
  for (std::int32_t ConvParams::* member : {&ConvParams::kernel_h, &ConvParams::stride_w, &ConvParams::pad_left,
                                            &ConvParams::groups, &ConvParams::out_h, &ConvParams::batch}) {
    ConvParams broken = p;
    broken.*member += 1;
    EXPECT_FALSE(fits(broken, exact, y, scratch));
  }
}

}  // namespace
}  // namespace kite
