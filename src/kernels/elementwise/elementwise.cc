// SPDX-License-Identifier: Apache-2.0
// Elementwise operators apart from the arithmetic: how broadcasts are cut, which kernel, the proof that a call stays
// inside.
#include "kernels/elementwise/elementwise.h"

#include <cstddef>
#include <optional>

#include "base/checked.h"

#define KITE_KERNEL elementwise_f32
#include "kernels/kernel_table.inc"

namespace kite {
namespace {

// The dimension `back` from the end, 1 where the shape has fewer.
std::int64_t dim_from_end(std::span<const std::int64_t> dims, std::size_t back) noexcept {
  return back < dims.size() ? dims[dims.size() - 1 - back] : 1;
}

// No tensor is longer, so a larger stride is not valid, even along a dimension of size 1.
constexpr std::int64_t kMaxStride = std::int64_t{1} << 40;

// Floats from the first to past the last that strides reach; nothing for an impossible stride.
std::optional<Checked> reach(const std::int64_t (&size)[kElementwiseDims],
                             const std::int64_t (&stride)[kElementwiseDims]) noexcept {
  Checked total = 1;
  for (int d = 0; d < kElementwiseDims; ++d) {
    if (stride[d] < 0 || stride[d] > kMaxStride) return std::nullopt;
    total += Checked(size[d] - 1) * stride[d];
  }
  return total;
}

bool holds(std::size_t bytes, std::optional<Checked> floats) noexcept { return floats && holds_floats(bytes, *floats); }

}  // namespace

bool collapse_broadcast(std::span<const std::int64_t> y, std::span<const std::int64_t> a,
                        std::span<const std::int64_t> b, ElementwiseParams& params) noexcept {
  int next = kElementwiseDims;  // groups are filled from the innermost on
  std::int64_t a_elements = 1, b_elements = 1;
  for (std::size_t back = 0; back < y.size(); ++back) {
    const std::int64_t size = dim_from_end(y, back);
    if (size < 1) return false;
    if (size == 1) continue;
    const std::int64_t a_size = dim_from_end(a, back), b_size = dim_from_end(b, back);
    const std::int64_t a_stride = a_size == 1 ? 0 : a_elements, b_stride = b_size == 1 ? 0 : b_elements;
    a_elements *= a_size;
    b_elements *= b_size;
    if (next < kElementwiseDims && a_stride == params.a_stride[next] * params.size[next] &&
        b_stride == params.b_stride[next] * params.size[next]) {
      params.size[next] *= size;
      continue;
    }
    if (next == 0) return false;
    --next;
    params.size[next] = size;
    params.a_stride[next] = a_stride;
    params.b_stride[next] = b_stride;
  }
  for (int d = 0; d < next; ++d) {
    params.size[d] = 1;
    params.a_stride[d] = params.b_stride[d] = 0;
  }
  if (next == kElementwiseDims) params.a_stride[kElementwiseDims - 1] = 1;  // a single element: any stride will do
  return true;
}

std::span<const Kernel> ElementwiseFamily::kernels() const noexcept { return kKernels; }

bool ElementwiseFamily::fits_operands(const ElementwiseParams& p, const KernelOperands& operands) const noexcept {
  if (operands.out_bytes.size() != 1) return false;
  if (operands_of(p.op) == 0 || !is_activation(p.activation.kind)) return false;
  const bool binary = operands_of(p.op) == 2;
  if (operands.in_bytes.size() != (binary ? 2u : 1u)) return false;
  Checked elements = 1;
  for (const std::int64_t size : p.size) {
    if (size < 1) return false;
    elements *= size;
  }
  if (!holds_floats(operands.out_bytes[0], elements)) return false;
  const std::int64_t a_inner = p.a_stride[kElementwiseDims - 1];
  if (!holds(operands.in_bytes[0], reach(p.size, p.a_stride))) return false;
  if (!binary) return a_inner == 1;
  const std::int64_t b_inner = p.b_stride[kElementwiseDims - 1];
  if (!holds(operands.in_bytes[1], reach(p.size, p.b_stride))) return false;
  return (a_inner == 1 && (b_inner == 0 || b_inner == 1)) || (a_inner == 0 && b_inner == 1);
}

int ElementwiseFamily::max_shares(const ElementwiseParams& p) const noexcept {
  double elements = 1;
  for (const std::int64_t size : p.size) elements *= static_cast<double>(size);
  // 10 us: 2 elements a nanosecond from and to L2, 1 where an exponential is taken (AVX2).
  const bool smooth = p.op == ElementwiseOp::kErf || kind_of(p.activation.kind) == ActivationKind::kSmooth;
  const double shares = elements / (smooth ? 10e3 : 20e3);
  return shares < 1.0 ? 1 : shares > 1024.0 ? 1024 : static_cast<int>(shares);
}

constinit const ElementwiseFamily kElementwise;

}  // namespace kite
