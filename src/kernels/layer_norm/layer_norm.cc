// SPDX-License-Identifier: Apache-2.0
// Layer normalisation apart from the arithmetic: which kernel, and the proof that a call stays inside its operands.
#include "kernels/layer_norm/layer_norm.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/checked.h"

#define KITE_KERNEL layer_norm_f32
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> LayerNormFamily::kernels() const noexcept { return kKernels; }

bool LayerNormFamily::fits_operands(const LayerNormParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 3 || operands.out_bytes.size() != 1) {
    return false;
  }
  if (p.rows < 1 || p.channels < 1 || p.affine_rows < 1 || p.run < 1 || p.channels % p.run != 0) return false;
  const Checked floats = Checked(p.rows) * p.channels, scales = Checked(p.affine_rows) * (p.channels / p.run);
  return holds_floats(operands.in_bytes[0], floats) && holds_floats(operands.in_bytes[1], scales) &&
         (operands.in_bytes[2] == 0 || holds_floats(operands.in_bytes[2], scales)) &&
         holds_floats(operands.out_bytes[0], floats);
}

int LayerNormFamily::max_shares(const LayerNormParams& p) const noexcept {
  // 10 us at 2 elements a nanosecond; shares are rows.
  const double rows = static_cast<double>(p.rows);
  const double shares = std::min({rows * static_cast<double>(p.channels) / 20e3, rows, 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const LayerNormFamily kLayerNorm;

}  // namespace kite
