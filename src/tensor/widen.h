// SPDX-License-Identifier: Apache-2.0
// Elements of any type as doubles: for what reads tensors without computing with them.
#pragma once

#include <cstddef>
#include <span>

#include "paperkite/tensor.h"

namespace kite {

// As many elements as `to` has room for. `from` may lie unaligned, and the byte of a bool may hold any number. Exact,
// but for 64-bit integers beyond 2^53.
void widen(DType dtype, const std::byte* from, std::span<double> to) noexcept;

}  // namespace kite
