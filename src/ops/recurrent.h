// SPDX-License-Identifier: Apache-2.0
// What RNN, GRU and LSTM have in common: their checked geometry, and the functions of their gates.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "graph/attributes.h"
#include "ops/op.h"
#include "paperkite/tensor.h"

namespace kite {

enum class Cell : std::uint8_t { kRnn, kGru, kLstm };

struct Recurrence {
  std::int64_t steps = 0;
  std::int64_t batch = 0;
  std::int64_t inputs = 0;
  std::int64_t hidden = 0;
  int directions = 1;
  bool is_reverse = false;      // the first direction
  bool is_batch_first = false;  // attribute layout = 1

  // Where the input and the result of one step lie, in elements.
  [[nodiscard]] std::int64_t x_at(std::int64_t step, std::int64_t b) const noexcept {
    return (is_batch_first ? b * steps + step : step * batch + b) * inputs;
  }
  [[nodiscard]] std::int64_t y_at(std::int64_t step, int direction, std::int64_t b) const noexcept {
    return (is_batch_first ? (b * steps + step) * directions + direction
                           : (step * directions + direction) * batch + b) *
           hidden;
  }
  // The same for initial and last states.
  [[nodiscard]] std::int64_t state_at(int direction, std::int64_t b) const noexcept {
    return (is_batch_first ? b * directions + direction : direction * batch + b) * hidden;
  }
};

// What infer() accepted.
[[nodiscard]] Recurrence read_recurrence(const Attributes& attributes, const Shape& x, const Shape& r) noexcept;

[[nodiscard]] constexpr int gate_count(Cell cell) noexcept {
  return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1;
}

// The activation of gates, of a cell's input or of its output: x <- f(x) with up to two parameters.
struct GateFunction {
  void (*of_floats)(float* x, std::int64_t count, float a, float b) = nullptr;
  void (*of_doubles)(double* x, std::int64_t count, double a, double b) = nullptr;
  double a = 0;
  double b = 0;

  void operator()(float* x, std::int64_t count) const {
    of_floats(x, count, static_cast<float>(a), static_cast<float>(b));
  }
  void operator()(double* x, std::int64_t count) const { of_doubles(x, count, a, b); }
  bool operator==(const GateFunction&) const = default;
};

// The functions f, g and h of one direction; fewer for RNN and GRU. Nothing where a name is unknown or a parameter that
// has no default is missing.
[[nodiscard]] std::optional<std::array<GateFunction, 3>> gate_functions(const Attributes& attributes, Cell cell,
                                                                        int direction) noexcept;
// Whether all directions apply the functions of a cell that names none.
[[nodiscard]] bool has_default_functions(const Attributes& attributes, Cell cell) noexcept;

}  // namespace kite
