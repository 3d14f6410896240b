// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution apart from the arithmetic: which kernel, how weights are packed, the proof that a call stays
// inside.
#include "kernels/depthwise/depthwise.h"

#include <cstdint>
#include <cstring>

#include "base/checked.h"
#include "kernels/conv/conv.h"
#include "kernels/depthwise/geometry.h"

namespace kite {

namespace {

// One filter a channel is a convolution with as many groups as channels: the same bounds hold.
ConvParams as_conv(const DepthwiseParams& p) noexcept {
  ConvParams c = {};
  c.batch = p.batch;
  c.in_h = p.in_h;
  c.in_w = p.in_w;
  c.in_c = c.out_c = c.groups = p.channels;
  c.out_h = p.out_h;
  c.out_w = p.out_w;
  c.kernel_h = p.kernel_h;
  c.kernel_w = p.kernel_w;
  c.stride_h = p.stride_h;
  c.stride_w = p.stride_w;
  c.dilation_h = p.dilation_h;
  c.dilation_w = p.dilation_w;
  c.pad_top = p.pad_top;
  c.pad_left = p.pad_left;
  c.activation = p.activation;
  return c;
}

}  // namespace

const KernelInfo& select_depthwise(const DepthwiseParams& /*params*/, Isa max_isa) noexcept {
  return best_kernel("depthwise", max_isa);
}

std::size_t depthwise_packed_bytes(const DepthwiseParams& p, const KernelInfo& /*kernel*/) noexcept {
  return static_cast<std::size_t>(round_up(p.channels, 16) * p.kernel_h * p.kernel_w * 4);
}

// [channel][tap] becomes [block of 16 channels][tap][16].
void pack_depthwise(const DepthwiseParams& p, const KernelInfo& kernel, const float* w_oihw, float* packed) noexcept {
  const std::int64_t taps = static_cast<std::int64_t>(p.kernel_h) * p.kernel_w;
  const auto* bytes = reinterpret_cast<const char*>(w_oihw);  // memcpy: w may lie at any address
  std::memset(packed, 0, depthwise_packed_bytes(p, kernel));
  for (std::int64_t channel = 0; channel < p.channels; ++channel) {
    const std::int64_t lane = channel % kBlockChannels;
    float* const block = packed + (channel - lane) * taps;
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      std::memcpy(block + tap * kBlockChannels + lane, bytes + (channel * taps + tap) * 4, 4);
    }
  }
}

std::size_t depthwise_scratch_bytes(const DepthwiseParams& p, const KernelInfo& /*kernel*/) noexcept {
  if (!depthwise_has_runs(p)) return 0;
  return static_cast<std::size_t>(p.kernel_h * depthwise_ring_columns(p) * kBlockChannels * 4);
}

bool depthwise_fits(const KernelOperands& operands) noexcept {
  if (operands.params_bytes != sizeof(DepthwiseParams) || operands.in_bytes.size() != 4) return false;
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(operands.params);
  if (p.channels < 1 || p.kernel_h < 1 || p.kernel_w < 1) return false;
  const auto taps = checked_mul(p.kernel_h, p.kernel_w);
  const auto weights = checked_mul(*taps, round_up(p.channels, 16));
  if (!weights || *weights > (std::int64_t{1} << 40) || operands.in_bytes[1] / 4 < static_cast<std::size_t>(*weights)) {
    return false;
  }
  // As a convolution its packed weights would be 16 wide for each channel, and its scratch another.
  const ConvParams conv = as_conv(p);
  std::size_t in_bytes[4] = {operands.in_bytes[0], SIZE_MAX, operands.in_bytes[2], operands.in_bytes[3]};
  KernelOperands inner = operands;
  inner.params = &conv;
  inner.params_bytes = sizeof conv;
  inner.in_bytes = in_bytes;
  inner.scratch_bytes = SIZE_MAX;
  return conv_fits(inner) && operands.scratch_bytes >= depthwise_scratch_bytes(p, all_kernels().front());
}

int depthwise_max_parts(const DepthwiseParams& p) noexcept {
  // 10 us at 30 GFLOP/s: it is mostly loads and stores.
  const double macs = static_cast<double>(p.batch) * p.out_h * p.out_w * p.channels * p.kernel_h * p.kernel_w;
  const double parts = macs / 0.15e6;
  return parts < 1.0 ? 1 : parts > 1024.0 ? 1024 : static_cast<int>(parts);
}

}  // namespace kite
