// SPDX-License-Identifier: Apache-2.0
// Operators with one input and one formula for each element, a row each. Formulas of one number work on double and are
// rounded once to the element type; NaN stays NaN unless a row says otherwise.
#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

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

// `kFormula` maps a double to a double.
template <auto kFormula>
constexpr Operator smooth(std::string_view name, int first_opset) {
  return {"", name, first_opset, 23, "", infer_formula<FloatTypes>, [](const ComputeContext& context) {
            return map_smooth(context, kFormula);
          }};
}

// `kMake` reads the node's parameters and returns the formula, a function from double to double.
template <auto kMake>
constexpr Operator smooth_with_parameters(std::string_view name, int first_opset) {
  return {"", name, first_opset, 23, "", infer_formula<FloatTypes>, [](const ComputeContext& context) {
            return map_smooth(context, kMake(context.attributes));
          }};
}

// `kFormula` maps an element of each of the types to one of the same type.
template <auto kFormula, typename Types>
constexpr Operator exact(std::string_view name, int first_opset, Types) {
  return {"", name, first_opset, 23, "", infer_formula<Types>, [](const ComputeContext& context) {
            return map_unary(context, Types{}, kFormula);
          }};
}

// ln(1 + e^x) without overflow: e^x is only taken of what is not positive.
double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))) + (std::isnan(x) ? x : 0); }

constexpr float kSeluAlpha = 1.67326319217681884765625F;  // as the standard writes them
constexpr float kSeluGamma = 1.05070102214813232421875F;

}  // namespace

extern constinit const Operator kAcosOperator = smooth<[](double x) { return std::acos(x); }>("Acos", 7);
extern constinit const Operator kAcoshOperator = smooth<[](double x) { return std::acosh(x); }>("Acosh", 9);
extern constinit const Operator kAsinOperator = smooth<[](double x) { return std::asin(x); }>("Asin", 7);
extern constinit const Operator kAsinhOperator = smooth<[](double x) { return std::asinh(x); }>("Asinh", 9);
extern constinit const Operator kAtanOperator = smooth<[](double x) { return std::atan(x); }>("Atan", 7);
extern constinit const Operator kAtanhOperator = smooth<[](double x) { return std::atanh(x); }>("Atanh", 9);
extern constinit const Operator kCeilOperator = smooth<[](double x) { return std::ceil(x); }>("Ceil", 7);
extern constinit const Operator kCosOperator = smooth<[](double x) { return std::cos(x); }>("Cos", 7);
extern constinit const Operator kCoshOperator = smooth<[](double x) { return std::cosh(x); }>("Cosh", 9);
extern constinit const Operator kExpOperator = smooth<[](double x) { return std::exp(x); }>("Exp", 7);
extern constinit const Operator kFloorOperator = smooth<[](double x) { return std::floor(x); }>("Floor", 7);
extern constinit const Operator kLogOperator = smooth<[](double x) { return std::log(x); }>("Log", 7);
extern constinit const Operator kMishOperator = smooth<[](double x) { return x * std::tanh(softplus(x)); }>("Mish", 18);
extern constinit const Operator kReciprocalOperator = smooth<[](double x) { return 1 / x; }>("Reciprocal", 7);
// Halves go to the even neighbour: the rounding mode that a program starts with.
extern constinit const Operator kRoundOperator = smooth<[](double x) { return std::nearbyint(x); }>("Round", 11);
extern constinit const Operator kSinOperator = smooth<[](double x) { return std::sin(x); }>("Sin", 7);
extern constinit const Operator kSinhOperator = smooth<[](double x) { return std::sinh(x); }>("Sinh", 9);
extern constinit const Operator kSoftplusOperator = smooth<softplus>("Softplus", 7);
extern constinit const Operator kSoftsignOperator =
    smooth<[](double x) { return x / (1 + std::fabs(x)); }>("Softsign", 7);
extern constinit const Operator kTanOperator = smooth<[](double x) { return std::tan(x); }>("Tan", 7);

extern constinit const Operator kCeluOperator = smooth_with_parameters<[](const Attributes& attributes) {
  return [alpha = static_cast<double>(attributes.get_float("alpha", 1))](double x) {
    return x < 0 ? alpha * std::expm1(x / alpha) : x;
  };
}>("Celu", 12);
extern constinit const Operator kEluOperator = smooth_with_parameters<[](const Attributes& attributes) {
  return [alpha = static_cast<double>(attributes.get_float("alpha", 1))](double x) {
    return x < 0 ? alpha * std::expm1(x) : x;
  };
}>("Elu", 7);
extern constinit const Operator kLeakyReluOperator = smooth_with_parameters<[](const Attributes& attributes) {
  return
      [alpha = static_cast<double>(attributes.get_float("alpha", 0.01F))](double x) { return x < 0 ? alpha * x : x; };
}>("LeakyRelu", 7);
extern constinit const Operator kSeluOperator = smooth_with_parameters<[](const Attributes& attributes) {
  const double alpha = attributes.get_float("alpha", kSeluAlpha);
  const double gamma = attributes.get_float("gamma", kSeluGamma);
  return [alpha, gamma](double x) { return gamma * (x <= 0 ? alpha * std::expm1(x) : x); };
}>("Selu", 7);
extern constinit const Operator kShrinkOperator = smooth_with_parameters<[](const Attributes& attributes) {
  const double lambd = attributes.get_float("lambd", 0.5F);
  const double bias = attributes.get_float("bias", 0);
  return [lambd, bias](double x) {
    if (x < -lambd) return x + bias;
    return (x > lambd) ? x - bias : std::isnan(x) ? x : 0.0;
  };
}>("Shrink", 9);
// NaN is not above the threshold, so it becomes 0 by the definition; it is kept here as by Relu.
extern constinit const Operator kThresholdedReluOperator = smooth_with_parameters<[](const Attributes& attributes) {
  return [alpha = static_cast<double>(attributes.get_float("alpha", 1))](double x) { return x <= alpha ? 0.0 : x; };
}>("ThresholdedRelu", 10);

extern constinit const Operator kAbsOperator = exact<[]<typename T>(T x) -> T {
  if constexpr (std::is_floating_point_v<T>) return std::fabs(x);
  return std::is_signed_v<T> && x < T{0} ? wrapping_sub(T{0}, x) : x;
}>("Abs", 7, NumericTypes{});
extern constinit const Operator kNegOperator = exact<[]<typename T>(T x) -> T {
  if constexpr (std::is_floating_point_v<T>) return -x;  // 0 - x would lose the sign of zero
  return wrapping_sub(T{0}, x);
}>("Neg", 7, TypeList<float, double, std::int32_t, std::int64_t, std::int8_t>{});
extern constinit const Operator kSignOperator = exact<[]<typename T>(T x) -> T {
  if ((x > T{0})) return T{1};
  return std::is_signed_v<T> && x < T{0} ? static_cast<T>(-1) : x;  // zero and NaN stay what they are
}>("Sign", 9, NumericTypes{});

}  // namespace kite
