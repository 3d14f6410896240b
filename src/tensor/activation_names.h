// SPDX-License-Identifier: Apache-2.0
// Activations by the names that attributes give them, and their values in double precision.
#pragma once

#include <optional>
#include <string_view>

#include "tensor/activation.h"

namespace kite {

[[nodiscard]] std::string_view activation_spelling(Activation activation) noexcept;  // "hard_swish"
[[nodiscard]] std::optional<Activation> find_activation(std::string_view spelling) noexcept;

// y = f(x) with the parameters `a` and `b`. NaN passes through a clamp.
using ActivationFormula = double (*)(double x, double a, double b);
[[nodiscard]] ActivationFormula activation_formula(Activation activation) noexcept;

}  // namespace kite
