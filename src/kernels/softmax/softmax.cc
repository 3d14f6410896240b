// SPDX-License-Identifier: Apache-2.0
// Softmax apart from the arithmetic: which kernel, and the proof that a call stays inside its operands.
#include "kernels/softmax/softmax.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/checked.h"

#define KITE_KERNEL softmax_f32
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> SoftmaxFamily::kernels() const noexcept { return kKernels; }

bool SoftmaxFamily::fits_operands(const SoftmaxParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 1 || operands.out_bytes.size() != 1) {
    return false;
  }
  if (p.rows < 1 || p.channels < 1) return false;
  const Checked floats = Checked(p.rows) * p.channels;
  return holds_floats(operands.in_bytes[0], floats) && holds_floats(operands.out_bytes[0], floats);
}

int SoftmaxFamily::max_shares(const SoftmaxParams& p) const noexcept {
  // 10 us at 1 element a nanosecond; shares are rows.
  const double rows = static_cast<double>(p.rows);
  const double shares = std::min({rows * static_cast<double>(p.channels) / 10e3, rows, 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const SoftmaxFamily kSoftmax;

}  // namespace kite
