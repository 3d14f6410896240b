// SPDX-License-Identifier: Apache-2.0
// One model, computed in every way that the engine has, and judged by the oracle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::grammar {

enum class Care : std::uint8_t {
  kQuick,
  kThorough,
  kForAnother,  // thorough, and the allowed errors are those of an implementation with absolute errors: see compute()
};

struct JudgedOutput {
  Tensor engine;         // of the first way: passes on, the best target
  Tensor oracle;         // float64 where the engine's is a floating-point type
  double allowed = 0;    // the largest error that rounding explains, of any element
  double error = 0;      // the largest that any way had
  bool is_tied = false;  // a discrete step (a rounding to integers, a maximum) may go either way
};

struct Judgement {
  std::vector<JudgedOutput> outputs;
  std::vector<std::string> faults;  // empty: all ways agree
  std::int64_t steps = 0;
  std::int64_t portable_steps = 0;
};

// Passes on and off, every target, 1 and 2 threads. An error is that of a model which the engine refuses. The allowed
// error is estimated from few runs of the oracle with noise, and from many where it is asked for, or before a fault.
[[nodiscard]] Result<Judgement> judge(std::span<const std::byte> model,
                                      std::span<const std::span<const std::byte>> inputs, Care care = Care::kQuick);

}  // namespace kite::grammar
