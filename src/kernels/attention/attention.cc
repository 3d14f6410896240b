// SPDX-License-Identifier: Apache-2.0
// Attention apart from the arithmetic: which kernel, how much scratch, and the proof that a call stays inside.
#include "kernels/attention/attention.h"

#include <algorithm>
#include <cstdint>

#include "base/checked.h"
#include "kernels/attention/geometry.h"

#define KITE_KERNEL attention_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

// Whether every element of a view of [rows, columns] matrices lies in an operand of so many bytes.
bool holds_view(std::size_t bytes, const AttentionParams& p, const AttentionView& view, std::int64_t rows,
                std::int64_t columns) noexcept {
  if (std::min({view.first, view.outer, view.head, view.row, view.column}) < 0) return false;
  return holds_floats(bytes, Checked(p.outer - 1) * view.outer + Checked(p.heads - 1) * view.head +
                                 Checked(rows - 1) * view.row + Checked(columns - 1) * view.column + view.first + 1);
}

}  // namespace

std::span<const Kernel> AttentionFamily::kernels() const noexcept { return kKernels; }

std::size_t AttentionFamily::scratch_bytes(const AttentionParams& p) const noexcept {
  return static_cast<std::size_t>(attention_scratch(p).end) * 4;
}

bool AttentionFamily::fits_operands(const AttentionParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 5 || operands.out_bytes.size() != 1) return false;
  if (std::min({p.outer, p.heads, p.queries, p.keys, p.depth, p.values}) < 1 || p.addends < 0 || p.addends > 2) {
    return false;
  }
  if (p.q.column != 1 || p.v.column != 1 || p.y.column != 1 || (p.k.row != 1 && p.k.column != 1)) return false;
  for (int i = 0; i < p.addends; ++i) {
    if (p.addend[i].column != 1 ||
        !holds_view(operands.in_bytes[3 + static_cast<std::size_t>(i)], p, p.addend[i], p.queries, p.keys)) {
      return false;
    }
  }
  // What is not read or written anew each time bounds the work and the scratch.
  return holds_floats(operands.in_bytes[1], Checked(p.keys) * p.depth) &&
         holds_floats(operands.in_bytes[2], Checked(p.keys) * p.values) &&
         holds_floats(operands.out_bytes[0], Checked(p.outer) * p.heads * p.queries * p.values) &&
         holds_view(operands.in_bytes[0], p, p.q, p.queries, p.depth) &&
         holds_view(operands.in_bytes[1], p, p.k, p.keys, p.depth) &&
         holds_view(operands.in_bytes[2], p, p.v, p.keys, p.values) &&
         holds_view(operands.out_bytes[0], p, p.y, p.queries, p.values);
}

int AttentionFamily::max_shares(const AttentionParams& p) const noexcept {
  // 10 us at 50 GFLOP/s: the products at 100, and the softmax.
  const double scores = static_cast<double>(p.outer) * p.heads * p.queries * p.keys;
  const double shares = scores * (static_cast<double>(p.depth) + p.values) / 0.25e6;
  return shares < 1.0 ? 1 : shares > 1024.0 ? 1024 : static_cast<int>(shares);
}

constinit const AttentionFamily kAttention;

}  // namespace kite
