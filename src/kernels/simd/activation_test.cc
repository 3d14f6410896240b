// SPDX-License-Identifier: Apache-2.0
// exp, erf and the activations of every instruction set against double, over the whole range of float32.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/simd/activate.h"
#include "kernels/simd/math_arrays.h"
#include "kernels/targets.h"
#include "kernels/testing.h"
#include "tensor/activation_names.h"

namespace kite {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Not a divisor of a power of two, so that all mantissas come up; 2^32 / 2053 is two million values.
constexpr std::uint64_t kStep = 2053;

struct TargetCase {
  const Target* target;
  decltype(&generic::apply_to_array) apply;
  decltype(&generic::activate) activate;
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

// With the parameters that its operator has where it states none.
ActivationForm usual_form(std::int32_t number) {
  const auto kind = static_cast<Activation>(number);
  return {kind, activation_source(kind).a_default, activation_source(kind).b_default};
}

double oracle(ActivationForm activation, double x) {
  return activation_formula(activation.kind)(x, activation.a, activation.b);
}

class VectorFunctions : public testing::TestWithParam<TargetCase> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam().target); }

  std::vector<float> apply(VectorFunction function, const std::vector<float>& x) {
    std::vector<float> y(x.size());
    GetParam().apply(function, x.data(), y.data(), x.size());
    return y;
  }
  std::vector<float> activate(ActivationForm activation, const std::vector<float>& x) {
    std::vector<float> y(x.size());
    GetParam().activate(x.data(), y.data(), 1, static_cast<std::int64_t>(x.size()), 0, activation);
    return y;
  }

  // Every float32 out of some thousand, from all 2^32.
  template <typename Run, typename Reference>
  void sweep(Run run, Reference reference, const std::string& name) {
    double worst = 0;
    float at = 0;
    std::vector<float> x;
    for (std::uint64_t bits = kStep / 3; bits < (std::uint64_t{1} << 32);) {
      x.clear();
      for (; x.size() < 4096 && bits < (std::uint64_t{1} << 32); bits += kStep) {
        x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
      }
      const std::vector<float> y = run(x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = ulp_error(y[i], reference(static_cast<double>(x[i])));
        if (error > worst) {
          worst = error;
          at = x[i];
        }
      }
    }
    // Numerical parity bar: 4 ULP for every transcendental.
    EXPECT_LE(worst, 4.0) << name << " at " << at << " (" << std::hexfloat << at << ")";
    RecordProperty("worst_ulp_" + name, std::to_string(worst));
  }
  void sweep(VectorFunction function, double (*reference)(double), const std::string& name) {
    sweep([&](const std::vector<float>& x) { return apply(function, x); }, reference, name);
  }
  void sweep(ActivationForm activation) {
    sweep([&](const std::vector<float>& x) { return activate(activation, x); },
          [&](double x) { return oracle(activation, x); }, std::string(activation_spelling(activation.kind)));
  }
};

TEST_P(VectorFunctions, exp_is_within_4_ulp) { sweep(VectorFunction::kExp, std::exp, "exp"); }
TEST_P(VectorFunctions, erf_is_within_4_ulp) { sweep(VectorFunction::kErf, std::erf, "erf"); }

TEST_P(VectorFunctions, smooth_activations_are_within_4_ulp) {
  for (std::int32_t i = 0; i < kActivationCount; ++i) {
    if (kind_of(usual_form(i).kind) == ActivationKind::kSmooth) sweep(usual_form(i));
  }
}

TEST_P(VectorFunctions, parameters_keep_smooth_activations_within_4_ulp) {
  for (const ActivationForm& form : {ActivationForm{Activation::kElu, 0.3f}, ActivationForm{Activation::kElu, -2},
                                     ActivationForm{Activation::kSelu, 2, -0.7f},
                                     ActivationForm{Activation::kCelu, 0.3f}, ActivationForm{Activation::kCelu, 5}}) {
    sweep(form);
  }
}

