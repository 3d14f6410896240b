// SPDX-License-Identifier: Apache-2.0
// Input for models that are run without a picture.
#pragma once

#include "paperkite/tensor.h"

namespace kite::cli {

// Standard-normal noise from a fixed seed, the same on every machine; integers stay zero.
[[nodiscard]] Tensor seeded_noise(const TensorType& type);

}  // namespace kite::cli
