// SPDX-License-Identifier: Apache-2.0
// How an operator's portable implementation is called, wherever that is.
#pragma once

#include <algorithm>

#include "ops/op.h"

namespace kite {

// Nothing is computed where no output has an element. An implementation walks over the dimensions around its axis, and
// those of [8, 2147483647, 0] are many for an answer of nothing.
[[nodiscard]] inline bool writes_nothing(const ComputeContext& context) {
  return std::ranges::all_of(context.outputs, [](const MutableTensorView& output) {
    return output.data == nullptr || output.type.shape.elements() == 0;
  });
}

[[nodiscard]] inline Status compute(const Operator& op, const ComputeContext& context) {
  return writes_nothing(context) ? Status() : op.compute(context);
}

}  // namespace kite
