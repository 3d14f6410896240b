// SPDX-License-Identifier: Apache-2.0
// Operators with one input and one formula for each element, a row each. NaN stays NaN unless a row says otherwise.
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/tables.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"
#include "tensor/activation.h"
#include "tensor/activation_names.h"

namespace kite {
namespace {

// The parameters that formulas read are float attributes of these names.
Status check_parameters(const InferContext& context) {
  for (const std::string_view name : {"alpha", "beta", "gamma", "lambd", "bias"}) {
    KITE_TRY(context.get_float(name, 0));
  }
  return {};
}

template <typename Types>
Status infer_formula(InferContext& context) {
  KITE_TRY(check_parameters(context));
  return infer_unary(context, Types{});
}

// For what is rounded to the element type once: `kFormula` maps a double to a double.
template <auto kFormula>
constexpr Operator smooth(std::string_view name, int first_opset) {
  return {"",
          name,
          first_opset,
          kLastOpset,
          "",
          infer_formula<FloatTypes>,
          [](const ComputeContext& context) { return map_smooth(context, kFormula); },
          Sharing::kShared};
}

// The same where `kMake` makes the formula of the node's attributes.
template <auto kMake>
constexpr Operator smooth_with_parameters(std::string_view name, int first_opset) {
  return {"",
          name,
          first_opset,
          kLastOpset,
          "",
          infer_formula<FloatTypes>,
          [](const ComputeContext& context) { return map_smooth(context, kMake(context.attributes)); },
          Sharing::kShared};
}

// The same with the formula and the parameters of a line of tensor/activations.inc.
template <Activation kActivation>
constexpr Operator activation(std::string_view name, int first_opset, std::string_view domain = "") {
  Operator row = smooth_with_parameters<[](const Attributes& attributes) {
    const ActivationSource& source = activation_source(kActivation);
    return [formula = activation_formula(kActivation),
            a = static_cast<double>(attributes.get_float(source.a, source.a_default)),
            b = static_cast<double>(attributes.get_float(source.b, source.b_default))](double x) {
      return formula(x, a, b);
    };
  }>(name, first_opset);
  row.domain = domain;
  if (domain == kInternalDomain) row.last_opset = 1000;
  return row;
}

// For what each element type computes itself: `kFormula` maps a T to a T, exactly or with the one rounding of IEEE 754.
template <auto kFormula, typename Types>
constexpr Operator exact(std::string_view name, int first_opset, Types) {
  return {"",
          name,
          first_opset,
          kLastOpset,
          "",
          infer_formula<Types>,
          [](const ComputeContext& context) { return map_unary(context, Types{}, kFormula); },
          Sharing::kShared};
}

// These four through the wider type: each of their double forms in glibc has a table of 20 KB for each generation of
// processors, 140 KB of the program that no compression makes smaller. The wider ones are a few instructions, and
// nearer.
constexpr Operator kRows[] = {
    smooth<[](double x) { return static_cast<double>(std::acos(static_cast<long double>(x))); }>("Acos", 7),
    smooth<[](double x) { return std::acosh(x); }>("Acosh", 9),
    smooth<[](double x) { return static_cast<double>(std::asin(static_cast<long double>(x))); }>("Asin", 7),
    smooth<[](double x) { return std::asinh(x); }>("Asinh", 9),
    smooth<[](double x) { return static_cast<double>(std::atan(static_cast<long double>(x))); }>("Atan", 7),
    smooth<[](double x) { return std::atanh(x); }>("Atanh", 9),
    smooth<[](double x) { return std::cos(x); }>("Cos", 7),
    smooth<[](double x) { return std::cosh(x); }>("Cosh", 9),
    smooth<[](double x) { return std::erf(x); }>("Erf", 9),
    smooth<[](double x) { return std::exp(x); }>("Exp", 7),
    smooth<[](double x) { return std::log(x); }>("Log", 7),
    smooth<[](double x) { return std::sin(x); }>("Sin", 7),
    smooth<[](double x) { return std::sinh(x); }>("Sinh", 9),
    smooth<[](double x) { return static_cast<double>(std::tan(static_cast<long double>(x))); }>("Tan", 7),

    activation<Activation::kCelu>("Celu", 12),
    activation<Activation::kElu>("Elu", 7),
    activation<Activation::kHardSigmoid>("HardSigmoid", 7),
    activation<Activation::kHardSwish>("HardSwish", 14),
    activation<Activation::kLeakyRelu>("LeakyRelu", 7),
    activation<Activation::kMish>("Mish", 18),
    activation<Activation::kSelu>("Selu", 7),
    activation<Activation::kSigmoid>("Sigmoid", 7),
    activation<Activation::kSilu>("Silu", 0, kInternalDomain),
    activation<Activation::kSoftplus>("Softplus", 7),
    activation<Activation::kSoftsign>("Softsign", 7),
    activation<Activation::kTanh>("Tanh", 7),
    // NaN is not above the threshold, so it becomes 0 by the definition; it is kept here as by Relu.
    activation<Activation::kThresholdedRelu>("ThresholdedRelu", 7),

    smooth_with_parameters<[](const Attributes& attributes) {
      const double lambd = attributes.get_float("lambd", 0.5F);
      const double bias = attributes.get_float("bias", 0);
      return [lambd, bias](double x) {
        if (x < -lambd) return x + bias;
        return (x > lambd) ? x - bias : std::isnan(x) ? x : 0.0;
      };
    }>("Shrink", 9),

    exact<[]<typename T>(T x) { return std::ceil(x); }>("Ceil", 7, FloatTypes{}),
    exact<[]<typename T>(T x) { return std::floor(x); }>("Floor", 7, FloatTypes{}),
    exact<[]<typename T>(T x) { return 1 / x; }>("Reciprocal", 7, FloatTypes{}),
    // Halves go to the even neighbour: the rounding mode that a program starts with.
    exact<[]<typename T>(T x) { return std::nearbyint(x); }>("Round", 11, FloatTypes{}),
    exact<[]<typename T>(T x) { return std::sqrt(x); }>("Sqrt", 7, FloatTypes{}),
    exact<[]<typename T>(T x) { return x < T{0} ? T{0} : x; }>("Relu", 7, SignedTypes{}),
    exact<[]<typename T>(T x) { return static_cast<T>(~x); }>("BitwiseNot", 18, IntegerTypes{}),
    exact<[]<typename T>(T x) -> T {
      if constexpr (std::is_floating_point_v<T>) return std::fabs(x);
      return std::is_signed_v<T> && x < T{0} ? wrapping_sub(T{0}, x) : x;
    }>("Abs", 7, NumericTypes{}),
    exact<[]<typename T>(T x) -> T {
      if constexpr (std::is_floating_point_v<T>) return -x;  // 0 - x would lose the sign of zero
      return wrapping_sub(T{0}, x);
    }>("Neg", 7, SignedTypes{}),
    exact<[]<typename T>(T x) -> T {
      if ((x > T{0})) return T{1};
      return std::is_signed_v<T> && x < T{0} ? static_cast<T>(-1) : x;  // zero and NaN stay what they are
    }>("Sign", 9, NumericTypes{}),
};

}  // namespace

std::span<const Operator> unary_operators() noexcept { return kRows; }

}  // namespace kite
