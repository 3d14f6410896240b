// SPDX-License-Identifier: Apache-2.0
// Affine apart from the arithmetic: which kernel, and the proof that a call stays inside its operands.
#include "kernels/affine/affine.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/checked.h"

#define KITE_KERNEL affine_f32
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> AffineFamily::kernels() const noexcept { return kKernels; }

bool AffineFamily::fits_operands(const AffineParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 3 || operands.out_bytes.size() != 1) return false;
  if (p.rows < 1 || p.channels < 1 || !is_activation(p.activation.kind)) return false;
  const Checked floats = Checked(p.rows) * p.channels;
  return holds_floats(operands.in_bytes[0], floats) && holds_floats(operands.in_bytes[1], p.channels) &&
         holds_floats(operands.in_bytes[2], p.channels) && holds_floats(operands.out_bytes[0], floats);
}

int AffineFamily::max_shares(const AffineParams& p) const noexcept {
  // 10 us at 2 elements a nanosecond from and to L2, 1 where an exponential is taken; shares are rows.
  const double elements = static_cast<double>(p.rows) * static_cast<double>(p.channels);
  const bool smooth = kind_of(p.activation.kind) == ActivationKind::kSmooth;
  const double shares = std::min({elements / (smooth ? 10e3 : 20e3), static_cast<double>(p.rows), 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const AffineFamily kAffine;

}  // namespace kite
