// SPDX-License-Identifier: Apache-2.0
// Whether a computed tensor is the expected one, by the rule of the ONNX backend runner.
#pragma once

#include <string>

#include "paperkite/tensor.h"

namespace kite::conformance {

// Empty when `found` has the expected shape and type and |found - expected| <= atol + rtol * |expected| everywhere;
// NaN equals NaN, infinities must be equal, and integers and bools must be equal exactly. Else one clause that says
// what differs. Of bfloat16 one unit in the last place is allowed, since the expected numbers are rounded to it at
// every step. `promoted`: the found tensor is float64 where float32 is expected.
[[nodiscard]] std::string difference(const TensorView& found, const TensorView& expected, double rtol, double atol,
                                     bool promoted);

}  // namespace kite::conformance
