// SPDX-License-Identifier: Apache-2.0
// Activations by the names that attributes and operators give them, and their values in double precision.
#pragma once

#include <optional>
#include <string_view>

#include "tensor/activation.h"

namespace kite {

[[nodiscard]] std::string_view activation_spelling(Activation activation) noexcept;  // "hard_swish"
[[nodiscard]] std::optional<Activation> find_activation(std::string_view spelling) noexcept;

// Where an activation comes from: the operator that is nothing else, and the attributes that its parameters are read
// from (the limits of Clip are inputs).
struct ActivationSource {
  std::string_view op_type;
  std::string_view a = {};
  float a_default = 0;
  std::string_view b = {};
  float b_default = 0;
};
[[nodiscard]] const ActivationSource& activation_source(Activation activation) noexcept;
[[nodiscard]] std::optional<Activation> activation_of_operator(std::string_view op_type) noexcept;

// y = f(x) with the parameters `a` and `b`. NaN passes through a clamp.
using ActivationFormula = double (*)(double x, double a, double b);
[[nodiscard]] ActivationFormula activation_formula(Activation activation) noexcept;

}  // namespace kite
