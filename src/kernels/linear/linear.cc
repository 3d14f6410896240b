// SPDX-License-Identifier: Apache-2.0
// Dense layers apart from the arithmetic: which kernel, how weights are packed, and the proof that a call stays inside.
#include "kernels/linear/linear.h"

#include <cstdint>
#include <cstring>

#include "base/checked.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/geometry.h"
#include "kernels/linear/linear_as_conv.h"

namespace kite {

const KernelInfo& select_linear(const LinearParams& /*params*/, Isa max_isa) noexcept {
  return best_kernel("linear", max_isa);
}

std::size_t linear_packed_bytes(const LinearParams& p, const KernelInfo& kernel) noexcept {
  return conv_packed_bytes(linear_as_conv(p), kernel);
}

void pack_linear(const LinearParams& p, const KernelInfo& kernel, const float* w, bool transposed,
                 float* packed) noexcept {
  if (transposed) {  // [out_features, in_features]: a 1x1 convolution's own order
    pack_conv(linear_as_conv(p), kernel, w, packed);
    return;
  }
  const std::int64_t lanes = vector_lanes(kernel.isa);
  const auto* bytes = reinterpret_cast<const char*>(w);  // memcpy: w may lie at any address
  std::memset(packed, 0, linear_packed_bytes(p, kernel));
  const PanelCut cut = panel_cut(p.out_features, lanes);
  for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
    const std::int64_t first = panel_first_block(cut, panel) * lanes;
    const std::int64_t width = panel_blocks(cut, panel) * lanes;
    const std::int64_t used = p.out_features - first < width ? p.out_features - first : width;
    float* to = packed + first * p.in_features;
    for (std::int64_t k = 0; k < p.in_features; ++k) {
      std::memcpy(to + k * width, bytes + (k * p.out_features + first) * 4, static_cast<std::size_t>(used) * 4);
    }
  }
}

std::size_t linear_scratch_bytes(const LinearParams& /*params*/, const KernelInfo& /*kernel*/) noexcept { return 0; }

bool linear_fits(const KernelOperands& operands) noexcept {
  if (operands.params_bytes != sizeof(LinearParams)) return false;
  const ConvParams conv = linear_as_conv(*static_cast<const LinearParams*>(operands.params));
  KernelOperands inner = operands;
  inner.params = &conv;
  inner.params_bytes = sizeof conv;
  return conv_fits(inner);
}

int linear_max_parts(const LinearParams& p) noexcept { return conv_max_parts(linear_as_conv(p)); }

}  // namespace kite
