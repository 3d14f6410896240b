// SPDX-License-Identifier: Apache-2.0
// Box-Muller over a 64-bit Mersenne twister.
#include "noise.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>

#include "tensor/convert.h"

namespace kite::cli {

Tensor seeded_noise(const TensorType& type) {
  if (!is_floating_point(type.dtype)) return Tensor(type);
  Tensor tensor(DType::kFloat32, type.shape);
  std::mt19937_64 generator(20190501);
  const auto uniform = [&] { return (static_cast<double>(generator() >> 11) + 0.5) * 0x1p-53; };
  for (std::int64_t i = 0; i < type.shape.elements(); ++i) {
    tensor.as<float>()[i] =
        static_cast<float>(std::sqrt(-2.0 * std::log(uniform())) * std::cos(2.0 * 3.141592653589793 * uniform()));
  }
  return type.dtype == DType::kFloat32 ? std::move(tensor) : converted(tensor.view(), type.dtype);
}

}  // namespace kite::cli
