// SPDX-License-Identifier: Apache-2.0
// Matrix products apart from the arithmetic: which kernel, how much scratch, and the proof that a call stays inside.
#include "kernels/matmul/matmul.h"

#include <cstdint>
#include <limits>

#include "base/checked.h"
#include "kernels/matmul/geometry.h"

#define KITE_KERNEL matmul_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

// Floats from the first to past the last of `batch` matrices that begin `stride` floats apart.
Checked reach(std::int64_t batch, Checked stride, std::int64_t rows, std::int64_t columns) noexcept {
  return Checked(batch - 1) * stride + Checked(rows) * columns;
}

}  // namespace

std::span<const Kernel> MatmulFamily::kernels() const noexcept { return kKernels; }

std::size_t MatmulFamily::scratch_bytes(const MatmulParams& p) const noexcept {
  return static_cast<std::size_t>(round_up(matmul_block_columns(p) * p.k * 4, 64));
}

bool MatmulFamily::fits_operands(const MatmulParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 2 || operands.out_bytes.size() != 1) {
    return false;
  }
  if (p.batch < 1 || p.m < 1 || p.n < 1 || p.k < 1 || p.a_batch_stride < 0 || p.b_batch_stride < 0) return false;
  return holds_floats(operands.in_bytes[0], reach(p.batch, p.a_batch_stride, p.m, p.k)) &&
         holds_floats(operands.in_bytes[1], reach(p.batch, p.b_batch_stride, p.k, p.n)) &&
         holds_floats(operands.out_bytes[0], reach(p.batch, Checked(p.m) * p.n, p.m, p.n));
}

int MatmulFamily::max_shares(const MatmulParams& p) const noexcept {
  // 10 us at 100 GFLOP/s, which one core of a current server reaches.
  const double shares = static_cast<double>(p.batch) * p.m * p.n * p.k / 0.5e6;
  return shares < 1.0 ? 1 : shares > 1024.0 ? 1024 : static_cast<int>(shares);
}

constinit const MatmulFamily kMatmul;

}  // namespace kite
