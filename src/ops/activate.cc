// SPDX-License-Identifier: Apache-2.0
// The table of activations that a producer can apply to its own output.
#include "ops/activate.h"

#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

#include "paperkite/try.h"

namespace kite {
namespace {

// NaN passes through: both comparisons are false.
double clamp(double x, double low, double high) {
  const double raised = x < low ? low : x;
  return raised > high ? high : raised;
}

struct Row {
  std::string_view name;
  double (*fn)(double x, double a, double b);
};

constexpr std::array kRows{
    Row{"none", [](double x, double, double) { return x; }},
    Row{"relu", [](double x, double, double) { return x < 0 ? 0 : x; }},
    Row{"clip", [](double x, double a, double b) { return clamp(x, a, b); }},
    Row{"sigmoid", [](double x, double, double) { return 1 / (1 + std::exp(-x)); }},
    Row{"hard_sigmoid", [](double x, double a, double b) { return clamp(a * x + b, 0, 1); }},
    Row{"hard_swish", [](double x, double, double) { return x * clamp(x / 6 + 0.5, 0, 1); }},
    Row{"silu", [](double x, double, double) { return x / (1 + std::exp(-x)); }},
    Row{"gelu", [](double x, double, double) { return x / 2 * std::erfc(-x / std::numbers::sqrt2); }},
    Row{"tanh", [](double x, double, double) { return std::tanh(x); }},
};

const Row* find_row(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

ActivationFunction::ActivationFunction(const Attributes& attributes)
    : fn_(kRows[0].fn), a_(attributes.get_float("activation_a", 0)), b_(attributes.get_float("activation_b", 0)) {
  if (const Row* row = find_row(attributes.get_string("activation", "none"))) fn_ = row->fn;
}

Status check_activation(const InferContext& context) {
  KITE_TRY_ASSIGN(const std::string name, context.get_string("activation", "none"));
  KITE_TRY(context.get_float("activation_a", 0));
  KITE_TRY(context.get_float("activation_b", 0));
  if (find_row(name) != nullptr) return {};
  return context.invalid("attribute 'activation' is \"" + name + "\", which names no activation");
}

}  // namespace kite
