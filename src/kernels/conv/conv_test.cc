// SPDX-License-Identifier: Apache-2.0
// Every convolution kernel against the portable operator in double, with the proven bound; shares, batch positions,
// edges of memory.
#include "kernels/conv/conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kernels/conv/conv_testing.h"

namespace kite {
namespace {

bool adds_in_place(const ConvParams& params) { return kConv.in_place_input(&params) == kConvResidual; }

std::vector<float> run_conv(const Kernel& kernel, const ConvCase& c, const ConvData& d, int shares) {
  return run_packed(kConv, kernel, c, d, shares);
}

void expect_right(const Kernel& kernel, const ConvCase& c, std::mt19937& random, int shares) {
  const ConvParams& p = c.params;
  const ConvData d = make_data(c, random);
  const double terms = static_cast<double>(p.kernel_h) * p.kernel_w * (p.in_c / p.groups) + 2;
  expect_within(kernel, c, d, shares, run_conv(kernel, c, d, shares), conv_magnitude(c, d), terms + 8);
}

class ConvKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(ConvKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 40; ++channels) {
    for (const int pixels : {1, 3, 6, 7, 13, 14, 15, 28, 29}) {
      ConvCase c = make_case({.picture = {1, pixels}, .in = 1 + channels % 5, .out = channels});
      c.bias = channels % 2 == 0;
      c.residual = channels % 3 == 0;
      c.params.activation = activation_case(channels + pixels, -0.25f, 0.75f);
      expect_right(*GetParam(), c, random, 1 + channels % 3);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(ConvKernels, agree_with_the_reference_on_the_shapes_of_real_networks) {
  std::mt19937 random(2);
  std::vector<ConvShape> shapes = {
      {.picture = 14, .in = 48, .out = 80, .kernel = 3, .pad = 1},
      {.picture = 14, .in = 32, .out = 48, .stride = 2},
      {.batch = 2, .picture = 7, .in = 64, .out = 400},
  };
  for (const int width : {8, 16, 24, 40, 48, 80, 112})
    shapes.push_back({.picture = 7, .in = 2 * width, .out = 2 * width, .kernel = 3, .pad = 1, .groups = 2});
  for (const int width : {8, 16, 24}) {
    shapes.push_back({.batch = 2,
                      .picture = 14,
                      .in = 4 * width,
                      .out = 4 * width,
                      .kernel = 3,
                      .stride = 2,
                      .pad = 1,
                      .groups = 4});
  }
  for (const bool planar : {false, true}) {
    shapes.push_back(
        {.batch = 2, .picture = 32, .in = 3, .out = 32, .kernel = 3, .stride = 2, .pad = 1, .planar = planar});
    shapes.push_back({.picture = {32, 30}, .in = 3, .out = 64, .kernel = 7, .stride = 2, .pad = 3, .planar = planar});
    shapes.push_back({.picture = 32, .in = 3, .out = 40, .kernel = 4, .stride = 4, .planar = planar});
    shapes.push_back({.picture = 48, .in = 3, .out = 33, .kernel = 16, .stride = 16, .planar = planar});
  }
  for (const ConvShape& shape : shapes) {
    ConvCase c = make_case(shape);
    c.params.activation.kind = Activation::kRelu;
    c.residual = true;
    expect_right(*GetParam(), c, random, 2);
    if (HasFatalFailure()) return;
  }
}

// Planes are read in tiles of their own where the target has such, and the sums are the same.
TEST_P(ConvKernels, give_the_same_bits_for_planes_as_for_pixels) {
  std::mt19937 random(7);
  for (const int out : {7, 8, 16, 20, 24, 32, 40, 61, 64, 96}) {
    for (const auto& [kernel, stride] : {std::pair{3, 2}, {7, 2}, {4, 4}, {3, 1}, {5, 3}}) {
      for (const int columns : {5, 31, 50}) {
        ConvCase pixels = make_case({.batch = 2,
                                     .picture = {45, columns},
                                     .in = 3,
                                     .out = out,
                                     .kernel = kernel,
                                     .stride = stride,
                                     .pad = kernel / 2});
        pixels.params.activation = activation_case(out + columns, -0.25f, 0.75f);
        pixels.residual = out == 32 && columns == 31;
        const ConvData d = make_data(pixels, random);
        ConvCase planar = pixels;
        planar.params.input_planar = 1;
        ConvData planes = d;
        const std::size_t plane = std::size_t{45} * static_cast<std::size_t>(columns);
        for (std::size_t i = 0; i < d.x.size(); ++i) {
          const std::size_t picture = i / (3 * plane), pixel = i % (3 * plane) / 3, channel = i % 3;
          planes.x[(picture * 3 + channel) * plane + pixel] = d.x[i];
        }
        expect_right(*GetParam(), planar, random, 1);
        const std::vector<float> want = run_conv(*GetParam(), pixels, d, 1);
        for (const int shares : {1, 3, 4}) {
          ASSERT_TRUE(same_bits(want, run_conv(*GetParam(), planar, planes, shares))) << describe(planar) << shares;
        }
      }
    }
  }
}

// More than a tile's worth of pixels at a time, whole vectors and not, one piece of a sum and two.
TEST_P(ConvKernels, agree_with_the_reference_in_long_runs_of_pixels) {
  std::mt19937 random(6);
  for (const int out : {24, 44}) {
    for (const int in : {19, 402}) {
      for (int activation = 0; activation < kActivationCount; ++activation) {
        ConvCase c = make_case({.picture = {1, 331}, .in = in, .out = out});
        c.params.activation = activation_case(activation, -0.25f, 0.75f);
        c.bias = true;
        c.residual = activation % 2 == 0;
        expect_right(*GetParam(), c, random, 1);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// Odd everything. Two seconds, or as many as fit.
TEST_P(ConvKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  unsigned seed = 100;
  for (; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    ConvCase c = {};
    ConvParams& p = c.params;
    p.batch = pick(1, 3);
    p.groups = pick(0, 2) == 0 ? pick(1, 5) : 1;
    p.in_c = p.groups * pick(1, 20);
    p.out_c = p.groups * pick(1, 40);
    p.kernel_h = pick(1, 5);
    p.kernel_w = pick(1, 5);
    p.stride_h = pick(1, 3);
    p.stride_w = pick(1, 3);
    p.dilation_h = pick(1, 3);
    p.dilation_w = pick(1, 3);
    p.in_h = pick(1, 17);
    p.in_w = pick(1, 17);
    p.pad_top = pick(0, 6);
    p.pad_left = pick(0, 6);
    const int tall = p.in_h + p.pad_top + pick(0, 6) - (p.kernel_h - 1) * p.dilation_h - 1;
    const int wide = p.in_w + p.pad_left + pick(0, 6) - (p.kernel_w - 1) * p.dilation_w - 1;
    if (tall < 0 || wide < 0) continue;
    p.out_h = tall / p.stride_h + 1;
    p.out_w = wide / p.stride_w + 1;
    p.input_planar = pick(0, 3) == 0;
    p.activation = activation_case(pick(0, kActivationCount - 1), -0.5f, 1.5f);
    c.bias = pick(0, 1);
    c.residual = pick(0, 1);
    expect_right(*GetParam(), c, random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
  RecordProperty("shapes", static_cast<int>(seed - 100));
}

TEST_P(ConvKernels, give_the_same_bits_for_any_number_of_parts) {
  std::mt19937 random(3);
  const ConvShape shapes[] = {
      {.picture = 7, .in = 40, .out = 72},
      {.batch = 2, .picture = {9, 14}, .in = 32, .out = 96, .kernel = 3, .pad = 1, .groups = 2},
      {.picture = 33, .in = 3, .out = 24, .kernel = 3, .stride = 2, .pad = 1},
      {.picture = 15, .in = 24, .out = 20, .stride = 2},
  };
  for (const ConvShape& shape : shapes) {
    const ConvCase c = make_case(shape);
    expect_same_bits_for_any_parts(kConv, *GetParam(), c, random);
  }
}

// The last one is a row of one pixel alone, and a sum in pieces.
TEST_P(ConvKernels, give_the_same_bits_at_any_place_in_a_batch) {
  std::mt19937 random(4);
  const ConvShape shapes[] = {
      {.picture = {5, 7}, .in = 20, .out = 40},
      {.picture = 7, .in = 16, .out = 48, .kernel = 3, .pad = 1},
      {.picture = 8, .in = 32, .out = 32, .kernel = 3, .stride = 2, .pad = 1, .groups = 2},
      {.picture = 1, .in = 1000, .out = 200},
  };
  for (const ConvShape& shape : shapes) {
    const ConvCase c = make_case(shape);
    expect_same_bits_at_any_place(kConv, *GetParam(), c, random);
  }
}

// A row of a dense layer alone, among others and shared out among threads: a few rows take another path than many.
TEST_P(ConvKernels, give_a_row_the_same_bits_among_any_others) {
  std::mt19937 random(2);
  ConvCase many = make_case({.picture = {1, 40}, .in = 65, .out = 304});
  many.residual = true;
  many.params.activation.kind = Activation::kGelu;
  const ConvData d = make_data(many, random);
  const std::vector<float> want = run_conv(*GetParam(), many, d, 1);
  for (const int rows : {1, 2, 3, 4, 7}) {
    for (const int shares : {1, 2, 5}) {
      ConvCase few = many;
      few.params.in_w = few.params.out_w = rows;
      ConvData first = d;
      first.x.resize(static_cast<std::size_t>(rows) * 65);
      first.residual.resize(static_cast<std::size_t>(rows) * 304);
      const std::vector<float> y = run_conv(*GetParam(), few, first, shares);
      EXPECT_TRUE(same_bits({want.begin(), want.begin() + rows * 304}, y)) << rows << " rows, " << shares << " shares";
    }
  }
}

// The residual is added last, also to a sum of pieces: a fused sum keeps the bits of one that is not fused.
TEST_P(ConvKernels, add_a_residual_as_an_addition_of_its_own_would) {
  std::mt19937 random(8);
  const ConvShape shapes[] = {
      {.picture = 7, .in = 96, .out = 40, .kernel = 3, .pad = 1},
      {.picture = {4, 5}, .in = 1000, .out = 70},
      {.picture = {1, 2}, .in = 1000, .out = 200},
      {.picture = {4, 5}, .in = 30, .out = 70},
  };
  for (const ConvShape& shape : shapes) {
    ConvCase c = make_case(shape);
    c.residual = true;
    ConvData d = make_data(c, random);
    const std::vector<float> fused = run_conv(*GetParam(), c, d, 1);
    ConvCase apart = c;
    apart.residual = false;
    const std::vector<float> residual = std::exchange(d.residual, {});
    std::vector<float> want = run_conv(*GetParam(), apart, d, 1);
    for (std::size_t i = 0; i < want.size(); ++i) want[i] += residual[i];
    EXPECT_TRUE(same_bits(want, fused)) << describe(c);
  }
}

// Long sums are taken in pieces: rows of taps, single taps, channels.
TEST_P(ConvKernels, add_long_sums_up_in_pieces) {
  std::mt19937 random(6);
  const ConvShape shapes[] = {
      // Rows of taps, first and last outside the picture.
      {.picture = 7, .in = 512, .out = 100, .kernel = 3, .pad = 1},
      // A gap between pixels: single taps.
      {.batch = 2, .picture = {5, 6}, .in = 1024, .out = 52, .kernel = 3, .stride = 2, .pad = 1},
      // Channels of a matrix, not a whole number of pieces.
      {.picture = {3, 5}, .in = 2501, .out = 70},
      // Channels of merged taps, read in place.
      {.picture = 6, .in = 2304, .out = 66, .kernel = 2, .stride = 2},
      // Rows of padding only.
      {.picture = 4, .in = 1800, .out = 130, .kernel = {3, 1}, .pad = 1},
  };
  for (const ConvShape& shape : shapes) {
    ConvCase c = make_case(shape);
    for (const Activation activation : {Activation::kRelu, Activation::kSilu}) {
      c.params.activation.kind = activation;
      c.residual = activation == Activation::kRelu;
      expect_right(*GetParam(), c, random, 1);
      if (HasFatalFailure()) return;
      const ConvData d = make_data(c, random);
      EXPECT_TRUE(same_bits(run_conv(*GetParam(), c, d, 1), run_conv(*GetParam(), c, d, 3))) << describe(c);
    }
  }
}

TEST_P(ConvKernels, add_a_residual_in_place) {
  EXPECT_FALSE(adds_in_place(
      make_case({.picture = 7, .in = 48, .out = 40, .kernel = 3, .pad = 1}).params));  // 432 products: two pieces
  const ConvShape shapes[] = {
      {.picture = 7, .in = 24, .out = 40, .kernel = 3, .pad = 1},
      {.picture = {3, 5}, .in = 400, .out = 70},
  };
  for (const ConvShape& shape : shapes) {
    const ConvCase c = make_case(shape);
    EXPECT_TRUE(adds_in_place(c.params));
    std::mt19937 random(5);
    expect_same_bits_in_place(kConv, *GetParam(), c, random);
  }
}

TEST_P(ConvKernels, let_nan_and_infinity_through) {
  ConvCase c = make_case({.picture = 3, .in = 2, .out = 3});
  c.bias = false;
  c.params.activation.kind = Activation::kRelu;
  ConvData d;
  d.x.assign(18, 1.0f);
  d.w.assign(6, 1.0f);
  d.x[0] = std::nanf("");
  d.x[2] = INFINITY;
  d.x[4] = -INFINITY;
  const std::vector<float> y = run_conv(*GetParam(), c, d, 1);
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[3], INFINITY);
  EXPECT_EQ(y[6], 0.0f);
  EXPECT_EQ(y[9], 2.0f);
}

INSTANTIATE_TEST_SUITE_P(conv, ConvKernels, testing::ValuesIn(kernels_of(kConv)), kernel_test_name);

TEST(ConvSelection, packs_unaligned_weights_in_one_panel_where_they_fit) {
  // 3 channels in, 12 out are at most three blocks of every target: one panel.
  const ConvParams p = make_case({.picture = 4, .in = 3, .out = 12}).params;
  std::vector<char> bytes(12 * 3 * 4 + 1);
  for (int i = 0; i < 36; ++i) {
    const float value = static_cast<float>(i);
    std::memcpy(bytes.data() + 1 + i * 4, &value, 4);
  }
  const auto* w = reinterpret_cast<const float*>(bytes.data() + 1);
  for (const Kernel& kernel : kConv.kernels()) {
    AlignedFloats packed(kConv.packed_bytes(p) / 4);
    kConv.pack(p, kernel, w, packed.data());
    const int lanes = kernel.target->lanes, width = (12 + lanes - 1) / lanes * lanes;
    for (int c = 0; c < 3; ++c) {
      for (int k = 0; k < width; ++k)
        EXPECT_EQ(packed.data()[c * width + k], k < 12 ? static_cast<float>(k * 3 + c) : 0.0f) << kernel.name;
    }
  }
}

// A dense layer's weights may lie either way round.
TEST(ConvSelection, packs_transposed_weights_as_it_packs_the_others) {
  std::mt19937 random(9);
  for (const auto& [in, out] : {std::pair{1, 1}, {3, 20}, {65, 304}, {401, 33}, {16, 48}}) {
    const ConvParams p = make_case({.picture = {1, 2}, .in = in, .out = out}).params;
    const auto rows = static_cast<std::size_t>(out), columns = static_cast<std::size_t>(in);
    const std::vector<float> w = random_floats(rows * columns, random);
    std::vector<float> turned(w.size());
    for (std::size_t k = 0; k < rows; ++k) {
      for (std::size_t c = 0; c < columns; ++c) turned[c * rows + k] = w[k * columns + c];
    }
    for (const Kernel& kernel : kConv.kernels()) {
      AlignedFloats want(kConv.packed_bytes(p) / 4), got(kConv.packed_bytes(p) / 4);
      kConv.pack(p, kernel, w.data(), want.data());
      kConv.pack_transposed(p, kernel, turned.data(), got.data());
      EXPECT_EQ(std::memcmp(want.data(), got.data(), kConv.packed_bytes(p)), 0)
          << kernel.name << ' ' << in << ' ' << out;
    }
  }
}

TEST(ConvFits, accepts_exact_operands_and_nothing_smaller) {
  const ConvParams good =
      make_case({.batch = 2, .picture = 9, .in = 32, .out = 24, .kernel = 3, .stride = 2, .pad = 1, .groups = 2})
          .params;
  const std::size_t x = 2 * 9 * 9 * 32 * 4, y = 2 * 5 * 5 * 24 * 4, w = kConv.packed_bytes(good);
  const std::size_t scratch = kConv.scratch_bytes(good);
  const auto fits = [](const ConvParams& p, std::vector<std::size_t> in, std::size_t out, std::size_t scratch_bytes) {
    const std::size_t outs[] = {out};
    return kConv.fits({&p, sizeof p, in, outs, scratch_bytes});
  };
  EXPECT_TRUE(fits(good, {x, w, 0, 0}, y, scratch));
  EXPECT_TRUE(fits(good, {x, w, 24 * 4, y}, y, scratch));
  EXPECT_FALSE(fits(good, {x - 1, w, 0, 0}, y, scratch));
  EXPECT_FALSE(fits(good, {x, w - 1, 0, 0}, y, scratch));
  EXPECT_FALSE(fits(good, {x, w, 24 * 4 - 1, 0}, y, scratch));
  EXPECT_FALSE(fits(good, {x, w, 0, y - 1}, y, scratch));
  EXPECT_FALSE(fits(good, {x, w, 0, 0}, y - 1, scratch));
  EXPECT_FALSE(fits(good, {x, w, 0, 0}, y, scratch - 1));
  EXPECT_FALSE(fits(good, {x, w, 0}, y, scratch));
}

// Whatever 80 bytes say: an answer, no crash, and what is accepted is within memory.
TEST(ConvFits, survives_hostile_params) {
  std::mt19937 random(6);
  const std::int32_t nasty[] = {0, 1, -1, 2, 3, 7, 224, 65536, 1 << 30, INT32_MAX, INT32_MIN};
  for (int round = 0; round < 200000; ++round) {
    std::int32_t words[sizeof(ConvParams) / 4];
    for (std::int32_t& word : words) {
      word = random() % 2 == 0 ? nasty[random() % std::size(nasty)] : static_cast<std::int32_t>(random() % 5);
    }
    ConvParams p;
    std::memcpy(&p, words, sizeof p);
    const std::size_t in[] = {std::size_t{1} << 20, std::size_t{1} << 20, 0, 0};
    const std::size_t out[] = {std::size_t{1} << 20};
    if (kConv.fits({&p, sizeof p, in, out, std::size_t{1} << 20})) {
      EXPECT_LE(static_cast<double>(p.batch) * p.in_h * p.in_w * p.in_c * 4, 0x1p20);
      EXPECT_LE(static_cast<double>(p.batch) * p.out_h * p.out_w * p.out_c * 4, 0x1p20);
    }
  }
}

TEST(ConvPanels, hold_every_block_once_and_never_more_than_a_tile_does) {
  for (const Tuning& tuning : {targets::kOf32Registers, targets::kOf16Registers}) {
    for (std::int64_t blocks = 1; blocks <= 60; ++blocks) {
      const PanelCut cut = panel_cut(blocks * 8 - 3, 8, tuning);
      std::int64_t sum = 0;
      for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
        EXPECT_EQ(panel_first_block(cut, panel), sum);
        EXPECT_LE(panel_blocks(cut, panel), tuning.most_blocks);
        EXPECT_GE(panel_blocks(cut, panel), blocks == 1 ? 1 : 2);
        sum += panel_blocks(cut, panel);
      }
      EXPECT_EQ(sum, blocks);
    }
  }
}

// Decided before the first run, alike on any machine.
TEST(ConvWalks, share_out_pixels_where_there_are_many_and_channels_where_there_are_few) {
  const auto walk_of = [](const ConvShape& shape, int shares) {
    const ConvParams p = make_case(shape).params;
    ConvWalk walk;
    kConv.prepare(&p, targets::generic, shares, &walk);
    return walk;
  };
  const ConvWalk picture = walk_of({.picture = 112, .in = 32, .out = 32, .kernel = 3, .pad = 1}, 4);
  EXPECT_EQ(picture.split.pixels, 4);
  EXPECT_EQ(picture.split.channels, 1);
  EXPECT_EQ(picture.pixel_units, 112);  // rows
  const ConvWalk row = walk_of({.in = 1000, .out = 1000}, 4);
  EXPECT_EQ(row.split.pixels, 1);
  EXPECT_EQ(row.split.channels, 4);
  const ConvWalk matrix = walk_of({.picture = 28, .in = 64, .out = 64}, 2);
  EXPECT_EQ(matrix.unit, 12);
  EXPECT_EQ(matrix.pixel_units, 66);  // 784 pixels in tiles of four or six
  EXPECT_EQ(matrix.split.pixels * matrix.split.channels, 2);
}

TEST(ConvParts, are_capped_by_the_work) {
  EXPECT_EQ(kConv.max_shares(make_case({.picture = 7, .in = 8, .out = 8}).params), 1);
  EXPECT_EQ(kConv.max_shares(make_case({.picture = 7, .in = 400, .out = 400}).params), 15);
}

}  // namespace
}  // namespace kite
