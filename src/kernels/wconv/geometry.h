// SPDX-License-Identifier: Apache-2.0
// What is decided of a convolution with weights of 8 bits before the first run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel.h"
#include "kernels/wconv/wconv_params.h"

namespace kite {

// Where a share's memory lies, and the kernel of the base with what it is prepared with.
struct WConvWalk {
  KernelFn run;
  std::int64_t columns, block;  // see Codes
  std::int64_t unit, products;  // of kOfDepthwise and kOfGrouped, whose weights are found all at once: vectors that lie
                                // together, products of an output channel
  std::int64_t floats_bytes;    // of scratch before that of the base
  alignas(8) std::byte base[256];
};

}  // namespace kite
