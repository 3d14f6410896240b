// SPDX-License-Identifier: Apache-2.0
// Strided copies apart from the moving: how axes are merged, which kernel, the proof that a call stays inside.
#include "kernels/strided_copy/strided_copy.h"

#include <cstddef>
#include <optional>

#include "base/checked.h"

#define KITE_KERNEL strided_copy_b32
#include "kernels/kernel_table.inc"

namespace kite {
namespace {

// No tensor is longer, so a larger stride is not valid, even along a dimension of size 1.
constexpr std::int64_t kMaxStride = std::int64_t{1} << 40;

// Elements from the start of the operand to past the last that the view reaches; nothing where it is no view.
std::optional<Checked> reach(const StridedCopyParams& p, std::int64_t first,
                             const std::int64_t (&stride)[kCopyDims]) noexcept {
  if (first < 0 || first > kMaxStride) return std::nullopt;
  Checked total = first + 1;
  for (int d = 0; d < kCopyDims; ++d) {
    if (stride[d] < 0 || stride[d] > kMaxStride) return std::nullopt;
    total += Checked(p.size[d] - 1) * stride[d];
  }
  return total;
}

bool holds(std::size_t bytes, std::optional<Checked> elements) noexcept {
  return elements && holds_floats(bytes, *elements);
}

}  // namespace

bool collapse_copy(std::span<const CopyAxis> axes, StridedCopyParams& params) noexcept {
  int next = kCopyDims;  // filled from the innermost on
  for (std::size_t i = axes.size(); i-- > 0;) {
    const CopyAxis& axis = axes[i];
    if (axis.size == 1) continue;
    if (next < kCopyDims && axis.in_stride == params.in_stride[next] * params.size[next] &&
        axis.out_stride == params.out_stride[next] * params.size[next]) {
      params.size[next] *= axis.size;
      continue;
    }
    if (next == 0) return false;
    --next;
    params.size[next] = axis.size;
    params.in_stride[next] = axis.in_stride;
    params.out_stride[next] = axis.out_stride;
  }
  for (int d = 0; d < next; ++d) {
    params.size[d] = 1;
    params.in_stride[d] = params.out_stride[d] = 0;
  }
  if (next == kCopyDims) params.in_stride[kCopyDims - 1] = params.out_stride[kCopyDims - 1] = 1;  // one element
  return true;
}

std::span<const Kernel> StridedCopyFamily::kernels() const noexcept { return kKernels; }

bool StridedCopyFamily::fits_operands(const StridedCopyParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 1 || operands.out_bytes.size() != 1) {
    return false;
  }
  Checked elements = 1;
  for (const std::int64_t size : p.size) {
    if (size < 1) return false;
    elements *= size;
  }
  // Each element of y is written at most once in a sane plan; an insane one may not run for years either.
  return holds_floats(operands.out_bytes[0], elements) &&
         holds(operands.in_bytes[0], reach(p, p.in_first, p.in_stride)) &&
         holds(operands.out_bytes[0], reach(p, p.out_first, p.out_stride));
}

int StridedCopyFamily::max_shares(const StridedCopyParams& p) const noexcept {
  double elements = 1;
  for (const std::int64_t size : p.size) elements *= static_cast<double>(size);
  const double shares = elements / 20e3;  // 10 us at 2 elements a nanosecond, from and to L2
  return shares < 1.0 ? 1 : shares > 1024.0 ? 1024 : static_cast<int>(shares);
}

constinit const StridedCopyFamily kStridedCopy;

}  // namespace kite
