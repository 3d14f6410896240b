// SPDX-License-Identifier: Apache-2.0
// The one place where the vector formulas of tensor/activations.inc become code: a loop each, compiled for each target.
#include "kernels/simd/activate.h"

#include "kernels/simd/activation.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// One copy of f, for whole vectors and for the end of a row: it is most of the code.
template <typename F>
static inline __attribute__((always_inline)) void map_rows(const float* from, float* to, std::int64_t rows,
                                                           std::int64_t columns, std::int64_t step, F f) {
  for (; rows > 0; --rows, from += step, to += step) {
    for (std::int64_t at = 0; at < columns; at += Vec::kLanes) {
      const std::int64_t left = columns - at;
      const bool whole = left >= Vec::kLanes;
      const Vec value = f(whole ? load(from + at) : load_n(from + at, static_cast<int>(left)));
      if (whole) {
        store(to + at, value);
      } else {
        store_n(to + at, value, static_cast<int>(left));
      }
    }
  }
}

void activate(const float* from, float* to, std::int64_t rows, std::int64_t columns, std::int64_t step,
              ActivationForm activation) {
  const float a = activation.a, b = activation.b;
  switch (activation.kind) {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) \
  case Activation::constant:                                                \
    return map_rows(from, to, rows, columns, step, [a, b](Vec x) { return (void)a, (void)b, vector; });
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
  }
}

}  // namespace kite::KITE_TARGET
