// SPDX-License-Identifier: Apache-2.0
// Elementwise operators on bytes apart from the arithmetic: which kernel, and the proof that a call stays inside its
// operands.
#include "kernels/bytes/bytes.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>

#include "base/checked.h"

#define KITE_KERNEL bytes_i8
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> BytesFamily::kernels() const noexcept { return kKernels; }

bool BytesFamily::fits_operands(const BytesParams& p, const KernelOperands& operands) const noexcept {
  for (const std::int32_t flag : {p.x_signed, p.b_signed, p.y_signed}) {
    if (flag != 0 && flag != 1) return false;
  }
  if (p.rows < 1 || p.columns < 1) return false;
  if ((p.b_rows != 1 && p.b_rows != p.rows) || (p.b_columns != 1 && p.b_columns != p.columns)) return false;
  for (const std::int32_t zero : {p.x_zero, p.b_zero, p.zero}) {
    if (zero < -128 || zero > 255) return false;
  }
  const auto count = (Checked(p.rows) * p.columns).at_most(std::int64_t{1} << 40);
  if (!count) return false;
  const auto bytes = static_cast<std::size_t>(*count);
  const auto holds = [&](std::span<const std::size_t> have, std::initializer_list<std::size_t> need) {
    return have.size() == need.size() && std::equal(need.begin(), need.end(), have.begin(), std::less_equal<>());
  };
  switch (p.op) {
    case ByteOp::kQuantize: return holds(operands.in_bytes, {bytes * 4}) && holds(operands.out_bytes, {bytes});
    case ByteOp::kQuantizeDynamic:
      return holds(operands.in_bytes, {bytes * 4}) && holds(operands.out_bytes, {bytes, 4, 1});
    case ByteOp::kQuantizeRanges:
      return holds(operands.in_bytes, {bytes * 4, kByteRanges * 8}) && holds(operands.out_bytes, {bytes, 4, 1});
    case ByteOp::kRanges: return holds(operands.in_bytes, {bytes * 4}) && holds(operands.out_bytes, {kByteRanges * 8});
    case ByteOp::kDequantize: return holds(operands.in_bytes, {bytes}) && holds(operands.out_bytes, {bytes * 4});
    case ByteOp::kAdd:
    case ByteOp::kMul:
      return holds(operands.in_bytes, {bytes, static_cast<std::size_t>(p.b_rows * p.b_columns)}) &&
             holds(operands.out_bytes, {bytes});
  }
  return false;
}

int BytesFamily::max_shares(const BytesParams& p) const noexcept {
  // 10 us at 4 elements a nanosecond, of two 8-bit tensors at 1.7. Shares are runs of elements, or of rows.
  const double elements = static_cast<double>(p.rows) * static_cast<double>(p.columns);
  const bool is_pair = p.op == ByteOp::kAdd || p.op == ByteOp::kMul;
  const double most = p.op == ByteOp::kRanges ? static_cast<double>(kByteRanges)
                      : is_pair && p.rows > 1 ? static_cast<double>(p.rows)
                                              : elements;
  const double shares = std::min({elements / (is_pair ? 17e3 : 40e3), most, 1024.0});
  return shares < 1.0 ? 1 : static_cast<int>(shares);
}

constinit const BytesFamily kBytewise;

}  // namespace kite
