// SPDX-License-Identifier: Apache-2.0
// Every Winograd kernel against the double reference of direct convolution, with the bound through its own transforms;
// parts, batch positions, edges of memory, and which shapes go this way.
#include "kernels/winograd/winograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_testing.h"
#include "kernels/conv/reference.h"
#include "kernels/winograd/reference.h"

namespace kite {
namespace {

std::vector<float> run_winograd(const Kernel& kernel, const ConvCase& c, const ConvData& d, int parts) {
  return run_packed(kWinograd, kernel, c, d, parts);
}

// Roundings on the way of a product to its output: weights 1, pixels 2, the sum over channels, 4 of A twice over, bias
// and residual 2; and a few for the bound's own.
void expect_right(const Kernel& kernel, const ConvCase& c, std::mt19937& random, int parts) {
  const ConvParams& p = c.params;
  const ConvData d = make_data(c, random);
  const float *bias = data_or_null(d.bias), *residual = data_or_null(d.residual);
  const ConvReference want = conv_reference(p, d.x.data(), d.w.data(), bias, residual);
  expect_within(kernel, c, parts, run_winograd(kernel, c, d, parts), want.value,
                winograd_magnitude(p, d.x.data(), d.w.data(), bias, residual),
                static_cast<double>(p.in_c / p.groups) + 14);
}

class WinogradKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(WinogradKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 40; ++channels) {
    for (const int size : {1, 2, 5, 8}) {
      ConvCase c = make_case(1, size, size + 1, 1 + (channels * 7) % 37, channels, 3, 3, 1, 1, 1);
      c.bias = channels % 2 == 0;
      c.residual = channels % 3 == 0;
      c.params.activation.kind = static_cast<Activation>((channels + size) % kActivationCount);
      c.params.activation.a = -0.25f;
      c.params.activation.b = 0.75f;
      expect_right(*GetParam(), c, random, 1 + channels % 3);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(WinogradKernels, agree_with_the_reference_on_the_shapes_of_real_networks) {
  std::mt19937 random(2);
  for (ConvCase c : {make_case(1, 14, 14, 224, 224, 3, 3, 1, 1, 2), make_case(1, 28, 28, 64, 64, 3, 3, 1, 1, 1),
                     make_case(2, 14, 14, 128, 96, 3, 3, 1, 1, 1), make_case(1, 14, 14, 256, 256, 3, 3, 1, 1, 1)}) {
    c.params.activation.kind = Activation::kRelu;
    c.residual = true;
    expect_right(*GetParam(), c, random, 2);
    if (HasFatalFailure()) return;
  }
}

// Odd sizes, pads of any width, several groups. Two seconds, or as many as fit.
TEST_P(WinogradKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    const int groups = pick(1, 3);
    ConvCase c = make_case(pick(1, 3), 1, 1, groups * pick(1, 40), groups * pick(1, 40), 3, 3, 1, 1, groups);
    ConvParams& p = c.params;
    p.in_h = pick(1, 17);
    p.in_w = pick(1, 17);
    p.pad_top = pick(0, 4);
    p.pad_left = pick(0, 4);
    p.out_h = std::max(1, p.in_h + p.pad_top + pick(0, 4) - 2);
    p.out_w = std::max(1, p.in_w + p.pad_left + pick(0, 4) - 2);
    p.activation.kind = static_cast<Activation>(pick(0, kActivationCount - 1));
    p.activation.a = -0.5f;
    p.activation.b = 1.5f;
    c.bias = pick(0, 1) != 0;
    c.residual = pick(0, 1) != 0;
    expect_right(*GetParam(), c, random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

// On average about as exact as direct convolution, whose sums are cut into pieces: what makes it fit to be the default.
TEST_P(WinogradKernels, err_hardly_more_than_direct_convolution_does) {
  std::mt19937 random(7);
  ConvCase c = make_case(1, 14, 14, 112, 112, 3, 3, 1, 1, 1);
  ConvData d = make_data(c, random);
  for (float& value : d.x) value = std::max(value, 0.0f);  // as behind a ReLU
  const ConvReference want = conv_reference(c.params, d.x.data(), d.w.data(), d.bias.data(), nullptr);
  const Kernel& direct = kConv.best_kernel(*GetParam()->target);
  const auto error = [&](const std::vector<float>& y) {
    double squares = 0;
    for (std::size_t i = 0; i < y.size(); ++i) squares += (y[i] - want.value[i]) * (y[i] - want.value[i]);
    return std::sqrt(squares);
  };
  const double of_direct = error(run_packed(kConv, direct, c, d, 1));
  EXPECT_LE(error(run_winograd(*GetParam(), c, d, 1)), 1.25 * of_direct);
}

TEST_P(WinogradKernels, give_the_same_bits_for_any_number_of_parts) {
  std::mt19937 random(3);
  for (const ConvCase& c : {make_case(1, 15, 14, 50, 72, 3, 3, 1, 1, 1), make_case(2, 9, 14, 32, 96, 3, 3, 1, 1, 2)}) {
    expect_same_bits_for_any_parts(kWinograd, *GetParam(), c, random);
  }
}

TEST_P(WinogradKernels, give_the_same_bits_at_any_place_in_a_batch) {
  std::mt19937 random(4);
  expect_same_bits_at_any_place(kWinograd, *GetParam(), make_case(1, 7, 9, 20, 40, 3, 3, 1, 1, 1), random);
}

TEST_P(WinogradKernels, add_a_residual_in_place) {
  std::mt19937 random(5);
  expect_same_bits_in_place(kWinograd, *GetParam(), make_case(1, 7, 8, 24, 44, 3, 3, 1, 1, 1), random);
}

TEST_P(WinogradKernels, spread_what_is_not_finite_no_further_than_its_tiles) {
  std::mt19937 random(6);
  const ConvCase c = make_case(1, 8, 8, 4, 8, 3, 3, 1, 1, 1);
  ConvData d = make_data(c, random);
  d.x[static_cast<std::size_t>(3 * 8 + 3) * 4] = INFINITY;  // in the tiles of rows and columns 2 and 4 alone
  const std::vector<float> y = run_winograd(*GetParam(), c, d, 1);
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 8; ++column) {
      const bool touched = row >= 2 && row <= 4 && column >= 2 && column <= 4;
      const bool near = row >= 2 && row <= 5 && column >= 2 && column <= 5;
      for (int k = 0; k < 8; ++k) {
        const bool finite = std::isfinite(y[static_cast<std::size_t>((row * 8 + column) * 8 + k)]);
        EXPECT_TRUE(touched ? !finite : near || finite) << row << ", " << column;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(winograd, WinogradKernels, testing::ValuesIn(kernels_of(kWinograd)), kernel_test_name);

TEST(WinogradSelection, takes_what_pays_whatever_the_batch) {
  const auto pays = [](const ConvCase& c) { return kWinograd.is_profitable(c.params, targets::generic); };
  EXPECT_TRUE(pays(make_case(1, 14, 14, 224, 224, 3, 3, 1, 1, 2)));  // regnet_y_16gf
  EXPECT_TRUE(pays(make_case(1, 56, 56, 64, 64, 3, 3, 1, 1, 1)));    // resnet50
  EXPECT_FALSE(pays(make_case(1, 7, 7, 512, 512, 3, 3, 1, 1, 1)));   // too few tiles
  EXPECT_FALSE(pays(make_case(64, 7, 7, 512, 512, 3, 3, 1, 1, 1)));
  EXPECT_FALSE(pays(make_case(1, 14, 14, 160, 160, 3, 3, 1, 1, 10)));  // regnet_x_400mf: 16 a group
  EXPECT_FALSE(pays(make_case(1, 56, 56, 64, 64, 3, 3, 2, 1, 1)));
  EXPECT_FALSE(pays(make_case(1, 56, 56, 64, 64, 5, 5, 1, 2, 1)));
}

TEST(WinogradFits, accepts_exact_operands_and_nothing_smaller) {
  const ConvParams good = make_case(2, 9, 9, 32, 24, 3, 3, 1, 1, 2).params;
  const std::size_t x = 2 * 9 * 9 * 32 * 4, y = 2 * 9 * 9 * 24 * 4, w = kWinograd.packed_bytes(good);
  const std::size_t scratch = kWinograd.scratch_bytes(good);
  const auto fits = [](const ConvParams& p, std::vector<std::size_t> in, std::size_t out, std::size_t scratch_bytes) {
    const std::size_t outs[] = {out};
    return kWinograd.fits({&p, sizeof p, in, outs, scratch_bytes});
  };
  EXPECT_TRUE(fits(good, {x, w, 24 * 4, y}, y, scratch));
  EXPECT_FALSE(fits(good, {x - 1, w, 0, 0}, y, scratch));
  EXPECT_FALSE(fits(good, {x, w - 1, 0, 0}, y, scratch));
  EXPECT_FALSE(fits(good, {x, w, 0, 0}, y - 1, scratch));
  EXPECT_FALSE(fits(good, {x, w, 0, 0}, y, scratch - 1));
  ConvParams strided = good;
  strided.stride_w = 2;
  EXPECT_FALSE(fits(strided, {x, w, 0, 0}, y, scratch));
}

}  // namespace
}  // namespace kite
