// SPDX-License-Identifier: Apache-2.0
// The operators that are one formula each: rows of a table, one table for each way to walk over the elements.
#pragma once

#include <span>

#include "ops/op.h"

namespace kite {

[[nodiscard]] std::span<const Operator> unary_operators() noexcept;      // y[i] = f(x[i])
[[nodiscard]] std::span<const Operator> binary_operators() noexcept;     // y[i] = f(a[i], b[i])
[[nodiscard]] std::span<const Operator> predicate_operators() noexcept;  // the same, true or false
[[nodiscard]] std::span<const Operator> variadic_operators() noexcept;   // y[i] = f(f(x0[i], x1[i]), x2[i]) ...
[[nodiscard]] std::span<const Operator> reduction_operators() noexcept;  // y[i] = f(x[i, 0], x[i, 1] ...)
[[nodiscard]] std::span<const Operator> control_operators() noexcept;    // nodes with graphs, sequences, optionals

}  // namespace kite
