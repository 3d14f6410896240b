// SPDX-License-Identifier: Apache-2.0
// Every convolution kernel against the double reference, with the proven bound; parts, batch positions, edges of
// memory.
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
#include "kernels/conv/reference.h"

namespace kite {
namespace {

bool adds_in_place(const ConvParams& params) { return kConv.in_place_input(&params) == kConvResidual; }

std::vector<float> run_conv(const Kernel& kernel, const ConvCase& c, const ConvData& d, int parts) {
  return run_packed(kConv, kernel, c, d, parts);
}

void expect_right(const Kernel& kernel, const ConvCase& c, std::mt19937& random, int parts) {
  const ConvParams& p = c.params;
  const ConvData d = make_data(c, random);
  const ConvReference want = conv_reference(p, d.x.data(), d.w.data(), data_or_null(d.bias), data_or_null(d.residual));
  const double terms = static_cast<double>(p.kernel_h) * p.kernel_w * (p.in_c / p.groups) + 2;
  expect_within(kernel, c, parts, run_conv(kernel, c, d, parts), want.value, want.magnitude, terms + 8);
}

class ConvKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(ConvKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 40; ++channels) {
    for (const int pixels : {1, 3, 6, 7, 13, 14, 15, 28, 29}) {
      ConvCase c = make_case(1, 1, pixels, 1 + channels % 5, channels, 1, 1, 1, 0, 1);
      c.bias = channels % 2 == 0;
      c.residual = channels % 3 == 0;
      c.params.activation.kind = static_cast<Activation>((channels + pixels) % kActivationCount);
      c.params.activation.a = -0.25f;
      c.params.activation.b = 0.75f;
      expect_right(*GetParam(), c, random, 1 + channels % 3);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(ConvKernels, agree_with_the_reference_on_the_shapes_of_real_networks) {
  std::mt19937 random(2);
  std::vector<ConvCase> cases;
  for (const int width : {8, 16, 24, 40, 48, 80, 112})
    cases.push_back(make_case(1, 7, 7, 2 * width, 2 * width, 3, 3, 1, 1, 2));
  for (const int width : {8, 16, 24}) cases.push_back(make_case(2, 14, 14, 4 * width, 4 * width, 3, 3, 2, 1, 4));
  cases.push_back(make_case(1, 14, 14, 48, 80, 3, 3, 1, 1, 1));
  cases.push_back(make_case(1, 14, 14, 32, 48, 1, 1, 2, 0, 1));
  cases.push_back(make_case(2, 7, 7, 64, 400, 1, 1, 1, 0, 1));
  for (const int planar : {0, 1}) {
    cases.push_back(make_case(2, 32, 32, 3, 32, 3, 3, 2, 1, 1));
    cases.back().params.input_planar = planar;
    cases.push_back(make_case(1, 32, 30, 3, 64, 7, 7, 2, 3, 1));
    cases.back().params.input_planar = planar;
    cases.push_back(make_case(1, 32, 32, 3, 40, 4, 4, 4, 0, 1));
    cases.back().params.input_planar = planar;
    cases.push_back(make_case(1, 48, 48, 3, 33, 16, 16, 16, 0, 1));
    cases.back().params.input_planar = planar;
  }
  for (ConvCase& c : cases) {
    c.params.activation.kind = Activation::kRelu;
    c.residual = true;
    expect_right(*GetParam(), c, random, 2);
    if (HasFatalFailure()) return;
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
    p.activation.kind = static_cast<Activation>(pick(0, kActivationCount - 1));
    p.activation.a = -0.5f;
    p.activation.b = 1.5f;
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
  for (const ConvCase& c : {make_case(1, 7, 7, 40, 72, 1, 1, 1, 0, 1), make_case(2, 9, 14, 32, 96, 3, 3, 1, 1, 2),
                            make_case(1, 33, 33, 3, 24, 3, 3, 2, 1, 1), make_case(1, 15, 15, 24, 20, 1, 1, 2, 0, 1)}) {
    expect_same_bits_for_any_parts(kConv, *GetParam(), c, random);
  }
}

// The last one is a row of one pixel alone, and a sum in pieces.
TEST_P(ConvKernels, give_the_same_bits_at_any_place_in_a_batch) {
  std::mt19937 random(4);
  for (const ConvCase& c : {make_case(1, 5, 7, 20, 40, 1, 1, 1, 0, 1), make_case(1, 7, 7, 16, 48, 3, 3, 1, 1, 1),
                            make_case(1, 8, 8, 32, 32, 3, 3, 2, 1, 2), make_case(1, 1, 1, 1000, 200, 1, 1, 1, 0, 1)}) {
    expect_same_bits_at_any_place(kConv, *GetParam(), c, random);
  }
}

// A row of a dense layer alone, among others and shared out among threads: a few rows take another path than many.
TEST_P(ConvKernels, give_a_row_the_same_bits_among_any_others) {
  std::mt19937 random(2);
  ConvCase many = make_case(1, 1, 40, 65, 304, 1, 1, 1, 0, 1);
  many.residual = true;
  many.params.activation.kind = Activation::kGelu;
  const ConvData d = make_data(many, random);
  const std::vector<float> want = run_conv(*GetParam(), many, d, 1);
  for (const int rows : {1, 2, 3, 4, 7}) {
    for (const int parts : {1, 2, 5}) {
      ConvCase few = many;
      few.params.in_w = few.params.out_w = rows;
      ConvData first = d;
      first.x.resize(static_cast<std::size_t>(rows) * 65);
      first.residual.resize(static_cast<std::size_t>(rows) * 304);
      const std::vector<float> y = run_conv(*GetParam(), few, first, parts);
      EXPECT_TRUE(same_bits({want.begin(), want.begin() + rows * 304}, y)) << rows << " rows, " << parts << " parts";
    }
  }
}

// The residual comes last, whatever the pieces: a sum that a pass has fused keeps the bits of one that it has not.
TEST_P(ConvKernels, add_a_residual_as_an_addition_of_its_own_would) {
  std::mt19937 random(8);
  for (ConvCase c : {make_case(1, 7, 7, 96, 40, 3, 3, 1, 1, 1), make_case(1, 4, 5, 1000, 70, 1, 1, 1, 0, 1),
                     make_case(1, 1, 2, 1000, 200, 1, 1, 1, 0, 1), make_case(1, 4, 5, 30, 70, 1, 1, 1, 0, 1)}) {
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
  std::vector<ConvCase> cases;
  cases.push_back(make_case(1, 7, 7, 512, 100, 3, 3, 1, 1, 1));   // rows of taps, first and last outside the picture
  cases.push_back(make_case(2, 5, 6, 1024, 52, 3, 3, 2, 1, 1));   // a gap between pixels: single taps
  cases.push_back(make_case(1, 3, 5, 2501, 70, 1, 1, 1, 0, 1));   // channels of a matrix, not a whole number of pieces
  cases.push_back(make_case(1, 6, 6, 2304, 66, 2, 2, 2, 0, 1));   // channels of merged taps, read in place
  cases.push_back(make_case(1, 4, 4, 1800, 130, 3, 1, 1, 1, 1));  // rows of padding only
  for (ConvCase& c : cases) {
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
  EXPECT_FALSE(adds_in_place(make_case(1, 7, 7, 48, 40, 3, 3, 1, 1, 1).params));  // 432 products: two pieces
  for (const ConvCase& c : {make_case(1, 7, 7, 24, 40, 3, 3, 1, 1, 1), make_case(1, 3, 5, 400, 70, 1, 1, 1, 0, 1)}) {
    EXPECT_TRUE(adds_in_place(c.params));
    std::mt19937 random(5);
    expect_same_bits_in_place(kConv, *GetParam(), c, random);
  }
}

TEST_P(ConvKernels, let_nan_and_infinity_through) {
  ConvCase c = make_case(1, 3, 3, 2, 3, 1, 1, 1, 0, 1);
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
  const ConvParams p = make_case(1, 4, 4, 3, 12, 1, 1, 1, 0, 1).params;
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
    const ConvParams p = make_case(1, 1, 2, in, out, 1, 1, 1, 0, 1).params;
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
  const ConvParams good = make_case(2, 9, 9, 32, 24, 3, 3, 2, 1, 2).params;
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

TEST(ConvParts, are_capped_by_the_work) {
  EXPECT_EQ(kConv.max_parts(make_case(1, 7, 7, 8, 8, 1, 1, 1, 0, 1).params), 1);
  EXPECT_EQ(kConv.max_parts(make_case(1, 7, 7, 400, 400, 1, 1, 1, 0, 1).params), 15);
}

}  // namespace
}  // namespace kite
