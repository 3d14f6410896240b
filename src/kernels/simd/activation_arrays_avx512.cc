// SPDX-License-Identifier: Apache-2.0
// For activation_test.cc: the vector functions of avx512 on arrays.
#include "kernels/simd/avx512.inl"

#include "kernels/simd/activation.inl"

#include "kernels/simd/activation_arrays.inl"
