// SPDX-License-Identifier: Apache-2.0
// Whole numbers of 32 bits, and sums of products of bytes, beside the float vector of the target.
#pragma once

#include "kernels/simd/target.inl"

// <name of the target>.inl, beside this file
#define KITE_QUOTED(file) #file
#define KITE_QUOTE(file) KITE_QUOTED(file)
#include KITE_QUOTE(KITE_TARGET.inl)
#undef KITE_QUOTE
#undef KITE_QUOTED
