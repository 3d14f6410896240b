// SPDX-License-Identifier: Apache-2.0
// Pooling of 8-bit numbers apart from the arithmetic: which kernel, and the proof that a call stays inside its
// operands.
#include "kernels/qpool/qpool.h"

#include <algorithm>
#include <cstdint>

#include "base/checked.h"
#include "kernels/pool/pool.h"

#define KITE_KERNEL qpool_i8
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> QPoolFamily::kernels() const noexcept { return kKernels; }

bool QPoolFamily::supports(const QPoolParams& params) const noexcept {
  const PoolParams& p = params.pool;
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  constexpr std::int64_t kMostTaps = std::int64_t{1} << 22;  // whose sum 32 bits hold
  if (!pool_params_are_sane(p)) return false;
  for (const std::int32_t flag : {params.x_signed, params.y_signed}) {
    if (flag != 0 && flag != 1) return false;
  }
  for (const std::int32_t zero : {params.x_zero, params.zero}) {
    if (zero < -128 || zero > 255) return false;
  }
  const Checked planes = Checked(p.batch) * p.channels;
  const std::int64_t taps = static_cast<std::int64_t>(std::min(p.kernel_h, p.in_h)) * std::min(p.kernel_w, p.in_w);
  return taps <= kMostTaps && (planes * p.in_h * p.in_w).at_most(kMost) && (planes * p.out_h * p.out_w).at_most(kMost);
}

bool QPoolFamily::fits_operands(const QPoolParams& params, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 1 || operands.out_bytes.size() != 1 || !supports(params)) return false;
  const PoolParams& p = params.pool;
  const std::int64_t planes = static_cast<std::int64_t>(p.batch) * p.channels;
  return operands.in_bytes[0] >= static_cast<std::size_t>(planes * p.in_h * p.in_w) &&
         operands.out_bytes[0] >= static_cast<std::size_t>(planes * p.out_h * p.out_w);
}

int QPoolFamily::max_shares(const QPoolParams& params) const noexcept {
  // 10 us at 16 taps a nanosecond; shares are rows of y.
  const PoolParams& p = params.pool;
  const double rows = static_cast<double>(p.batch) * p.out_h;
  const double taps = rows * p.out_w * p.channels * std::min(p.kernel_h, p.in_h) * std::min(p.kernel_w, p.in_w);
  const double shares = std::min({taps / 160e3, rows, 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const QPoolFamily kQPool;

}  // namespace kite
