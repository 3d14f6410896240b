// SPDX-License-Identifier: Apache-2.0
// The functions that gates of recurrent networks apply, by the names that models give them.
#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ops/recurrent.h"

namespace kite {
namespace {

// e^x in float32 without a branch, so that a loop over it becomes vectors: 2^n * e^r with |r| <= ln(2) / 2, and e^r by
// its series up to r^7. The relative error is below 2e-7; beyond the range of float32 it is the last power within.
float exponential(float x) {
  constexpr float kRound = 12582912;  // 1.5 * 2^23: its last bit is 1
  constexpr float kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  const float inside = x < -87 ? -87 : x > 88 ? 88 : x;
  const float n = inside == inside ? (inside * 1.44269504F + kRound) - kRound : 0;
  const float r = (inside - n * kLn2High) - n * kLn2Low;
  float series = 1.0F / 5040;
  for (const float factor : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F})
    series = series * r + factor;
  return series * std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<std::int32_t>(n) + 127) << 23);
}
double exponential(double x) { return std::exp(x); }

// From one exponential; the absolute error is below 2e-7.
float hyperbolic_tangent(float x) {
  const float power = exponential(-2 * std::fabs(x));
  return std::copysign((1 - power) / (1 + power), x);
}
double hyperbolic_tangent(double x) { return std::tanh(x); }

struct NamedFunction {
  std::string_view name;  // in lower case: files spell them in several ways
  int parameters;         // how many of alpha and beta it takes from the lists
  double alpha;           // NaN: must be stated
  double beta;
  void (*of_floats)(float* x, std::int64_t count, float a, float b);
  void (*of_doubles)(double* x, std::int64_t count, double a, double b);
};

constexpr double kMustBeStated = std::numeric_limits<double>::quiet_NaN();

template <auto kFormula, typename T>
void map(T* x, std::int64_t count, T a, T b) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = kFormula(x[i], a, b);
}

// `kFormula` is in terms of any floating-point type.
template <auto kFormula>
constexpr NamedFunction function(std::string_view name, int parameters = 0, double alpha = 0, double beta = 0) {
  return {name, parameters, alpha, beta, map<kFormula, float>, map<kFormula, double>};
}

constexpr NamedFunction kFunctions[] = {
    function<[]<typename T>(T x, T, T) { return 1 / (1 + exponential(-x)); }>("sigmoid"),
    function<[]<typename T>(T x, T, T) { return hyperbolic_tangent(x); }>("tanh"),
    function<[]<typename T>(T x, T, T) { return x < 0 ? T{0} : x; }>("relu"),
    function<[]<typename T>(T x, T, T) { return x / (1 + std::fabs(x)); }>("softsign"),
    function<[]<typename T>(T x, T, T) { return std::fmax(x, T{0}) + std::log1p(std::exp(-std::fabs(x))); }>(
        "softplus"),
    function<[]<typename T>(T x, T a, T) { return x < 0 ? a * x : x; }>("leakyrelu", 1, 0.01F),
    function<[]<typename T>(T x, T a, T) { return (x > a) ? x : T{0}; }>("thresholdedrelu", 1, 1),
    function<[]<typename T>(T x, T a, T) { return x < 0 ? a * std::expm1(x) : x; }>("elu", 1, 1),
    function<[]<typename T>(T x, T a, T b) { return a * x + b; }>("affine", 2, kMustBeStated, kMustBeStated),
    function<[]<typename T>(T x, T a, T b) { return a * hyperbolic_tangent(b * x); }>("scaledtanh", 2, kMustBeStated,
                                                                                      kMustBeStated),
    function<[]<typename T>(T x, T a, T b) { return std::clamp(a * x + b, T{0}, T{1}); }>("hardsigmoid", 2, 0.2F, 0.5F),
};

const NamedFunction* find_function(std::string_view name) noexcept {
  const auto equals = [name](const NamedFunction& row) {
    return std::ranges::equal(name, row.name, [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
    });
  };
  const auto* found = std::ranges::find_if(kFunctions, equals);
  return found == std::end(kFunctions) ? nullptr : found;
}

// The next number of a list that all functions of a node consume in order.
double take(std::span<const float> values, std::size_t& next, double fallback) {
  return next < values.size() ? static_cast<double>(values[next++]) : fallback;
}

}  // namespace

std::optional<std::array<GateFunction, 3>> gate_functions(const Attributes& attributes, Cell cell,
                                                          int direction) noexcept {
  constexpr std::array<std::string_view, 3> kDefaults{"sigmoid", "tanh", "tanh"};
  const std::size_t count = cell == Cell::kLstm ? 3 : cell == Cell::kGru ? 2 : 1;
  const auto alphas = attributes.get_floats("activation_alpha");
  const auto betas = attributes.get_floats("activation_beta");
  const Attribute* attribute = attributes.find("activations");
  const auto* names = attribute == nullptr ? nullptr : std::get_if<std::vector<std::string>>(&attribute->value);
  std::array<GateFunction, 3> functions;
  std::size_t next_alpha = 0, next_beta = 0;
  for (std::size_t i = 0; i < count * static_cast<std::size_t>(direction + 1); ++i) {
    const std::string_view name = names != nullptr && i < names->size() ? std::string_view((*names)[i])
                                  : cell == Cell::kRnn                  ? "tanh"
                                                                        : kDefaults[i % count];
    const NamedFunction* found = find_function(name);
    if (found == nullptr) return std::nullopt;
    GateFunction& gate = functions[i % count];
    gate = {found->of_floats, found->of_doubles, found->parameters >= 1 ? take(alphas, next_alpha, found->alpha) : 0,
            found->parameters >= 2 ? take(betas, next_beta, found->beta) : 0};
    if (std::isnan(gate.a) || std::isnan(gate.b)) return std::nullopt;
  }
  return functions;
}

bool has_default_functions(const Attributes& attributes, Cell cell) noexcept {
  const int directions = attributes.get_string("direction", "forward") == "bidirectional" ? 2 : 1;
  for (int direction = 0; direction < directions; ++direction) {
    if (gate_functions(attributes, cell, direction) != gate_functions({}, cell, direction)) return false;
  }
  return true;
}

}  // namespace kite
