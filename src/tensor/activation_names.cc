// SPDX-License-Identifier: Apache-2.0
#include "tensor/activation_names.h"

#include <cmath>
#include <numbers>

namespace kite {

namespace {

// NaN passes through: both comparisons are false.
double clamp(double x, double low, double high) {
  const double raised = x < low ? low : x;
  return raised > high ? high : raised;
}

// ln(1 + e^x) without overflow: e^x is only taken of what is not positive.
double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))) + (std::isnan(x) ? x : 0); }

constexpr std::string_view kSpellings[] = {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) spelling,
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
};

constexpr ActivationSource kSources[] = {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) ActivationSource source,
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
};

constexpr ActivationFormula kFormulas[] = {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) \
  []([[maybe_unused]] double x, [[maybe_unused]] double a, [[maybe_unused]] double b) -> double { return portable; },
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
};

}  // namespace

std::string_view activation_spelling(Activation activation) noexcept {
  return kSpellings[static_cast<std::int32_t>(activation)];
}

std::optional<Activation> find_activation(std::string_view spelling) noexcept {
  for (std::int32_t i = 0; i < kActivationCount; ++i) {
    if (kSpellings[i] == spelling) return static_cast<Activation>(i);
  }
  return std::nullopt;
}

const ActivationSource& activation_source(Activation activation) noexcept {
  return kSources[static_cast<std::int32_t>(activation)];
}

std::optional<Activation> activation_of_operator(std::string_view op_type) noexcept {
  for (std::int32_t i = 0; i < kActivationCount; ++i) {
    if (!op_type.empty() && kSources[i].op_type == op_type) return static_cast<Activation>(i);
  }
  return std::nullopt;
}

ActivationFormula activation_formula(Activation activation) noexcept {
  return kFormulas[static_cast<std::int32_t>(activation)];
}

}  // namespace kite
