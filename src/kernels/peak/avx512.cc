// SPDX-License-Identifier: Apache-2.0
// The multiply-add loop for avx512; the body is peak.inl.
#include "kernels/simd/avx512.inl"

#include "kernels/peak/peak.inl"

namespace kite::avx512 {

int spin_f32_avx512(std::int64_t rounds, float* sink);
int spin_f32_avx512(std::int64_t rounds, float* sink) { return spin(rounds, sink); }

}  // namespace kite::avx512
