// SPDX-License-Identifier: Apache-2.0
// Convolution in narrow groups apart from the arithmetic: which shapes, how weights are packed, and the proof that a
// call stays inside.
#include "kernels/grouped/grouped.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/conv/conv.h"
#include "kernels/conv/geometry.h"

namespace kite {

bool grouped_takes(const ConvParams& p) noexcept {
  // The middle column of taps never leaves the picture.
  const std::int64_t last_middle = static_cast<std::int64_t>(p.out_w - 1) * p.stride_w - p.pad_left + 1;
  return p.kernel_h == 3 && p.kernel_w == 3 && (p.stride_w == 1 || p.stride_w == 2) && p.dilation_h == 1 &&
         p.dilation_w == 1 && p.pad_left <= 1 && last_middle < p.in_w && p.input_planar == 0 &&
         9 * static_cast<std::int64_t>(p.in_c / p.groups) <= kPieceDepth;
}

bool grouped_pays(const ConvParams& p, Isa max_isa) noexcept {
  // Wider groups fill two vectors or more at a time, which conv makes as much of.
  constexpr std::int32_t kMostChannels = 32;
  return max_isa >= Isa::kAvx512 && grouped_takes(p) && p.groups > 1 && p.out_c / p.groups <= kMostChannels;
}

const KernelInfo& select_grouped(const ConvParams& /*params*/, Isa max_isa) noexcept {
  return best_kernel("grouped", max_isa);
}

std::size_t grouped_packed_bytes(const ConvParams& p, const KernelInfo& kernel) noexcept {
  return conv_packed_bytes(p, kernel);
}

// [group][block of a vector's channels][row of taps][input channel][column of taps][lanes]
void pack_grouped(const ConvParams& p, const KernelInfo& kernel, const float* w_oihw, float* packed) noexcept {
  const std::int64_t lanes = vector_lanes(kernel.isa);
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

std::size_t grouped_scratch_bytes(const ConvParams& /*params*/, const KernelInfo& /*kernel*/) noexcept { return 0; }

bool grouped_fits(const KernelOperands& operands) noexcept {
  KernelOperands direct = operands;
  direct.scratch_bytes = SIZE_MAX;  // none is needed here
  return conv_fits(direct) && grouped_takes(*static_cast<const ConvParams*>(operands.params));
}

}  // namespace kite
