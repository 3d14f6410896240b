// SPDX-License-Identifier: Apache-2.0
// Positions counted through all dimensions: what a strided copy is.
#include "kernels/strided_copy/reference.h"

namespace kite {

void strided_copy_reference(const StridedCopyParams& p, const std::uint32_t* x, std::uint32_t* y) {
  std::int64_t count = 1;
  for (const std::int64_t size : p.size) count *= size;
  for (std::int64_t at = 0; at < count; ++at) {
    std::int64_t rest = at, in = p.in_first, out = p.out_first;
    for (int d = kCopyDims - 1; d >= 0; --d) {
      in += rest % p.size[d] * p.in_stride[d];
      out += rest % p.size[d] * p.out_stride[d];
      rest /= p.size[d];
    }
    y[out] = x[in];
  }
}

}  // namespace kite
