// SPDX-License-Identifier: Apache-2.0
// exp, erf and the activations of every instruction set against double, over the whole range of float32.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kernels/simd/activation_arrays.h"
#include "kernels/targets.h"
#include "kernels/testing.h"
#include "tensor/activation_names.h"

namespace kite {
namespace {

struct TargetCase {
  const Target* target;
  decltype(&generic::apply_to_array) apply;
};

// Distance in units of the last place of a float near `want`: 2^-149 below the smallest normal number.
double ulp_error(float got, double want) {
  if (std::isnan(want)) return std::isnan(got) ? 0 : HUGE_VAL;
  const auto nearest = static_cast<float>(want);
  if (std::isinf(nearest)) return got == nearest ? 0 : HUGE_VAL;
  if (!std::isfinite(got)) return HUGE_VAL;
  const double unit = std::fabs(want) < 0x1p-126 ? 0x1p-149 : std::ldexp(1.0, std::ilogb(want) - 23);
  return std::fabs(got - want) / unit;
}

double sigmoid_reference(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

double smooth_reference(VectorFunction function, Activation activation, double x) {
  if (function == VectorFunction::kExp) return std::exp(x);
  if (function == VectorFunction::kErf) return std::erf(x);
  if (activation == Activation::kSigmoid) return sigmoid_reference(x);
  if (activation == Activation::kSilu) return x * sigmoid_reference(x);
  if (activation == Activation::kGelu) return x / 2 * std::erfc(-x / std::sqrt(2.0));
  return std::tanh(x);
}

class VectorFunctions : public testing::TestWithParam<TargetCase> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam().target); }

  std::vector<float> apply(VectorFunction function, Activation activation, const std::vector<float>& x, float a = 0,
                           float b = 0) {
    std::vector<float> y(x.size());
    GetParam().apply(function, {activation, a, b}, x.data(), y.data(), x.size());
    return y;
  }

  // Every `step`-th float32 from all 2^32.
  void sweep(VectorFunction function, Activation activation, std::uint64_t step) {
    double worst = 0;
    float at = 0;
    std::vector<float> x;
    for (std::uint64_t bits = step / 3; bits < (std::uint64_t{1} << 32);) {
      x.clear();
      for (; x.size() < 4096 && bits < (std::uint64_t{1} << 32); bits += step) {
        x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
      }
      const std::vector<float> y = apply(function, activation, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = ulp_error(y[i], smooth_reference(function, activation, x[i]));
        if (error > worst) {
          worst = error;
          at = x[i];
        }
      }
    }
    // Numerical parity bar: 4 ULP for every transcendental.
    EXPECT_LE(worst, 4.0) << "at " << at << " (" << std::hexfloat << at << ")";
    RecordProperty("worst_ulp", std::to_string(worst));
  }
};

// Not a divisor of a power of two, so that all mantissas come up; 2^32 / 1021 is four million values.
constexpr std::uint64_t kStep = 1021;

TEST_P(VectorFunctions, exp_is_within_4_ulp) { sweep(VectorFunction::kExp, Activation::kNone, kStep); }
TEST_P(VectorFunctions, erf_is_within_4_ulp) { sweep(VectorFunction::kErf, Activation::kNone, kStep); }
TEST_P(VectorFunctions, sigmoid_is_within_4_ulp) { sweep(VectorFunction::kActivation, Activation::kSigmoid, kStep); }
TEST_P(VectorFunctions, silu_is_within_4_ulp) { sweep(VectorFunction::kActivation, Activation::kSilu, kStep); }
TEST_P(VectorFunctions, gelu_is_within_4_ulp) { sweep(VectorFunction::kActivation, Activation::kGelu, kStep); }
TEST_P(VectorFunctions, tanh_is_within_4_ulp) { sweep(VectorFunction::kActivation, Activation::kTanh, kStep); }

