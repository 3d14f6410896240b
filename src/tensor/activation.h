// SPDX-License-Identifier: Apache-2.0
// The activations that a producer can apply to its own result (activations.inc). Plain enums: files compiled for one
// instruction set include this.
#pragma once

#include <cstdint>

namespace kite {

// f(x) with the parameters `a` and `b`.
enum class Activation : std::int32_t {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) constant,
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
};

enum class ActivationKind : std::uint8_t {
  kIdentity,
  kClamp,   // a minimum and a maximum, which cost a store nothing
  kHard,    // a few multiplications and clamps
  kSmooth,  // an exponential or more
};

// A switch and a mask, and no table: objects of one instruction set must hold no data that others could link with.
[[nodiscard]] constexpr ActivationKind kind_of(Activation activation) noexcept {
  switch (activation) {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) \
  case Activation::constant: return ActivationKind::kind;
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
  }
  return ActivationKind::kSmooth;
}

inline constexpr std::int32_t kActivationCount = 0
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) +1
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
    ;

// An activation with its parameters, as params carry it.
struct ActivationForm {
  Activation kind = Activation::kNone;
  float a = 0, b = 0;
};

// False for a number that a broken plan holds in the place of one.
[[nodiscard]] constexpr bool is_activation(Activation activation) noexcept {
  const auto number = static_cast<std::int32_t>(activation);
  return number >= 0 && number < kActivationCount;
}

inline constexpr std::uint64_t kClamps = [] {
  std::uint64_t mask = 0;
  for (std::int32_t i = 0; i < kActivationCount; ++i) {
    if (kind_of(static_cast<Activation>(i)) <= ActivationKind::kClamp) mask |= std::uint64_t{1} << i;
  }
  return mask;
}();

// Nothing, or a clamp: what a minimum and a maximum can do. Of what is_activation().
[[nodiscard]] constexpr bool is_clamp(Activation activation) noexcept {
  return (kClamps >> static_cast<std::int32_t>(activation) & 1) != 0;
}

}  // namespace kite
