// SPDX-License-Identifier: Apache-2.0
// Every kernel for narrow groups against the portable operator in double; shares, batch positions, edges of memory and
// of pictures, and which shapes go this way.
#include "kernels/grouped/grouped.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_testing.h"

namespace kite {
namespace {

// One rounding a product and its addition, or two where they are rounded apart; bias and residual.
void expect_right(const Kernel& kernel, const ConvCase& c, std::mt19937& random, int shares) {
  const ConvParams& p = c.params;
  const ConvData d = make_data(c, random);
  expect_within(kernel, c, d, shares, run_packed(kGrouped, kernel, c, d, shares), conv_magnitude(c, d),
                9.0 * (p.in_c / p.groups) + 3);
}

class GroupedKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(GroupedKernels, agree_with_the_reference_on_pictures_of_every_width) {
  std::mt19937 random(1);
  for (int width = 1; width <= 30; ++width) {
    for (const int stride : {1, 2}) {
      ConvCase c = make_case({.picture = {1 + width % 9, width},
                              .in = 16,
                              .out = 2 * (1 + width % 18),
                              .kernel = 3,
                              .stride = stride,
                              .pad = 1,
                              .groups = 2});
      c.bias = width % 2 == 0;
      c.residual = width % 3 == 0;
      c.params.activation = activation_case(width + stride, -0.25f, 0.75f);
      expect_right(*GetParam(), c, random, 1 + width % 3);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(GroupedKernels, agree_with_the_reference_on_the_shapes_of_real_networks) {
  std::mt19937 random(2);
  const ConvShape shapes[] = {
      {.picture = 112, .in = 32, .out = 32, .kernel = 3, .stride = 2, .pad = 1, .groups = 2},
      {.picture = 28, .in = 64, .out = 64, .kernel = 3, .pad = 1, .groups = 4},
      {.batch = 2, .picture = 14, .in = 160, .out = 160, .kernel = 3, .pad = 1, .groups = 10},
      {.picture = 7, .in = 400, .out = 400, .kernel = 3, .pad = 1, .groups = 25},
      {.picture = 14, .in = 128, .out = 128, .kernel = 3, .pad = 1, .groups = 32},
      {.picture = 14, .in = 96, .out = 96, .kernel = 3, .stride = 2, .pad = 1, .groups = 4},
  };
  for (const ConvShape& shape : shapes) {
    ConvCase c = make_case(shape);
    c.params.activation.kind = Activation::kRelu;
    expect_right(*GetParam(), c, random, 2);
    if (HasFatalFailure()) return;
  }
}

// Odd sizes, pads of any width above and below, one column or none on the sides. Two seconds, or as many as fit.
TEST_P(GroupedKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  int taken = 0;
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    const int groups = pick(1, 4), stride = pick(1, 2);
    ConvCase c = make_case({.batch = pick(1, 3),
                            .picture = 1,
                            .in = groups * pick(1, 44),
                            .out = groups * pick(1, 40),
                            .kernel = 3,
                            .stride = stride,
                            .pad = 1,
                            .groups = groups});
    ConvParams& p = c.params;
    p.in_h = pick(1, 17);
    p.in_w = pick(1, 17);
    p.stride_h = pick(1, 3);
    p.pad_top = pick(0, 4);
    p.pad_left = pick(0, 1);
    p.out_h = std::max(1, (p.in_h + p.pad_top + pick(0, 4) - 3) / p.stride_h + 1);
    p.out_w = std::max(1, (p.in_w + p.pad_left + pick(0, 1) - 3) / p.stride_w + 1);
    p.activation = activation_case(pick(0, kActivationCount - 1), -0.5f, 1.5f);
    c.bias = pick(0, 1) != 0;
    c.residual = pick(0, 1) != 0;
    if (!kGrouped.supports(p)) continue;
    ++taken;
    expect_right(*GetParam(), c, random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
  EXPECT_GT(taken, 20);
}

TEST_P(GroupedKernels, give_the_same_bits_for_any_number_of_parts) {
  std::mt19937 random(3);
  const ConvShape shapes[] = {
      {.picture = {15, 14}, .in = 48, .out = 72, .kernel = 3, .pad = 1, .groups = 3},
      {.batch = 2, .picture = {9, 14}, .in = 32, .out = 32, .kernel = 3, .stride = 2, .pad = 1, .groups = 2},
  };
  for (const ConvShape& shape : shapes) {
    const ConvCase c = make_case(shape);
    expect_same_bits_for_any_parts(kGrouped, *GetParam(), c, random);
  }
}

TEST_P(GroupedKernels, give_the_same_bits_at_any_place_in_a_batch) {
  std::mt19937 random(4);
  expect_same_bits_at_any_place(kGrouped, *GetParam(),
                                make_case({.picture = {7, 9}, .in = 32, .out = 48, .kernel = 3, .pad = 1, .groups = 2}),
                                random);
}

TEST_P(GroupedKernels, add_a_residual_in_place) {
  std::mt19937 random(5);
  expect_same_bits_in_place(kGrouped, *GetParam(),
                            make_case({.picture = {7, 8}, .in = 24, .out = 44, .kernel = 3, .pad = 1, .groups = 2}),
                            random);
}

TEST_P(GroupedKernels, keep_what_is_not_finite_to_the_outputs_that_see_it) {
  std::mt19937 random(6);
  const ConvCase c = make_case({.picture = 8, .in = 8, .out = 8, .kernel = 3, .pad = 1, .groups = 2});
  ConvData d = make_data(c, random);
  d.x[static_cast<std::size_t>(3 * 8 + 3) * 8] = INFINITY;  // of the first group
  const std::vector<float> y = run_packed(kGrouped, *GetParam(), c, d, 1);
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 8; ++column) {
      for (int k = 0; k < 8; ++k) {
        const bool sees = k < 4 && row >= 2 && row <= 4 && column >= 2 && column <= 4;
        EXPECT_EQ(!std::isfinite(y[static_cast<std::size_t>((row * 8 + column) * 8 + k)]), sees)
            << row << ", " << column << ", " << k;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(grouped, GroupedKernels, testing::ValuesIn(kernels_of(kGrouped)), kernel_test_name);

TEST(GroupedSelection, takes_narrow_groups_whatever_the_batch) {
  const auto pays = [](const ConvShape& shape) {
    return kGrouped.is_profitable(make_case(shape).params, *kGrouped.kernels().front().target);
  };
  EXPECT_TRUE(pays({.picture = 14, .in = 160, .out = 160, .kernel = 3, .pad = 1, .groups = 10}));  // regnet_x_400mf
  EXPECT_TRUE(
      pays({.batch = 64, .picture = 112, .in = 32, .out = 32, .kernel = 3, .stride = 2, .pad = 1, .groups = 2}));
  EXPECT_FALSE(
      pays({.picture = 28, .in = 448, .out = 448, .kernel = 3, .stride = 2, .pad = 1, .groups = 4}));  // regnet_y_16gf
  EXPECT_FALSE(pays({.picture = 56, .in = 16, .out = 16, .kernel = 3, .pad = 1}));
  ConvParams p = make_case({.picture = 14, .in = 32, .out = 32, .kernel = 3, .pad = 1, .groups = 2}).params;
  EXPECT_TRUE(kGrouped.is_profitable(p, *kGrouped.kernels().front().target));
  EXPECT_FALSE(kGrouped.is_profitable(p, targets::generic));
  p.out_w += 1;  // one more column of padding on the right
  EXPECT_FALSE(kGrouped.supports(p));
  const ConvShape shapes[] = {
      {.picture = 14, .in = 32, .out = 32, .kernel = 3, .pad = 2, .groups = 2},
      {.picture = 14, .in = 32, .out = 32, .kernel = 3, .stride = 3, .pad = 1, .groups = 2},
      {.picture = 14, .in = 32, .out = 32, .kernel = 5, .pad = 1, .groups = 2},
      {.picture = 14, .in = 90, .out = 32, .kernel = 3, .pad = 1, .groups = 2},
  };
  for (const ConvShape& shape : shapes) {
    const ConvCase c = make_case(shape);
    EXPECT_FALSE(kGrouped.supports(c.params)) << describe(c);
  }
}

TEST(GroupedFits, accepts_exact_operands_and_nothing_smaller) {
  const ConvParams good =
      make_case({.batch = 2, .picture = 9, .in = 32, .out = 24, .kernel = 3, .pad = 1, .groups = 2}).params;
  const std::size_t x = 2 * 9 * 9 * 32 * 4, y = 2 * 9 * 9 * 24 * 4, w = kGrouped.packed_bytes(good);
  const auto fits = [](const ConvParams& p, std::vector<std::size_t> in, std::size_t out) {
    const std::size_t outs[] = {out};
    return kGrouped.fits({&p, sizeof p, in, outs, 0});
  };
  EXPECT_TRUE(fits(good, {x, w, 24 * 4, y}, y));
  EXPECT_FALSE(fits(good, {x - 1, w, 0, 0}, y));
  EXPECT_FALSE(fits(good, {x, w - 1, 0, 0}, y));
  EXPECT_FALSE(fits(good, {x, w, 0, 0}, y - 1));
  ConvParams padded = good;
  padded.pad_left = 2;
  EXPECT_FALSE(fits(padded, {x, w, 0, 0}, y));
}

}  // namespace
}  // namespace kite
