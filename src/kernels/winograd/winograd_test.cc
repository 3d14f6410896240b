// SPDX-License-Identifier: Apache-2.0
// Every Winograd kernel against the portable convolution in double, with the bound through its own transforms; shares,
// batch positions, edges of memory, and which shapes go this way.
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

namespace kite {
namespace {

std::vector<float> run_winograd(const Kernel& kernel, const ConvCase& c, const ConvData& d, int shares) {
  return run_packed(kWinograd, kernel, c, d, shares);
}

// What bounds the error is |A|'[(|G||g||G|') o (|B|'|d||B|)]|A| + |bias| + |residual|. For one of the two by two
// outputs of each tile that is a convolution of 4x4 weights with stride 2, along either axis of
//   weight[pixel] = sum over the places a of |A|[a][output] |B|[pixel][a] (|G| |g|)[a].
constexpr double kA[4][2] = {{1, 0}, {1, 1}, {1, 1}, {0, 1}};
constexpr double kB[4][4] = {{1, 0, 0, 0}, {0, 1, 1, 1}, {1, 1, 1, 0}, {0, 0, 0, 1}};
constexpr double kG[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {0, 0, 1}};

double share_of_tap(int output, int pixel, int tap) {
  double sum = 0;
  for (int place = 0; place < 4; ++place) sum += kA[place][output] * kB[pixel][place] * kG[place][tap];
  return sum;
}

// Filters of 3x3 magnitudes as 4x4 weights of the output at `row`, `column` of each tile.
std::vector<float> tile_weights(const std::vector<float>& w, int row, int column) {
  std::vector<float> wide;
  for (std::size_t filter = 0; filter < w.size(); filter += 9) {
    for (int pixel = 0; pixel < 16; ++pixel) {
      double sum = 0;
      for (int tap = 0; tap < 9; ++tap) {
        sum += share_of_tap(row, pixel / 4, tap / 3) * share_of_tap(column, pixel % 4, tap % 3) *
               w[filter + static_cast<std::size_t>(tap)];
      }
      wide.push_back(static_cast<float>(sum));
    }
  }
  return wide;
}

std::vector<double> winograd_magnitude(const ConvCase& c, const ConvData& data) {
  const ConvParams& p = c.params;
  const ConvData d = magnitudes(data);
  std::vector<double> out(d.residual.begin(), d.residual.end());
  out.resize(static_cast<std::size_t>(p.batch) * p.out_h * p.out_w * p.out_c);
  ConvCase tiles = {.params = p, .bias = c.bias, .residual = false};
  tiles.params.kernel_h = tiles.params.kernel_w = 4;
  tiles.params.stride_h = tiles.params.stride_w = 2;
  tiles.params.out_h = (p.out_h + 1) / 2;
  tiles.params.out_w = (p.out_w + 1) / 2;
  tiles.params.activation = {};
  for (int place = 0; place < 4; ++place) {
    const int row = place / 2, column = place % 2;
    const std::vector<double> of_tiles = conv_oracle(tiles, {d.x, tile_weights(d.w, row, column), d.bias, {}});
    if (of_tiles.empty()) return {};
    std::size_t from = 0;
    for (int line = 0; line < p.batch * tiles.params.out_h; ++line) {
      const int n = line / tiles.params.out_h, h = line % tiles.params.out_h * 2 + row;
      for (int w = column; w < 2 * tiles.params.out_w; w += 2) {
        for (int k = 0; k < p.out_c; ++k, ++from) {
          if (h < p.out_h && w < p.out_w) {
            out[static_cast<std::size_t>(((n * p.out_h + h) * p.out_w + w) * p.out_c + k)] += of_tiles[from];
          }
        }
      }
    }
  }
  return out;
}

// Roundings on the way of a product to its output: weights 1, pixels 2, the sum over channels, 4 of A twice over, bias
// and residual 2; and a few for the bound's own.
void expect_right(const Kernel& kernel, const ConvCase& c, std::mt19937& random, int shares) {
  const ConvData d = make_data(c, random);
  expect_within(kernel, c, d, shares, run_winograd(kernel, c, d, shares), winograd_magnitude(c, d),
                static_cast<double>(c.params.in_c / c.params.groups) + 14);
}

class WinogradKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(WinogradKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 40; ++channels) {
    for (const int size : {1, 2, 5, 8}) {
      ConvCase c = make_case(
          {.picture = {size, size + 1}, .in = 1 + (channels * 7) % 37, .out = channels, .kernel = 3, .pad = 1});
      c.bias = channels % 2 == 0;
      c.residual = channels % 3 == 0;
      c.params.activation = activation_case(channels + size, -0.25f, 0.75f);
      expect_right(*GetParam(), c, random, 1 + channels % 3);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(WinogradKernels, agree_with_the_reference_on_the_shapes_of_real_networks) {
  std::mt19937 random(2);
  const ConvShape shapes[] = {
      {.picture = 14, .in = 224, .out = 224, .kernel = 3, .pad = 1, .groups = 2},
      {.picture = 28, .in = 64, .out = 64, .kernel = 3, .pad = 1},
      {.batch = 2, .picture = 14, .in = 128, .out = 96, .kernel = 3, .pad = 1},
      {.picture = 14, .in = 256, .out = 256, .kernel = 3, .pad = 1},
  };
  for (const ConvShape& shape : shapes) {
    ConvCase c = make_case(shape);
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
    ConvCase c = make_case({.batch = pick(1, 3),
                            .picture = 1,
                            .in = groups * pick(1, 40),
                            .out = groups * pick(1, 40),
                            .kernel = 3,
                            .pad = 1,
                            .groups = groups});
    ConvParams& p = c.params;
    p.in_h = pick(1, 17);
    p.in_w = pick(1, 17);
    p.pad_top = pick(0, 4);
    p.pad_left = pick(0, 4);
    p.out_h = std::max(1, p.in_h + p.pad_top + pick(0, 4) - 2);
    p.out_w = std::max(1, p.in_w + p.pad_left + pick(0, 4) - 2);
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

// On average about as exact as direct convolution, whose sums are cut into pieces: what makes it fit to be the default.
TEST_P(WinogradKernels, err_hardly_more_than_direct_convolution_does) {
  std::mt19937 random(7);
  ConvCase c = make_case({.picture = 14, .in = 112, .out = 112, .kernel = 3, .pad = 1});
  ConvData d = make_data(c, random);
  for (float& value : d.x) value = std::max(value, 0.0f);  // as behind a ReLU
  const std::vector<double> want = conv_oracle(c, d);
  const Kernel& direct = kConv.best_kernel(*GetParam()->target);
  const auto error = [&](const std::vector<float>& y) {
    double squares = 0;
    for (std::size_t i = 0; i < y.size(); ++i) squares += (y[i] - want[i]) * (y[i] - want[i]);
    return std::sqrt(squares);
  };
  const double of_direct = error(run_packed(kConv, direct, c, d, 1));
  EXPECT_LE(error(run_winograd(*GetParam(), c, d, 1)), 1.25 * of_direct);
}

TEST_P(WinogradKernels, give_the_same_bits_for_any_number_of_parts) {
  std::mt19937 random(3);
  const ConvShape shapes[] = {
      {.picture = {15, 14}, .in = 50, .out = 72, .kernel = 3, .pad = 1},
      {.batch = 2, .picture = {9, 14}, .in = 32, .out = 96, .kernel = 3, .pad = 1, .groups = 2},
  };
  for (const ConvShape& shape : shapes) {
    const ConvCase c = make_case(shape);
    expect_same_bits_for_any_parts(kWinograd, *GetParam(), c, random);
  }
}

TEST_P(WinogradKernels, give_the_same_bits_at_any_place_in_a_batch) {
  std::mt19937 random(4);
  expect_same_bits_at_any_place(kWinograd, *GetParam(),
                                make_case({.picture = {7, 9}, .in = 20, .out = 40, .kernel = 3, .pad = 1}), random);
}

TEST_P(WinogradKernels, add_a_residual_in_place) {
  std::mt19937 random(5);
  expect_same_bits_in_place(kWinograd, *GetParam(),
                            make_case({.picture = {7, 8}, .in = 24, .out = 44, .kernel = 3, .pad = 1}), random);
}

TEST_P(WinogradKernels, spread_what_is_not_finite_no_further_than_its_tiles) {
  std::mt19937 random(6);
  const ConvCase c = make_case({.picture = 8, .in = 4, .out = 8, .kernel = 3, .pad = 1});
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
  const auto pays = [](const ConvShape& shape) {
    return kWinograd.is_profitable(make_case(shape).params, targets::generic);
  };
  EXPECT_TRUE(pays({.picture = 14, .in = 224, .out = 224, .kernel = 3, .pad = 1, .groups = 2}));  // regnet_y_16gf
  EXPECT_TRUE(pays({.picture = 56, .in = 64, .out = 64, .kernel = 3, .pad = 1}));                 // resnet50
  EXPECT_FALSE(pays({.picture = 7, .in = 512, .out = 512, .kernel = 3, .pad = 1}));               // too few tiles
  EXPECT_FALSE(pays({.batch = 64, .picture = 7, .in = 512, .out = 512, .kernel = 3, .pad = 1}));
  EXPECT_FALSE(
      pays({.picture = 14, .in = 160, .out = 160, .kernel = 3, .pad = 1, .groups = 10}));  // regnet_x_400mf: 16 a group
  EXPECT_FALSE(pays({.picture = 56, .in = 64, .out = 64, .kernel = 3, .stride = 2, .pad = 1}));
  EXPECT_FALSE(pays({.picture = 56, .in = 64, .out = 64, .kernel = 5, .pad = 2}));
}

TEST(WinogradFits, accepts_exact_operands_and_nothing_smaller) {
  const ConvParams good =
      make_case({.batch = 2, .picture = 9, .in = 32, .out = 24, .kernel = 3, .pad = 1, .groups = 2}).params;
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
