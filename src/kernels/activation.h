// SPDX-License-Identifier: Apache-2.0
// The activations that a producer can apply in its epilogue. Plain enum: files compiled for one ISA include this.
#pragma once

#include <cstdint>

namespace kite {

// f(x) with the parameters `a` and `b`.
enum class Activation : std::int32_t {
  kNone,         // x
  kRelu,         // max(x, 0)
  kClip,         // min(max(x, a), b)
  kSigmoid,      // 1 / (1 + exp(-x))
  kHardSigmoid,  // min(max(a*x + b, 0), 1)
  kHardSwish,    // x * min(max(x/6 + 1/2, 0), 1)
  kSilu,         // x * sigmoid(x)
  kGelu,         // x/2 * (1 + erf(x / sqrt 2))
  kTanh,         // tanh(x)
};
inline constexpr std::int32_t kActivationCount = 9;

}  // namespace kite
