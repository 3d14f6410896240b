// SPDX-License-Identifier: Apache-2.0
// Convolution in narrow groups apart from the arithmetic: which shapes, how weights are packed.
#include "kernels/grouped/grouped.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/conv/conv.h"
#include "kernels/conv/geometry.h"

#define KITE_KERNEL grouped_f32
#define KITE_KERNEL_TARGETS "kernels/grouped/targets.inc"
#include "kernels/kernel_table.inc"

namespace kite {

std::span<const Kernel> GroupedConv::kernels() const noexcept { return kKernels; }

bool GroupedConv::supports(const ConvParams& p) const noexcept {
  // The middle column of taps never leaves the picture.
  const std::int64_t last_middle = static_cast<std::int64_t>(p.out_w - 1) * p.stride_w - p.pad_left + 1;
  return p.kernel_h == 3 && p.kernel_w == 3 && (p.stride_w == 1 || p.stride_w == 2) && p.dilation_h == 1 &&
         p.dilation_w == 1 && p.pad_left <= 1 && last_middle < p.in_w && p.input_planar == 0 &&
         9 * static_cast<std::int64_t>(p.in_c / p.groups) <= kPieceDepth;
}

bool GroupedConv::is_profitable(const ConvParams& p, const Target& target) const noexcept {
  // Wider groups fill two vectors or more at a time, which conv makes as much of.
  constexpr std::int32_t kMostChannels = 32;
  return target.includes(*kKernels[0].target) && supports(p) && p.groups > 1 && p.out_c / p.groups <= kMostChannels;
}

std::size_t GroupedConv::packed_bytes(const ConvParams& p) const noexcept { return kConv.packed_bytes(p); }

// [group][block of a vector's channels][row of taps][input channel][column of taps][lanes]
void GroupedConv::pack(const ConvParams& p, const Kernel& kernel, const float* w_oihw, float* packed) const noexcept {
  const std::int64_t lanes = kernel.target->lanes;
  const std::int64_t depth = p.in_c / p.groups, channels = p.out_c / p.groups;
  const std::int64_t group_floats = packed_width(channels) * 9 * depth;
  const auto* bytes = reinterpret_cast<const char*>(w_oihw);  // memcpy: w may lie at any address
  if (channels % 16 != 0) std::fill(packed, packed + p.groups * group_floats, 0.0f);  // lanes that nothing fills
  for (std::int64_t group = 0; group < p.groups; ++group) {
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      float* const lane = packed + group * group_floats + channel / lanes * lanes * 9 * depth + channel % lanes;
      for (std::int64_t c = 0; c < depth; ++c, bytes += 9 * 4) {
        float taps[9];
        std::memcpy(taps, bytes, sizeof taps);
        for (std::int64_t tap = 0; tap < 9; ++tap) lane[((tap / 3 * depth + c) * 3 + tap % 3) * lanes] = taps[tap];
      }
    }
  }
}

constinit const GroupedConv kGrouped;

}  // namespace kite
