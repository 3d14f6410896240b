// SPDX-License-Identifier: Apache-2.0
// For activation_test.cc: the vector functions of avx2 on arrays.
#include "kernels/simd/avx2.inl"

#include "kernels/simd/activation.inl"

#include "kernels/simd/activation_arrays.inl"
