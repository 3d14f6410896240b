// SPDX-License-Identifier: Apache-2.0
// Softmax apart from the arithmetic: which kernel, and the proof that a call stays inside its operands.
#include "kernels/softmax/softmax.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/checked.h"

namespace kite {

const KernelInfo& select_softmax(const SoftmaxParams& /*params*/, Isa max_isa) noexcept {
  return best_kernel("softmax", max_isa);
}

bool softmax_fits(const KernelOperands& operands) noexcept {
  if (operands.params_bytes != sizeof(SoftmaxParams) || operands.in_bytes.size() != 1 ||
      operands.out_bytes.size() != 1) {
    return false;
  }
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(operands.params);
  if (p.rows < 1 || p.channels < 1) return false;
  const auto floats = checked_mul(p.rows, p.channels);
  return floats && operands.in_bytes[0] / 4 >= static_cast<std::size_t>(*floats) &&
         operands.out_bytes[0] / 4 >= static_cast<std::size_t>(*floats);
}

int softmax_max_parts(const SoftmaxParams& p) noexcept {
  // 10 us at 1 element a nanosecond; shares are rows.
  const double rows = static_cast<double>(p.rows);
  const double parts = std::min({rows * static_cast<double>(p.channels) / 10e3, rows, 1024.0});
  return parts < 1.0 ? 1 : static_cast<int>(parts);
}

}  // namespace kite
