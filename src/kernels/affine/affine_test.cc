// SPDX-License-Identifier: Apache-2.0
// Every affine kernel against the portable operators in double, with a derived bound; shares, in place, edges of
// memory.
#include "kernels/affine/affine.h"

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

struct Operands {
  std::vector<float> x, scale, bias;

  Operands(const AffineParams& p, std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto channels = static_cast<std::size_t>(p.channels);
    x = random_floats(static_cast<std::size_t>(p.rows) * channels, random);
    scale = random_floats(channels, random);
    bias = random_floats(channels, random);
  }
};

std::vector<float> run_affine(const Kernel& kernel, const AffineParams& p, const Operands& from, int shares) {
  const std::size_t count = from.x.size();
  GuardedFloats y(count);
  const std::size_t ins[] = {count * 4, from.scale.size() * 4, from.bias.size() * 4}, outs[] = {count * 4};
  EXPECT_TRUE(kAffine.fits({&p, sizeof p, ins, outs, 0}));
  const void* in[] = {from.x.data(), from.scale.data(), from.bias.data()};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, out, nullptr, share, shares, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result";
  return y.values();
}

class AffineKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

// A product and a sum, each rounded once.
TEST_P(AffineKernels, agree_with_the_oracle_around_every_width) {
  for (int channels = 1; channels <= 140; ++channels) {
    const AffineParams p = {1 + channels % 7, channels, {Activation::kRelu, 0, 0}};
    const Operands from(p, static_cast<std::uint32_t>(channels));
    const std::vector<float> y = run_affine(*GetParam(), p, from, 1 + channels % 3);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t c = i % static_cast<std::size_t>(channels);
      const double product = static_cast<double>(from.x[i]) * static_cast<double>(from.scale[c]);
      const double sum = product + static_cast<double>(from.bias[c]);
      const double bound = 0x1p-24 * (std::fabs(product) + std::fabs(sum)) * 1.0001;
      ASSERT_NEAR(static_cast<double>(y[i]), std::max(sum, 0.0), bound) << "channels=" << channels << " at " << i;
    }
  }
}

TEST_P(AffineKernels, give_the_same_bits_for_any_number_of_shares) {
  for (const ActivationForm activation : {ActivationForm{Activation::kNone, 0, 0}, {Activation::kSilu, 0, 0}}) {
    const AffineParams p = {211, 37, activation};
    const Operands from(p, 3);
    const std::vector<float> want = run_affine(*GetParam(), p, from, 1);
    for (const int shares : {2, 3, 5, 64}) {
      EXPECT_TRUE(same_bits(want, run_affine(*GetParam(), p, from, shares))) << shares;
    }
  }
}

TEST_P(AffineKernels, may_write_where_they_read) {
  const AffineParams p = {100, 33, {Activation::kRelu, 0, 0}};
  ASSERT_EQ(kAffine.in_place_input(&p), 0);
  Operands from(p, 4);
  const std::vector<float> want = run_affine(*GetParam(), p, from, 1);
  const void* in[] = {from.x.data(), from.scale.data(), from.bias.data()};
  void* out[] = {from.x.data()};
  for (int share = 0; share < 2; ++share) GetParam()->run({&p, in, out, nullptr, share, 2, nullptr, 0});
  EXPECT_TRUE(same_bits(want, from.x));
}

INSTANTIATE_TEST_SUITE_P(affine, AffineKernels, testing::ValuesIn(kernels_of(kAffine)), kernel_test_name);

TEST(AffineFits, accepts_exact_operands_and_nothing_smaller) {
  const auto fits = [](const AffineParams& p, std::size_t x, std::size_t scale, std::size_t bias, std::size_t y) {
    const std::size_t ins[] = {x, scale, bias}, outs[] = {y};
    return kAffine.fits({&p, sizeof p, ins, outs, 0});
  };
  const AffineParams p = {6, 5, {Activation::kRelu, 0, 0}};
  EXPECT_TRUE(fits(p, 120, 20, 20, 120));
  EXPECT_FALSE(fits(p, 119, 20, 20, 120));
  EXPECT_FALSE(fits(p, 120, 19, 20, 120));
  EXPECT_FALSE(fits(p, 120, 20, 19, 120));
  EXPECT_FALSE(fits(p, 120, 20, 20, 119));
  for (const AffineParams& bad :
       {AffineParams{0, 5, {}}, AffineParams{6, 0, {}}, AffineParams{-1, 5, {}},
        AffineParams{std::int64_t{1} << 62, 5, {}}, AffineParams{6, 5, {static_cast<Activation>(99), 0, 0}}}) {
    EXPECT_FALSE(fits(bad, 120, 20, 20, 120));
  }
}

}  // namespace
}  // namespace kite
