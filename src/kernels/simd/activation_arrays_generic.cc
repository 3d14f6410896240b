// SPDX-License-Identifier: Apache-2.0
// For activation_test.cc: the vector functions of generic on arrays.
#include "kernels/simd/generic.inl"

#include "kernels/simd/activation.inl"

#include "kernels/simd/activation_arrays.inl"
