// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution apart from the arithmetic: which shapes, how weights are packed, how much scratch there is.
#include "kernels/depthwise/depthwise.h"

#include <cstdint>
#include <cstring>

#include "base/checked.h"
#include "kernels/depthwise/geometry.h"

#define KITE_KERNEL depthwise_f32
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> DepthwiseConv::kernels() const noexcept { return kKernels; }

bool DepthwiseConv::supports(const ConvParams& p) const noexcept {
  return p.groups == p.in_c && p.out_c == p.in_c && p.input_planar == 0;
}

bool DepthwiseConv::is_profitable(const ConvParams& p, const Target& /*target*/) const noexcept {
  return p.groups > 1 && supports(p);
}

std::size_t DepthwiseConv::packed_bytes(const ConvParams& p) const noexcept {
  return static_cast<std::size_t>(round_up(p.in_c, kBlockChannels) * p.kernel_h * p.kernel_w * 4);
}

// [channel][tap] becomes [block of 16 channels][tap][16].
void DepthwiseConv::pack(const ConvParams& p, const Kernel& /*kernel*/, const float* w_oihw,
                         float* packed) const noexcept {
  const std::int64_t taps = static_cast<std::int64_t>(p.kernel_h) * p.kernel_w;
  const auto* bytes = reinterpret_cast<const char*>(w_oihw);  // memcpy: w may lie at any address
  std::memset(packed, 0, packed_bytes(p));
  for (std::int64_t channel = 0; channel < p.in_c; ++channel) {
    const std::int64_t lane = channel % kBlockChannels;
    float* const block = packed + (channel - lane) * taps;
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      std::memcpy(block + tap * kBlockChannels + lane, bytes + (channel * taps + tap) * 4, 4);
    }
  }
}

int DepthwiseConv::max_shares(const ConvParams& p) const noexcept {
  // 10 us at 30 GFLOP/s: it is mostly loads and stores.
  const double macs = static_cast<double>(p.batch) * p.out_h * p.out_w * p.in_c * p.kernel_h * p.kernel_w;
  const double shares = macs / 0.15e6;
  return shares < 1.0 ? 1 : shares > 1024.0 ? 1024 : static_cast<int>(shares);
}

// Rows times blocks of channels: the grid that leaves the slowest thread the least.
DepthwiseWalk DepthwiseConv::decide(const ConvParams& p, const Target& /*target*/, int shares) const noexcept {
  const std::int64_t rows = static_cast<std::int64_t>(p.batch) * p.out_h;
  const std::int64_t blocks = (p.in_c + kBlockChannels - 1) / kBlockChannels;
  DepthwiseWalk walk = {.across = 1};
  std::int64_t best = -1;
  for (std::int64_t across = 1; across <= shares; ++across) {
    if (shares % across != 0) continue;
    const std::int64_t down = shares / across;
    const std::int64_t slowest = (rows + down - 1) / down * ((blocks + across - 1) / across);
    if (best < 0 || slowest < best) {
      best = slowest;
      walk.across = across;
    }
  }
  return walk;
}

constinit const DepthwiseConv kDepthwise;

}  // namespace kite
