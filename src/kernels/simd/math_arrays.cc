// SPDX-License-Identifier: Apache-2.0
// The body of math_arrays.h, compiled for each target.
#include "kernels/simd/math_arrays.h"

#include "kernels/simd/math.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

void apply_to_array(VectorFunction function, const float* x, float* y, std::size_t count) {
  const auto run = [=](auto f) {
    for (std::size_t i = 0; i < count; i += Vec::kLanes) {
      const int lanes = count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes;
      store_n(y + i, f(load_n(x + i, lanes)), lanes);
    }
  };
  switch (function) {
    case VectorFunction::kExp: return run([](Vec value) { return exp(value); });
    case VectorFunction::kErf: return run([](Vec value) { return erf(value); });
  }
}

}  // namespace kite::KITE_TARGET
