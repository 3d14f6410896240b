// SPDX-License-Identifier: Apache-2.0
// The body of activation_arrays.h. Included after simd/activation.inl.
#include "kernels/simd/activation_arrays.h"

namespace kite::KITE_ISA {

void apply_to_array(VectorFunction function, Activation activation, float a, float b, const float* x, float* y,
                    std::size_t count) {
  for (std::size_t i = 0; i < count; i += Vec::kLanes) {
    const int lanes = count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes;
    const Vec value = load_n(x + i, lanes);
    Vec result = value;
    if (function == VectorFunction::kExp) result = exp(value);
    if (function == VectorFunction::kErf) result = erf(value);
    if (function == VectorFunction::kActivation) result = activate(value, activation, a, b);
    store_n(y + i, result, lanes);
  }
}

}  // namespace kite::KITE_ISA
