// SPDX-License-Identifier: Apache-2.0
// Both convolutions in one step give the bits that they give one after the other, on every target, for any number of
// shares, and stay inside their operands and scratch.
#include "kernels/expand_depthwise/expand_depthwise.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_testing.h"
#include "kernels/depthwise/depthwise.h"

namespace kite {
namespace {

struct Pair {
  ConvCase expand, depthwise;

  [[nodiscard]] ExpandDepthwiseParams params() const { return {expand.params, depthwise.params}; }
};

struct PairShape {
  int batch = 1;
  HeightWidth picture = 1;
  int in = 1, between = 1;  // channels
  int kernel = 3, stride = 1;
};

Pair make_pair(const PairShape& shape) {
  return {make_case({.batch = shape.batch, .picture = shape.picture, .in = shape.in, .out = shape.between}),
          make_case({.batch = shape.batch,
                     .picture = shape.picture,
                     .in = shape.between,
                     .out = shape.between,
                     .kernel = shape.kernel,
                     .stride = shape.stride,
                     .pad = shape.kernel / 2,
                     .groups = shape.between})};
}

struct PairData {
  ConvData expand, depthwise;
};

PairData make_pair_data(const Pair& pair, std::mt19937& random) {
  return {make_data(pair.expand, random), make_data(pair.depthwise, random)};
}

const Kernel& kernel_for(const Family& family, const Kernel& like) { return family.best_kernel(*like.target); }

// One after the other.
std::vector<float> run_apart(const Kernel& kernel, const Pair& pair, PairData d) {
  d.depthwise.x = run_packed(kConv, kernel_for(kConv, kernel), pair.expand, d.expand, 1);
  return run_packed(kDepthwise, kernel_for(kDepthwise, kernel), pair.depthwise, d.depthwise, 1);
}

std::vector<float> packed(const ConvFamily& family, const Kernel& kernel, const ConvCase& c, const ConvData& d) {
  AlignedFloats to(family.packed_bytes(c.params) / 4);
  family.pack(c.params, kernel_for(family, kernel), d.w.data(), to.data());
  return {to.data(), to.data() + to.size()};
}

std::vector<float> run_together(const Kernel& kernel, const Pair& pair, const PairData& d, int shares) {
  const ExpandDepthwiseParams params = pair.params();
  const std::string text = describe(pair.expand) + describe(pair.depthwise);
  const PageEndFloats x(d.expand.x), w(packed(kConv, kernel, pair.expand, d.expand)), bias(d.expand.bias),
      depthwise_w(packed(kDepthwise, kernel, pair.depthwise, d.depthwise)), depthwise_bias(d.depthwise.bias);
  const auto or_null = [](const PageEndFloats& floats, const std::vector<float>& of) {
    return of.empty() ? nullptr : floats.data();
  };
  const void* in[] = {x.data(), w.data(), or_null(bias, d.expand.bias), depthwise_w.data(),
                      or_null(depthwise_bias, d.depthwise.bias)};
  const ConvParams& last = params.depthwise;
  GuardedFloats y(static_cast<std::size_t>(last.batch) * last.out_h * last.out_w * last.out_c);
  void* out[] = {y.data()};
  const std::size_t in_bytes[] = {d.expand.x.size() * 4, kConv.packed_bytes(params.expand), d.expand.bias.size() * 4,
                                  kDepthwise.packed_bytes(last), d.depthwise.bias.size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  const std::size_t scratch_bytes = kExpandDepthwise.scratch_bytes(params);
  EXPECT_TRUE(kExpandDepthwise.fits({&params, sizeof params, in_bytes, out_bytes, scratch_bytes})) << text;
  for (int share = 0; share < shares; ++share) {
    GuardedFloats scratch(scratch_bytes / 4);
    run_prepared(kExpandDepthwise, kernel, {&params, in, out, scratch.data(), share, shares, nullptr, 0});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << text;
  }
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << text;
  return y.values();
}

void expect_same(const Kernel& kernel, const Pair& pair, std::mt19937& random, int shares) {
  const PairData d = make_pair_data(pair, random);
  EXPECT_TRUE(same_bits(run_apart(kernel, pair, d), run_together(kernel, pair, d, shares)))
      << kernel.name << " " << describe(pair.expand) << describe(pair.depthwise) << "shares=" << shares;
}

class ExpandDepthwiseKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(ExpandDepthwiseKernels, give_the_bits_of_both_convolutions_alone) {
  std::mt19937 random(1);
  // Pictures of several bands, and channels of several chunks and of panels of every width.
  for (const int between : {16, 24, 40, 72, 96, 144, 120}) {
    for (const int kernel : {3, 5}) {
      for (const int stride : {1, 2}) {
        const int wide = 112 / (1 + between / 48);
        Pair pair = make_pair(
            {.picture = {2 * wide / 3, wide}, .in = 7, .between = between, .kernel = kernel, .stride = stride});
        pair.expand.params.activation = activation_case(between + kernel, -0.25f, 0.75f);
        pair.depthwise.params.activation = activation_case(between / 8 + stride, -0.25f, 0.75f);
        expect_same(*GetParam(), pair, random, 1 + between % 3);
        if (HasFailure()) return;
      }
    }
  }
}

// Clamps, and activations that run over what was stored, on either side.
TEST_P(ExpandDepthwiseKernels, activate_as_the_convolutions_do) {
  std::mt19937 random(2);
  for (int kind = 0; kind < kActivationCount; ++kind) {
    for (const bool first : {true, false}) {
      Pair pair = make_pair({.picture = {23, 61}, .in = 12, .between = 56, .kernel = 3, .stride = 1});
      (first ? pair.expand : pair.depthwise).params.activation = activation_case(kind, -0.5f, 1.5f);
      expect_same(*GetParam(), pair, random, 2);
      if (HasFailure()) return;
    }
  }
}

TEST_P(ExpandDepthwiseKernels, give_the_same_bits_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  int ran = 0;
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    const int between = pick(1, 150);
    Pair pair = make_pair({.batch = pick(1, 2),
                           .picture = {pick(1, 70), pick(1, 70)},
                           .in = pick(1, 20),
                           .between = between,
                           .kernel = 3 + 2 * pick(0, 2),
                           .stride = pick(1, 2)});
    ConvParams& p = pair.depthwise.params;  // padding that differs from side to side
    p.pad_top = pick(0, p.kernel_h / 2);
    p.pad_left = pick(0, p.kernel_w / 2);
    const int tall = p.in_h + p.pad_top + pick(0, p.kernel_h / 2) - p.kernel_h;
    const int wide = p.in_w + p.pad_left + pick(0, p.kernel_w / 2) - p.kernel_w;
    if (tall < 0 || wide < 0) continue;
    p.out_h = tall / p.stride_h + 1;
    p.out_w = wide / p.stride_w + 1;
    pair.expand.params.activation = activation_case(pick(0, kActivationCount - 1), -0.5f, 1.5f);
    p.activation = activation_case(pick(0, kActivationCount - 1), -0.5f, 1.5f);
    pair.expand.bias = pick(0, 1) != 0;
    pair.depthwise.bias = pick(0, 1) != 0;
    if (!kExpandDepthwise.supports(pair.params())) continue;
    ++ran;
    expect_same(*GetParam(), pair, random, pick(1, 7));
    if (HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
  EXPECT_GT(ran, 10);
}

TEST_P(ExpandDepthwiseKernels, give_the_same_bits_for_any_number_of_shares) {
  std::mt19937 random(3);
  for (const int kernel : {3, 5}) {
    for (const int stride : {1, 2}) {
      Pair pair =
          make_pair({.batch = 2, .picture = {29, 31}, .in = 9, .between = 100, .kernel = kernel, .stride = stride});
      pair.expand.params.activation.kind = Activation::kSilu;
      const PairData d = make_pair_data(pair, random);
      const std::vector<float> want = run_apart(*GetParam(), pair, d);
      for (const int shares : {1, 2, 3, 4, 7, 16, 30, 64}) {
        EXPECT_TRUE(same_bits(want, run_together(*GetParam(), pair, d, shares))) << kernel << stride << " " << shares;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(expand_depthwise, ExpandDepthwiseKernels, testing::ValuesIn(kernels_of(kExpandDepthwise)),
                         kernel_test_name);

TEST(ExpandDepthwise, is_chosen_where_the_tensor_between_does_not_stay_in_a_cache) {
  const auto pays = [](int side, int in, int between, int stride, const Target& target) {
    const PairShape shape = {.picture = side, .in = in, .between = between, .kernel = 3, .stride = stride};
    return kExpandDepthwise.is_profitable(make_pair(shape).params(), target);
  };
  // MobileNetV2's blocks, of pictures of 224 pixels.
  for (const Target* target : all_targets()) {
    EXPECT_TRUE(pays(112, 16, 96, 2, *target)) << target->name;
    EXPECT_FALSE(pays(28, 32, 192, 1, *target)) << target->name;
    EXPECT_FALSE(pays(14, 96, 576, 1, *target)) << target->name;
  }
}

TEST(ExpandDepthwise, supports_nothing_but_a_matrix_product_and_tiles) {
  const Pair pair = make_pair({.picture = 30, .in = 8, .between = 24});
  const auto supports = [&pair](auto change) {
    ExpandDepthwiseParams params = pair.params();
    change(params.expand, params.depthwise);
    return kExpandDepthwise.supports(params);
  };
  EXPECT_TRUE(supports([](ConvParams&, ConvParams&) {}));
  EXPECT_FALSE(supports([](ConvParams& e, ConvParams&) { e.kernel_h = 2; }));
  EXPECT_FALSE(supports([](ConvParams& e, ConvParams&) { e.stride_w = 2; }));
  EXPECT_FALSE(supports([](ConvParams& e, ConvParams&) { e.input_planar = 1; }));
  EXPECT_FALSE(supports([](ConvParams& e, ConvParams&) { e.groups = 8; }));
  EXPECT_FALSE(supports([](ConvParams& e, ConvParams&) { e.batch = 2; }));
  EXPECT_FALSE(supports([](ConvParams&, ConvParams& d) { d.dilation_h = 2; }));
  EXPECT_FALSE(supports([](ConvParams&, ConvParams& d) { d.pad_top = 2; }));
  EXPECT_FALSE(supports([](ConvParams&, ConvParams& d) { d.out_h += 1; }));
  EXPECT_FALSE(supports([](ConvParams&, ConvParams& d) { d.groups = 12; }));
  // Rows of output that see no row of the picture.
  ExpandDepthwiseParams tall = make_pair({.picture = 30, .in = 8, .between = 24, .kernel = 5}).params();
  EXPECT_TRUE(kExpandDepthwise.supports(tall));
  tall.depthwise.out_h += 1;
  EXPECT_FALSE(kExpandDepthwise.supports(tall));
  tall.depthwise.pad_top += 1;
  EXPECT_FALSE(kExpandDepthwise.supports(tall));
}

TEST(ExpandDepthwise, accepts_exact_operands_and_nothing_smaller) {
  const Pair pair = make_pair({.batch = 2, .picture = 9, .in = 8, .between = 24, .kernel = 3, .stride = 2});
  const ExpandDepthwiseParams params = pair.params();
  const std::vector<std::size_t> exact = {2 * 81 * 8 * 4, 8 * 32 * 4, 96, 9 * 32 * 4, 96};
  const std::size_t y = 2 * 25 * 24 * 4, scratch = kExpandDepthwise.scratch_bytes(params);
  const auto fits = [&params](const std::vector<std::size_t>& in, std::size_t out, std::size_t scratch_bytes) {
    const std::size_t outs[] = {out};
    return kExpandDepthwise.fits({&params, sizeof params, in, outs, scratch_bytes});
  };
  EXPECT_TRUE(fits(exact, y, scratch));
  EXPECT_FALSE(fits(exact, y - 1, scratch));
  EXPECT_FALSE(fits(exact, y, scratch - 1));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    std::vector<std::size_t> smaller = exact;
    --smaller[i];
    EXPECT_FALSE(fits(smaller, y, scratch)) << i;
  }
  std::mt19937 random(6);
  const std::int32_t nasty[] = {0, 1, -1, 2, 3, 7, 65536, 1 << 30, INT32_MAX, INT32_MIN};
  for (int round = 0; round < 100000; ++round) {
    ExpandDepthwiseParams broken = params;
    std::int32_t words[sizeof broken / 4];
    std::memcpy(words, &broken, sizeof broken);
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes) {
      words[random() % std::size(words)] = nasty[random() % std::size(nasty)];
    }
    std::memcpy(&broken, words, sizeof broken);
    const std::size_t in[] = {1 << 20, 1 << 20, 0, 1 << 20, 0}, out[] = {1 << 20};
    if (kExpandDepthwise.fits({&broken, sizeof broken, in, out, 1 << 20})) {
      EXPECT_LE(static_cast<double>(broken.depthwise.batch) * broken.depthwise.out_h * broken.depthwise.out_w, 0x1p20);
      EXPECT_LE(kExpandDepthwise.scratch_bytes(broken), std::size_t{1} << 20);
    }
  }
}

}  // namespace
}  // namespace kite