TEST_P(VectorFunctions, nan_and_infinity_give_the_limits) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {std::nanf(""), inf, -inf};
  struct Row {
    VectorFunction function;
    Activation activation;
    float at_plus, at_minus;  // NaN: NaN
  };
  const float nan = std::nanf("");
  for (const Row& row :
       {Row{VectorFunction::kExp, Activation::kNone, inf, 0}, Row{VectorFunction::kErf, Activation::kNone, 1, -1},
        Row{VectorFunction::kActivation, Activation::kNone, inf, -inf},
        Row{VectorFunction::kActivation, Activation::kRelu, inf, 0},
        Row{VectorFunction::kActivation, Activation::kClip, 6, -1},
        Row{VectorFunction::kActivation, Activation::kSigmoid, 1, 0},
        Row{VectorFunction::kActivation, Activation::kHardSigmoid, nan, nan},  // see below
        Row{VectorFunction::kActivation, Activation::kHardSwish, inf, nan},
        Row{VectorFunction::kActivation, Activation::kSilu, inf, nan},
        Row{VectorFunction::kActivation, Activation::kGelu, inf, nan},
        Row{VectorFunction::kActivation, Activation::kTanh, 1, -1},
        Row{VectorFunction::kActivation, Activation::kLeakyRelu, inf, inf}}) {  // a = -1

    const std::vector<float> y = apply(row.function, row.activation, x, -1.0f, 6.0f);
    const int name = static_cast<int>(row.activation);
    EXPECT_TRUE(std::isnan(y[0])) << name;
    if (row.activation == Activation::kHardSigmoid) {  // a = -1: the slope falls
      EXPECT_EQ(y[1], 0.0f);
      EXPECT_EQ(y[2], 1.0f);
      continue;
    }
    const std::array<float, 2> want = {row.at_plus, row.at_minus};
    for (std::size_t i = 0; i < 2; ++i) {
      if (std::isnan(want[i])) {
        EXPECT_TRUE(std::isnan(y[i + 1])) << name << ": " << y[i + 1];
      } else {
        EXPECT_EQ(y[i + 1], want[i]) << name;
      }
    }
  }
}

TEST_P(VectorFunctions, piecewise_activations_round_a_few_times_at_most) {
  std::vector<float> x;
  for (int i = -8000; i <= 8000; ++i) x.push_back(static_cast<float>(i) / 1000);
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kClip, Activation::kHardSigmoid,
                                      Activation::kHardSwish, Activation::kLeakyRelu}) {
    const std::vector<float> y = apply(VectorFunction::kActivation, activation, x, 0.2f, 0.5f);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = activation_formula(activation)(x[i], 0.2f, 0.5f);
      const bool exact = activation <= Activation::kClip;
      ASSERT_LE(std::fabs(y[i] - want), exact ? 0.0 : 3 * 0x1p-24 * std::fmax(1.0, std::fabs(x[i])))
          << static_cast<int>(activation) << " at " << x[i];
    }
  }
}

// A vector with a lane out of the usual range takes another way.
TEST_P(VectorFunctions, a_value_has_the_same_bits_beside_any_other) {
  for (const Activation activation : {Activation::kSigmoid, Activation::kSilu}) {
    for (int i = -70000; i <= 70000; i += 7) {
      const float x = static_cast<float>(i) / 1000;
      const float alone = apply(VectorFunction::kActivation, activation, {x})[0];
      const float beside = apply(VectorFunction::kActivation, activation, {x, 1000.0f})[0];
      ASSERT_EQ(std::bit_cast<std::uint32_t>(alone), std::bit_cast<std::uint32_t>(beside))
          << static_cast<int>(activation) << " at " << x;
    }
  }
}

constexpr TargetCase kTargetCases[] = {
#define KITE_TARGET_ROW(target) {&targets::target, &target::apply_to_array},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
};
INSTANTIATE_TEST_SUITE_P(activation, VectorFunctions, testing::ValuesIn(kTargetCases),
                         [](const testing::TestParamInfo<TargetCase>& row) {
                           return std::string(row.param.target->name);
                         });

}  // namespace
}  // namespace kite