// A value is the oracle's, but for the last bits; so is the sign of a zero that a zero gives.
TEST_P(VectorFunctions, zeros_and_the_ends_of_the_range_give_what_the_oracle_gives) {
  using Limits = std::numeric_limits<float>;
  std::vector<float> x = {0, Limits::denorm_min(), 3 * Limits::denorm_min(), Limits::min(), Limits::max(), kInf};
  for (std::size_t i = 0, count = x.size(); i < count; ++i) x.push_back(-x[i]);
  x.push_back(kNan);
  for (std::int32_t number = 0; number < kActivationCount; ++number) {
    const ActivationForm form = usual_form(number);
    const std::vector<float> y = activate(form, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = oracle(form, x[i]);
      const std::string_view name = activation_spelling(form.kind);
      EXPECT_LE(ulp_error(y[i], want), 4.0) << name << " of " << x[i] << ": " << y[i] << ", want " << want;
      if (form.kind == Activation::kTanh) continue;  // of -0 it is 0: x + x^3 p(x^2)
      EXPECT_TRUE(x[i] != 0 || want != 0 || std::signbit(y[i]) == std::signbit(want)) << name << " of " << x[i];
    }
  }
}

TEST_P(VectorFunctions, thresholded_relu_cuts_at_its_threshold_and_not_below) {
  const float above = std::nextafter(0.3f, 1.0f), below = std::nextafter(0.3f, 0.0f);
  const auto cut = [&](float a, float x) { return activate({Activation::kThresholdedRelu, a}, {x})[0]; };
  EXPECT_EQ(cut(0.3f, above), above);
  EXPECT_EQ(cut(0.3f, 0.3f), 0.0f);
  EXPECT_EQ(cut(0.3f, below), 0.0f);
  EXPECT_EQ(cut(-2.0f, -1.0f), -1.0f);
  EXPECT_EQ(cut(-2.0f, -3.0f), 0.0f);
  EXPECT_FALSE(std::signbit(cut(-2.0f, -3.0f)));
}

// NaN gives NaN everywhere.
struct LimitRow {
  ActivationForm activation;
  float at_plus, at_minus;  // of what +Inf and -Inf give; NaN: NaN
};
constexpr LimitRow kLimits[] = {
    {{Activation::kNone}, kInf, -kInf},         {{Activation::kRelu}, kInf, 0},
    {{Activation::kClip, -1, 6}, 6, -1},        {{Activation::kSigmoid}, 1, 0},
    {{Activation::kHardSigmoid, -1, 6}, 0, 1},  // the slope falls
    {{Activation::kHardSwish}, kInf, kNan},     {{Activation::kSilu}, kInf, kNan},
    {{Activation::kGelu}, kInf, kNan},          {{Activation::kTanh}, 1, -1},
    {{Activation::kLeakyRelu, -1}, kInf, kInf}, {{Activation::kMish}, kInf, kNan},
    {{Activation::kElu, 3}, kInf, -3},          {{Activation::kSelu, 3, 0.5f}, kInf, -1.5f},
    {{Activation::kCelu, 3}, kInf, -3},         {{Activation::kSoftplus}, kInf, 0},
    {{Activation::kSoftsign}, kNan, kNan},      {{Activation::kThresholdedRelu, -1}, kInf, 0},
};

void expect_limits(const std::vector<float>& y, float at_plus, float at_minus, const std::string& name) {
  EXPECT_TRUE(std::isnan(y[0])) << name;
  for (const auto& [got, want] : {std::pair{y[1], at_plus}, std::pair{y[2], at_minus}}) {
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(got)) << name << ": " << got;
    } else {
      EXPECT_EQ(got, want) << name;
    }
  }
}

