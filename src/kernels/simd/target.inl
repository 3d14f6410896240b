// SPDX-License-Identifier: Apache-2.0
// The vector of the target that a file is compiled for. The build names the target in KITE_TARGET, which is also the
// namespace of what is compiled, and the file in KITE_TARGET_VECTOR.
#pragma once

#include "kernels/target.h"
#include KITE_TARGET_VECTOR

namespace kite::KITE_TARGET {

constexpr int kRegisters = targets::KITE_TARGET.registers;
constexpr Tuning kTuning = targets::KITE_TARGET.tuning;
static_assert(Vec::kLanes == targets::KITE_TARGET.lanes);

}  // namespace kite::KITE_TARGET
