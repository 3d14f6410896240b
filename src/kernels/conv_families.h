// SPDX-License-Identifier: Apache-2.0
// Which family computes a convolution of ConvParams: the one rule that planner and benchmark share.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "kernels/conv/conv_params.h"
#include "kernels/registry.h"

namespace kite {

// What such a family does with weights and scratch; conv/conv.h has what each function promises.
struct ConvFamily {
  const KernelInfo& (*select)(const ConvParams& params, Isa max_isa) noexcept;
  std::size_t (*packed_bytes)(const ConvParams& params, const KernelInfo& kernel) noexcept;
  void (*pack)(const ConvParams& params, const KernelInfo& kernel, const float* w_oihw, float* packed) noexcept;
  std::size_t (*scratch_bytes)(const ConvParams& params, const KernelInfo& kernel) noexcept;
};

// grouped or winograd where that is faster, else conv: a function of one picture's shape and of the instruction set.
[[nodiscard]] const ConvFamily& conv_family(const ConvParams& params, Isa isa) noexcept;

}  // namespace kite
