// SPDX-License-Identifier: Apache-2.0
// Every dense-layer kernel against the double reference, with the proven bound; rows, parts and packing.
#include "kernels/linear/linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/linear/reference.h"
#include "kernels/testing.h"

namespace kite {
namespace {

struct LinearData {
  std::vector<float> x, w, bias, residual;  // w: [in_features, out_features]
};

LinearParams make_params(int rows, int in, int out, Activation activation) {
  return {rows, in, out, activation, -0.25f, 0.75f};
}

std::string describe(const LinearParams& p) {
  return "m=" + std::to_string(p.rows) + " k=" + std::to_string(p.in_features) +
         " n=" + std::to_string(p.out_features) + " act=" + std::to_string(static_cast<int>(p.activation));
}

LinearData make_data(const LinearParams& p, bool bias, bool residual, std::mt19937& random) {
  LinearData d;
  const auto rows = static_cast<std::size_t>(p.rows), in = static_cast<std::size_t>(p.in_features),
             out = static_cast<std::size_t>(p.out_features);
  d.x = random_floats(rows * in, random);
  d.w = random_floats(in * out, random);
  if (bias) d.bias = random_floats(out, random);
  if (residual) d.residual = random_floats(rows * out, random);
  return d;
}

std::vector<float> run_linear(const KernelInfo& kernel, const LinearParams& p, const LinearData& d, int parts) {
  AlignedFloats packed(linear_packed_bytes(p, kernel) / 4);
  pack_linear(p, kernel, d.w.data(), false, packed.data());
  GuardedFloats y(static_cast<std::size_t>(p.rows) * static_cast<std::size_t>(p.out_features));
  const std::size_t in_bytes[] = {d.x.size() * 4, packed.size() * 4, d.bias.size() * 4, d.residual.size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  EXPECT_TRUE(kernel.fits({&p, sizeof p, in_bytes, out_bytes, 0})) << describe(p);
  const PageEndFloats x(d.x), w(packed.data(), packed.size()), bias(d.bias), residual(d.residual);
  const void* in[] = {x.data(), w.data(), d.bias.empty() ? nullptr : bias.data(),
                      d.residual.empty() ? nullptr : residual.data()};
  void* out[] = {y.data()};
  for (int part = 0; part < parts; ++part) kernel.run({&p, in, out, nullptr, part, parts, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  return y.values();
}

void expect_right(const KernelInfo& kernel, const LinearParams& p, bool bias, bool residual, std::mt19937& random,
                  int parts) {
  const LinearData d = make_data(p, bias, residual, random);
  const std::vector<float> y = run_linear(kernel, p, d, parts);
  const LinearReference want = linear_reference(p, d.x.data(), d.w.data(), bias ? d.bias.data() : nullptr,
                                                residual ? d.residual.data() : nullptr);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double value = activation_formula(p.activation)(want.value[i], p.activation_a, p.activation_b);
    const double bound = activation_bound((p.in_features + 10) * 0x1p-24 * want.magnitude[i], value, p.activation);
    ASSERT_LE(std::fabs(y[i] - value), bound) << kernel.name << " at " << i << ": " << y[i] << ", want " << value
                                              << "; " << describe(p) << " parts=" << parts;
  }
}

class LinearKernels : public testing::TestWithParam<const KernelInfo*> {
 protected:
  void SetUp() override {
    if (GetParam()->isa > native_isa()) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam()->isa);
  }
};

TEST_P(LinearKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int rows = 1; rows <= 16; ++rows) {
    for (const int out : {1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 40, 47, 48, 64, 96, 128, 130, 144, 160, 176, 259}) {
      const LinearParams p =
          make_params(rows, 1 + (rows * 7 + out) % 37, out, static_cast<Activation>((rows + out) % kActivationCount));
      expect_right(*GetParam(), p, out % 2 == 0, rows % 2 == 0, random, 1 + (rows + out) % 4);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(LinearKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    const LinearParams p =
        make_params(pick(1, 70), pick(1, 200), pick(1, 200), static_cast<Activation>(pick(0, kActivationCount - 1)));
    expect_right(*GetParam(), p, pick(0, 1), pick(0, 1), random, pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

// A row alone, and among others, and shared out among threads: one, two or three rows take another path than many.
TEST_P(LinearKernels, give_a_row_the_same_bits_among_any_others) {
  std::mt19937 random(2);
  const LinearParams many = make_params(40, 65, 304, Activation::kGelu);
  const LinearData d = make_data(many, true, true, random);
  const std::vector<float> want = run_linear(*GetParam(), many, d, 1);
  for (const int parts : {2, 3, 5, 16}) EXPECT_TRUE(same_bits(want, run_linear(*GetParam(), many, d, parts))) << parts;
  for (const int rows : {1, 2, 3, 4, 7}) {
    for (const int parts : {1, 2, 5}) {
      LinearParams few = many;
      few.rows = rows;
      LinearData part = d;
      part.x.resize(static_cast<std::size_t>(rows) * 65);
      part.residual.resize(static_cast<std::size_t>(rows) * 304);
      const std::vector<float> head(want.begin(), want.begin() + rows * 304);
      EXPECT_TRUE(same_bits(head, run_linear(*GetParam(), few, part, parts))) << rows << " rows, " << parts << " parts";
    }
  }
}

TEST_P(LinearKernels, pack_both_orders_of_unaligned_weights_alike) {
  std::mt19937 random(3);
  for (const int out : {5, 16, 33, 100}) {
    const LinearParams p = make_params(1, 19, out, Activation::kNone);
    const std::vector<float> w = random_floats(static_cast<std::size_t>(19 * out), random);
    std::vector<char> plain(w.size() * 4 + 1), turned(w.size() * 4 + 1);
    std::memcpy(plain.data() + 1, w.data(), w.size() * 4);
    for (int k = 0; k < 19; ++k) {
      for (int n = 0; n < out; ++n)
        std::memcpy(turned.data() + 1 + (n * 19 + k) * 4, &w[static_cast<std::size_t>(k * out + n)], 4);
    }
    AlignedFloats a(linear_packed_bytes(p, *GetParam()) / 4), b(linear_packed_bytes(p, *GetParam()) / 4);
    pack_linear(p, *GetParam(), reinterpret_cast<const float*>(plain.data() + 1), false, a.data());
    pack_linear(p, *GetParam(), reinterpret_cast<const float*>(turned.data() + 1), true, b.data());
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * 4), 0) << out;
  }
}

INSTANTIATE_TEST_SUITE_P(linear, LinearKernels, testing::ValuesIn(kernels_of_family("linear")), kernel_test_name);

TEST(LinearSelection, picks_the_best_kernel_that_the_processor_has) {
  const LinearParams p = make_params(1, 400, 1000, Activation::kNone);
  EXPECT_EQ(select_linear(p, Isa::kAvx512).name, "linear_f32_avx512");
  EXPECT_EQ(select_linear(p, Isa::kAvx2).name, "linear_f32_avx2");
  EXPECT_EQ(select_linear(p, Isa::kGeneric).name, "linear_f32_generic");
}

TEST(LinearFits, accepts_exact_operands_and_nothing_smaller) {
  const LinearParams p = make_params(3, 20, 33, Activation::kRelu);
  const std::size_t x = 240, w = linear_packed_bytes(p, select_linear(p, Isa::kGeneric)), y = 396;
  const auto fits = [&p](std::vector<std::size_t> in, std::size_t out) {
    const std::size_t outs[] = {out};
    return linear_fits({&p, sizeof p, in, outs, 0});
  };
  EXPECT_TRUE(fits({x, w, 132, y}, y));
  EXPECT_FALSE(fits({x - 1, w, 132, y}, y));
  EXPECT_FALSE(fits({x, w - 1, 132, y}, y));
  EXPECT_FALSE(fits({x, w, 131, y}, y));
  EXPECT_FALSE(fits({x, w, 132, y - 1}, y));
  EXPECT_FALSE(fits({x, w, 132, y}, y - 1));
  for (const std::int32_t bad : {0, -1, INT32_MIN, INT32_MAX}) {
    LinearParams broken = p;
    broken.in_features = bad;
    const std::size_t in[] = {x, w, 0, 0}, out[] = {y};
    EXPECT_FALSE(linear_fits({&broken, sizeof broken, in, out, 0})) << bad;
  }
}

}  // namespace
}  // namespace kite
