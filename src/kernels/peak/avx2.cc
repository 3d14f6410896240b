// SPDX-License-Identifier: Apache-2.0
// The multiply-add loop for avx2; the body is peak.inl.
#include "kernels/simd/avx2.inl"

#include "kernels/peak/peak.inl"

namespace kite::avx2 {

int spin_f32_avx2(std::int64_t rounds, float* sink);
int spin_f32_avx2(std::int64_t rounds, float* sink) { return spin(rounds, sink); }

}  // namespace kite::avx2
