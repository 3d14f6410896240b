// SPDX-License-Identifier: Apache-2.0
// Every pooling kernel against the double reference; parts, padding, ceil_mode, dilation, NaN, edges of memory.
#include "kernels/pool/pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/pool/reference.h"
#include "kernels/testing.h"

namespace kite {
namespace {

PoolParams make_params(PoolKind kind, int batch, int h, int w, int channels, int kernel, int stride, int pad) {
  PoolParams p = {};
  p.batch = batch;
  p.in_h = h;
  p.in_w = w;
  p.channels = channels;
  p.out_h = (h + 2 * pad - kernel) / stride + 1;
  p.out_w = (w + 2 * pad - kernel) / stride + 1;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = stride;
  p.dilation_h = p.dilation_w = 1;
  p.pad_top = p.pad_left = p.pad_bottom = p.pad_right = pad;
  p.kind = kind;
  return p;
}

std::string describe(const PoolParams& p) {
  std::string text;
  std::int32_t words[sizeof(PoolParams) / 4];
  std::memcpy(words, &p, sizeof p);
  for (const std::int32_t word : words) text += std::to_string(word) + " ";
  return "n h w c p q r s sh sw dh dw pt pl pb pr kind = " + text;
}

std::size_t in_floats(const PoolParams& p) { return static_cast<std::size_t>(p.batch * p.in_h * p.in_w * p.channels); }
std::size_t out_floats(const PoolParams& p) {
  return static_cast<std::size_t>(p.batch * p.out_h * p.out_w * p.channels);
}

std::vector<float> run_pool(const Kernel& kernel, const PoolParams& p, const float* x, int parts) {
  GuardedFloats y(out_floats(p));
  const std::size_t in_bytes[] = {in_floats(p) * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  EXPECT_TRUE(kPool.fits({&p, sizeof p, in_bytes, out_bytes, 0})) << describe(p);
  const void* in[] = {x};
  void* out[] = {y.data()};
  for (int part = 0; part < parts; ++part) kernel.run({&p, in, out, nullptr, part, parts, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  return y.values();
}

void expect_right(const Kernel& kernel, const PoolParams& p, std::mt19937& random, int parts) {
  const std::vector<float> x = random_floats(in_floats(p), random);
  const std::vector<float> y = run_pool(kernel, p, x.data(), parts);
  const PoolReference want = pool_reference(p, x.data());
  const double taps = static_cast<double>(p.kernel_h) * p.kernel_w;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (std::isinf(want.value[i])) {
      ASSERT_EQ(y[i], want.value[i]) << describe(p);
      continue;
    }
    ASSERT_LE(std::fabs(y[i] - want.value[i]), (taps + 1) * 0x1p-24 * want.magnitude[i])
        << kernel.name << " at " << i << ": " << y[i] << ", want " << want.value[i] << "; " << describe(p)
        << "parts=" << parts;
  }
}

class PoolKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(PoolKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int channels = 1; channels <= 70; ++channels) {
    for (const PoolKind kind : {PoolKind::kMax, PoolKind::kAverage, PoolKind::kAverageIncludePad}) {
      expect_right(*GetParam(), make_params(kind, 1 + channels % 2, 7, 6, channels, 3, 2, 1), random, 1 + channels % 5);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(PoolKernels, agree_with_the_reference_on_random_windows) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    PoolParams p = {};
    p.batch = pick(1, 3);
    p.channels = pick(1, 40);
    p.in_h = pick(1, 15);
    p.in_w = pick(1, 15);
    p.kernel_h = pick(1, 5);
    p.kernel_w = pick(1, 5);
    p.stride_h = pick(1, 3);
    p.stride_w = pick(1, 3);
    p.dilation_h = pick(1, 3);
    p.dilation_w = pick(1, 3);
    p.pad_top = pick(0, 6);  // wider than ONNX allows: outputs without any tap inside
    p.pad_left = pick(0, 6);
    p.pad_bottom = pick(0, 3);
    p.pad_right = pick(0, 3);
    const int tall = p.in_h + p.pad_top + p.pad_bottom - (p.kernel_h - 1) * p.dilation_h - 1;
    const int wide = p.in_w + p.pad_left + p.pad_right - (p.kernel_w - 1) * p.dilation_w - 1;
    if (tall < 0 || wide < 0) continue;
    p.out_h = tall / p.stride_h + 1 + pick(0, 1);  // one more, as ceil_mode has it
    p.out_w = wide / p.stride_w + 1 + pick(0, 1);
    p.kind = static_cast<PoolKind>(pick(0, 2));
    expect_right(*GetParam(), p, random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

TEST_P(PoolKernels, let_nan_win_a_maximum_wherever_it_stands) {
  const PoolParams p = make_params(PoolKind::kMax, 1, 3, 3, 21, 3, 1, 0);
  for (std::size_t at = 0; at < 9; ++at) {
    std::vector<float> x(9 * 21, INFINITY);  // the hardest company: nothing is larger
    for (std::size_t i = 0; i < x.size(); i += 2) x[i] = -1.0f;
    for (std::size_t c = 0; c < 21; c += 3) x[at * 21 + c] = NAN;
    const std::vector<float> y = run_pool(*GetParam(), p, x.data(), 1);
    for (std::size_t c = 0; c < 21; ++c)
      EXPECT_EQ(std::isnan(y[c]), c % 3 == 0) << "tap " << at << " channel " << c << ": " << y[c];
  }
}

TEST_P(PoolKernels, keep_infinities_of_a_maximum) {
  const PoolParams p = make_params(PoolKind::kMax, 1, 2, 2, 17, 2, 1, 0);
  std::vector<float> x(4 * 17, -INFINITY);
  for (std::size_t c = 0; c < 17; ++c) x[(c % 4) * 17 + c] = c < 4 ? -INFINITY : c < 8 ? -3.0f : INFINITY;
  const std::vector<float> y = run_pool(*GetParam(), p, x.data(), 1);
  for (std::size_t c = 0; c < 17; ++c) EXPECT_EQ(y[c], c < 4 ? -INFINITY : c < 8 ? -3.0f : INFINITY) << c;
}

TEST_P(PoolKernels, count_padding_only_when_told) {
  const PoolParams with = make_params(PoolKind::kAverageIncludePad, 1, 4, 4, 8, 3, 1, 1);
  PoolParams without = with;
  without.kind = PoolKind::kAverage;
  const std::vector<float> x(4 * 4 * 8, 9.0f);
  EXPECT_EQ(run_pool(*GetParam(), with, x.data(), 1)[0], 4.0f);  // 4 taps of 9
  EXPECT_EQ(run_pool(*GetParam(), without, x.data(), 1)[0], 9.0f);
}

TEST_P(PoolKernels, give_the_same_bits_for_any_number_of_parts_and_any_place_in_the_batch) {
  std::mt19937 random(3);
  const PoolParams p = make_params(PoolKind::kAverage, 3, 9, 11, 45, 3, 2, 1);
  const std::vector<float> x = random_floats(in_floats(p), random);
  const std::vector<float> want = run_pool(*GetParam(), p, x.data(), 1);
  for (const int parts : {2, 3, 4, 5, 64})
    EXPECT_TRUE(same_bits(want, run_pool(*GetParam(), p, x.data(), parts))) << parts;
  PoolParams one = p;
  one.batch = 1;
  for (int item = 0; item < 3; ++item) {
    const std::vector<float> alone = run_pool(*GetParam(), one, x.data() + item * 9 * 11 * 45, 1);
    const auto each = static_cast<std::ptrdiff_t>(out_floats(one));
    EXPECT_TRUE(same_bits(alone, {want.begin() + item * each, want.begin() + (item + 1) * each})) << item;
  }
}

INSTANTIATE_TEST_SUITE_P(pool, PoolKernels, testing::ValuesIn(kernels_of(kPool)), kernel_test_name);

TEST(PoolFits, accepts_exact_operands_and_nothing_smaller) {
  const PoolParams p = make_params(PoolKind::kMax, 2, 9, 9, 24, 3, 2, 1);
  const auto fits = [](const PoolParams& q, std::size_t in, std::size_t out) {
    const std::size_t ins[] = {in}, outs[] = {out};
    return kPool.fits({&q, sizeof q, ins, outs, 0});
  };
  const std::size_t x = in_floats(p) * 4, y = out_floats(p) * 4;
  EXPECT_TRUE(fits(p, x, y));
  EXPECT_FALSE(fits(p, x - 1, y));
  EXPECT_FALSE(fits(p, x, y - 1));
  PoolParams unknown = p;
  unknown.kind = static_cast<PoolKind>(3);
  EXPECT_FALSE(fits(unknown, x, y));
}

// Whatever `fits` lets through must not touch a float outside: checked by running it between canaries.
TEST_P(PoolKernels, run_inside_their_operands_with_any_params_that_fit) {
  std::mt19937 random(6);
  const std::int32_t nasty[] = {1, 1, 2, 3, 5, 7, 65536, 1 << 30, INT32_MAX, 0, -1, INT32_MIN};
  const std::vector<float> x(200, 1.0f);
  int ran = 0;
  for (int round = 0; round < 60000; ++round) {
    std::int32_t words[sizeof(PoolParams) / 4];
    for (std::int32_t& word : words) word = nasty[random() % (random() % 8 == 0 ? std::size(nasty) : 6)];
    words[16] = static_cast<std::int32_t>(random() % 3);
    for (std::size_t i = 6; i < 16; ++i) words[i] = nasty[random() % 9];
    PoolParams broken;
    std::memcpy(&broken, words, sizeof broken);
    const std::size_t in[] = {x.size() * 4}, out[] = {200 * 4};
    if (!kPool.fits({&broken, sizeof broken, in, out, 0})) continue;
    GuardedFloats y(200);
    const void* ins[] = {x.data()};
    void* outs[] = {y.data()};
    GetParam()->run({&broken, ins, outs, nullptr, 0, 1, nullptr, 0});
    ASSERT_TRUE(y.intact()) << describe(broken);
    ++ran;
  }
  EXPECT_GT(ran, 200);
}

TEST(PoolParts, are_no_more_than_there_is_work_for) {
  EXPECT_EQ(kPool.max_parts(make_params(PoolKind::kMax, 1, 112, 112, 64, 3, 2, 1)), 22);
  EXPECT_EQ(kPool.max_parts(make_params(PoolKind::kMax, 1, 4, 4, 8, 3, 2, 1)), 1);
}

}  // namespace
}  // namespace kite
