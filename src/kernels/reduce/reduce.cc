// SPDX-License-Identifier: Apache-2.0
// Reductions apart from the arithmetic: which kernel, and the proof that a call stays inside its operands.
#include "kernels/reduce/reduce.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/checked.h"

#define KITE_KERNEL reduce_f32
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> ReduceFamily::kernels() const noexcept { return kKernels; }

bool ReduceFamily::fits_operands(const ReduceParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 1 || operands.out_bytes.size() != 1) {
    return false;
  }
  if (p.outer < 1 || p.count < 1 || p.inner < 1) return false;
  const Checked out = Checked(p.outer) * p.inner;
  return holds_floats(operands.in_bytes[0], out * p.count) && holds_floats(operands.out_bytes[0], out);
}

int ReduceFamily::max_shares(const ReduceParams& p) const noexcept {
  // 10 us at 5 elements a nanosecond: x comes from L2. Shares are whole cache lines of y, or whole rows.
  const double elements = static_cast<double>(p.outer) * static_cast<double>(p.count) * static_cast<double>(p.inner);
  const double most = p.inner == 1 ? static_cast<double>(p.outer)
                                   : static_cast<double>(p.outer) * static_cast<double>(ceil_div(p.inner, 16));
  const double shares = std::min({elements / 50e3, most, 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const ReduceFamily kReduce;

}  // namespace kite
