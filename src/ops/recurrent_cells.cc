// SPDX-License-Identifier: Apache-2.0
// The functions that gates of recurrent networks apply, by the names that models give them.
#include <algorithm>
#include <array>
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

struct NamedFunction {
  std::string_view name;  // in lower case: files spell them in several ways
  int parameters;         // how many of alpha and beta it takes from the lists
  double alpha;           // NaN: must be stated
  double beta;
  float (*of_float)(float x, float a, float b);
  double (*of_double)(double x, double a, double b);
};

// In float32 from one exponential, which takes a quarter of the time of std::tanh; the error is below 1.2e-7.
float hyperbolic_tangent(float x) {
  const float power = std::exp(-2 * std::fabs(x));
  return std::copysign((1 - power) / (1 + power), x);
}
double hyperbolic_tangent(double x) { return std::tanh(x); }

constexpr double kMustBeStated = std::numeric_limits<double>::quiet_NaN();

// `formula` is in terms of any floating-point type.
template <typename Formula>
constexpr NamedFunction function(std::string_view name, int parameters, double alpha, double beta, Formula formula) {
  return {name, parameters, alpha, beta, formula, formula};
}

constexpr NamedFunction kFunctions[] = {
    function("sigmoid", 0, 0, 0, []<typename T>(T x, T, T) { return 1 / (1 + std::exp(-x)); }),
    function("tanh", 0, 0, 0, []<typename T>(T x, T, T) { return hyperbolic_tangent(x); }),
    function("relu", 0, 0, 0, []<typename T>(T x, T, T) { return x < 0 ? T{0} : x; }),
    function("softsign", 0, 0, 0, []<typename T>(T x, T, T) { return x / (1 + std::fabs(x)); }),
    function("softplus", 0, 0, 0,
             []<typename T>(T x, T, T) { return std::fmax(x, T{0}) + std::log1p(std::exp(-std::fabs(x))); }),
    function("leakyrelu", 1, 0.01F, 0, []<typename T>(T x, T a, T) { return x < 0 ? a * x : x; }),
    function("thresholdedrelu", 1, 1, 0, []<typename T>(T x, T a, T) { return x > a ? x : T{0}; }),
    function("elu", 1, 1, 0, []<typename T>(T x, T a, T) { return x < 0 ? a * std::expm1(x) : x; }),
    function("affine", 2, kMustBeStated, kMustBeStated, []<typename T>(T x, T a, T b) { return a * x + b; }),
    function("scaledtanh", 2, kMustBeStated, kMustBeStated,
             []<typename T>(T x, T a, T b) { return a * hyperbolic_tangent(b * x); }),
    function("hardsigmoid", 2, 0.2F, 0.5F, []<typename T>(T x, T a, T b) { return std::clamp(a * x + b, T{0}, T{1}); }),
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
    gate = {found->of_float, found->of_double, found->parameters >= 1 ? take(alphas, next_alpha, found->alpha) : 0,
            found->parameters >= 2 ? take(betas, next_beta, found->beta) : 0};
    if (std::isnan(gate.a) || std::isnan(gate.b)) return std::nullopt;
  }
  return functions;
}

}  // namespace kite
