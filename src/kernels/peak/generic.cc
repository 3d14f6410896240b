// SPDX-License-Identifier: Apache-2.0
// The multiply-add loop for generic; the body is peak.inl.
#include "kernels/simd/generic.inl"

#include "kernels/peak/peak.inl"

namespace kite::generic {

int spin_f32_generic(std::int64_t rounds, float* sink);
int spin_f32_generic(std::int64_t rounds, float* sink) { return spin(rounds, sink); }

}  // namespace kite::generic
