// SPDX-License-Identifier: Apache-2.0
// The proof that a call of a convolution stays inside its operands, and how many threads it is worth.
#include "kernels/conv/conv_family.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "base/checked.h"
#include "kernels/conv/geometry.h"

namespace kite {

namespace {

// Byte size of a dense f32 array; nothing where an extent is not positive or the size passes 2^42 bytes.
std::optional<std::size_t> dense_bytes(std::initializer_list<std::int64_t> extents) noexcept {
  Checked bytes = 4;
  for (const std::int64_t extent : extents) {
    if (extent <= 0) return std::nullopt;
    bytes *= extent;
  }
  return bytes.at_most(std::int64_t{1} << 42);
}

}  // namespace

bool conv_params_are_sane(const ConvParams& p) noexcept {
  for (const std::int32_t extent : {p.batch, p.in_h, p.in_w, p.in_c, p.out_h, p.out_w, p.out_c, p.kernel_h, p.kernel_w,
                                    p.stride_h, p.stride_w, p.dilation_h, p.dilation_w, p.groups}) {
    if (extent < 1) return false;
  }
  if (p.pad_top < 0 || p.pad_left < 0 || p.in_c % p.groups != 0 || p.out_c % p.groups != 0) return false;
  if (p.input_planar != 0 && p.input_planar != 1) return false;
  if (!is_activation(p.activation.kind)) return false;
  const auto reach = [](std::int64_t out, std::int64_t stride, std::int64_t kernel, std::int64_t dilation) {
    return (out - 1) * stride <= INT32_MAX && (kernel - 1) * dilation <= INT32_MAX;
  };
  return reach(p.out_h, p.stride_h, p.kernel_h, p.dilation_h) && reach(p.out_w, p.stride_w, p.kernel_w, p.dilation_w);
}

bool ConvFamily::fits_operands(const ConvParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 4 || operands.out_bytes.size() != 1) return false;
  if (!conv_params_are_sane(p)) return false;
  const auto x = dense_bytes({p.batch, p.in_h, p.in_w, p.in_c});
  const auto y = dense_bytes({p.batch, p.out_h, p.out_w, p.out_c});
  const auto w = dense_bytes({p.groups, packed_width(p.out_c / p.groups), p.kernel_h, p.kernel_w, p.in_c / p.groups});
  if (!x || !y || !w || !supports(p)) return false;
  if (operands.in_bytes[0] < *x || operands.in_bytes[kConvWeights] < packed_bytes(p) || operands.out_bytes[0] < *y)
    return false;
  const std::size_t bias = static_cast<std::size_t>(p.out_c) * 4;
  if (operands.in_bytes[2] != 0 && operands.in_bytes[2] < bias) return false;
  if (operands.in_bytes[kConvResidual] != 0 && operands.in_bytes[kConvResidual] < *y) return false;
  // The scratch, in steps that cannot overflow: first one row, then all.
  const std::int64_t reach_w = static_cast<std::int64_t>(p.out_w - 1) * p.stride_w +
                               static_cast<std::int64_t>(p.kernel_w - 1) * p.dilation_w + 1;
  const std::int64_t reach_h = static_cast<std::int64_t>(p.out_h - 1) * p.stride_h +
                               static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  if (!dense_bytes({reach_w, p.in_c / p.groups + kColumnGap, reach_h < p.in_h ? reach_h : p.in_h})) return false;
  return true;
}

int ConvFamily::max_shares(const ConvParams& p) const noexcept {
  // 10 us at 100 GFLOP/s, which one core of a current server reaches; or of weights that come from memory at 15 GB/s,
  // where a layer has few pixels.
  constexpr double kMacsOfTenMicroseconds = 0.5e6;
  constexpr double kWeightsOfTenMicroseconds = 150e3 / 4;
  const double weights =
      static_cast<double>(p.out_c) * p.kernel_h * p.kernel_w * (static_cast<double>(p.in_c) / p.groups);
  const double macs = static_cast<double>(p.batch) * p.out_h * p.out_w * weights;
  const double shares = std::max(macs / kMacsOfTenMicroseconds, weights / kWeightsOfTenMicroseconds);
  return shares < 1.0 ? 1 : shares > 1024.0 ? 1024 : static_cast<int>(shares);
}

}  // namespace kite
