// SPDX-License-Identifier: Apache-2.0
// What one strided copy needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

inline constexpr int kCopyDims = 6;

// y[out_first + sum_d i_d * out_stride[d]] = x[in_first + sum_d i_d * in_stride[d]] for i_d < size[d], in 4-byte
// elements.
struct StridedCopyParams {
  std::int64_t size[kCopyDims];  // outermost of y first, each >= 1
  std::int64_t in_stride[kCopyDims];
  std::int64_t out_stride[kCopyDims];
  std::int64_t in_first, out_first;
};

}  // namespace kite
