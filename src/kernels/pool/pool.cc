// SPDX-License-Identifier: Apache-2.0
// Pooling apart from the arithmetic: which kernel, and the proof that a call stays inside its operands.
#include "kernels/pool/pool.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/checked.h"

#define KITE_KERNEL pool_f32
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> PoolFamily::kernels() const noexcept { return kKernels; }

bool pool_params_are_sane(const PoolParams& p) noexcept {
  for (const std::int32_t size : {p.batch, p.in_h, p.in_w, p.channels, p.out_h, p.out_w, p.kernel_h, p.kernel_w,
                                  p.stride_h, p.stride_w, p.dilation_h, p.dilation_w}) {
    if (size < 1) return false;
  }
  for (const std::int32_t pad : {p.pad_top, p.pad_left, p.pad_bottom, p.pad_right}) {
    if (pad < 0) return false;
  }
  return p.kind == PoolKind::kMax || p.kind == PoolKind::kAverage || p.kind == PoolKind::kAverageIncludePad;
}

bool PoolFamily::fits_operands(const PoolParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 1 || operands.out_bytes.size() != 1 || !pool_params_are_sane(p)) return false;
  const Checked planes = Checked(p.batch) * p.channels;
  return holds_floats(operands.in_bytes[0], planes * p.in_h * p.in_w) &&
         holds_floats(operands.out_bytes[0], planes * p.out_h * p.out_w);
}

int PoolFamily::max_shares(const PoolParams& p) const noexcept {
  // 10 us at 8 taps a nanosecond; shares are rows of y.
  const double rows = static_cast<double>(p.batch) * p.out_h;
  const double taps = rows * p.out_w * p.channels * std::min(p.kernel_h, p.in_h) * std::min(p.kernel_w, p.in_w);
  const double shares = std::min({taps / 80e3, rows, 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const PoolFamily kPool;

}  // namespace kite