TEST_P(VectorFunctions, nan_and_infinity_give_the_limits) {
  const std::vector<float> x = {kNan, kInf, -kInf};
  expect_limits(apply(VectorFunction::kExp, x), kInf, 0, "exp");
  expect_limits(apply(VectorFunction::kErf, x), 1, -1, "erf");
  std::set<Activation> seen;
  for (const LimitRow& row : kLimits) {
    seen.insert(row.activation.kind);
    expect_limits(activate(row.activation, x), row.at_plus, row.at_minus,
                  std::string(activation_spelling(row.activation.kind)));
  }
  EXPECT_EQ(seen.size(), kActivationCount) << "an activation has no row";
}

TEST_P(VectorFunctions, piecewise_activations_round_a_few_times_at_most) {
  std::vector<float> x;
  for (int i = -8000; i <= 8000; ++i) x.push_back(static_cast<float>(i) / 1000);
  for (std::int32_t kind = 0; kind < kActivationCount; ++kind) {
    const ActivationForm activation{static_cast<Activation>(kind), 0.2f, 0.5f};
    if (kind_of(activation.kind) == ActivationKind::kSmooth) continue;
    const std::vector<float> y = activate(activation, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = oracle(activation, x[i]);
      ASSERT_LE(std::fabs(y[i] - want), is_clamp(activation.kind) ? 0.0 : 3 * 0x1p-24 * std::fmax(1.0, std::fabs(x[i])))
          << activation_spelling(activation.kind) << " at " << x[i];
    }
  }
}

// A vector with a lane out of the usual range takes another way.
TEST_P(VectorFunctions, a_value_has_the_same_bits_beside_any_other) {
  for (const Activation activation : {Activation::kSigmoid, Activation::kSilu, Activation::kMish}) {
    for (int i = -70000; i <= 70000; i += 7) {
      const float x = static_cast<float>(i) / 1000;
      const float alone = activate({activation}, {x})[0];
      const float beside = activate({activation}, {x, 1000.0f})[0];
      ASSERT_EQ(std::bit_cast<std::uint32_t>(alone), std::bit_cast<std::uint32_t>(beside))
          << activation_spelling(activation) << " at " << x;
    }
  }
}

// Rows of every width around the vector, as tiles and tails leave them.
TEST_P(VectorFunctions, activate_rows_in_place_or_elsewhere_and_touch_nothing_between_them) {
  constexpr std::int64_t kRows = 3, kGap = 5;
  constexpr float kBetween = -7.5f;
  for (std::int32_t kind = 0; kind < kActivationCount; ++kind) {
    const ActivationForm activation{static_cast<Activation>(kind), 0.25f, 0.75f};
    for (std::int64_t columns = 1; columns <= 2 * GetParam().target->lanes + 1; ++columns) {
      const std::int64_t step = columns + kGap;
      std::vector<float> x(static_cast<std::size_t>(kRows * step), kBetween), elsewhere = x;
      std::vector<float> want = x;
      for (std::int64_t i = 0; i < kRows * step; ++i) {
        if (i % step >= columns) continue;
        x[i] = static_cast<float>(i % 17) * 0.5f - 4.0f;
        want[i] = activate(activation, {x[i]})[0];
      }
      GetParam().activate(x.data(), elsewhere.data(), kRows, columns, step, activation);
      EXPECT_TRUE(same_bits(elsewhere, want)) << activation_spelling(activation.kind) << ", " << columns;
      GetParam().activate(x.data(), x.data(), kRows, columns, step, activation);
      EXPECT_TRUE(same_bits(x, want)) << activation_spelling(activation.kind) << ", " << columns << " in place";
    }
  }
}

constexpr TargetCase kTargetCases[] = {
#define KITE_TARGET_ROW(target) {&targets::target, &target::apply_to_array, &target::activate},
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
};
INSTANTIATE_TEST_SUITE_P(activation, VectorFunctions, testing::ValuesIn(kTargetCases),
                         [](const testing::TestParamInfo<TargetCase>& row) {
                           return std::string(row.param.target->name);
                         });

}  // namespace
}  // namespace kite
