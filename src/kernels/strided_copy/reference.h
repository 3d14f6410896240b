// SPDX-License-Identifier: Apache-2.0
// Strided copies one element at a time, for tests.
#pragma once

#include <cstdint>

#include "kernels/strided_copy/strided_copy_params.h"

namespace kite {

void strided_copy_reference(const StridedCopyParams& params, const std::uint32_t* x, std::uint32_t* y);

}  // namespace kite
