// SPDX-License-Identifier: Apache-2.0
// A 1x1 convolution of scaled channels apart from the arithmetic: which shapes, and how they are cut.
#include "kernels/scaled_conv/scaled_conv.h"

#include <algorithm>
#include <cstdint>

#include "base/checked.h"
#include "kernels/conv/conv.h"

#define KITE_KERNEL scaled_conv_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

// The scaled pixels in scratch, which the panels are multiplied with one after the other.
constexpr std::int64_t kScaledBytes = 64 * 1024;

std::int64_t pixels_of(const ConvParams& p) { return static_cast<std::int64_t>(p.batch) * p.out_h * p.out_w; }

std::int64_t pixels_of_band(const ConvParams& p) {
  return std::clamp<std::int64_t>(kScaledBytes / (4 * static_cast<std::int64_t>(p.in_c)), 1, pixels_of(p));
}

}  // namespace

std::span<const Kernel> ScaledConv::kernels() const noexcept { return kKernels; }

bool ScaledConv::supports(const ConvParams& p) const noexcept {
  return p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 && p.pad_top == 0 &&
         p.pad_left == 0 && p.groups == 1 && p.input_planar == 0 && p.out_h == p.in_h && p.out_w == p.in_w;
}

bool ScaledConv::is_profitable(const ConvParams& p, const Target& target) const noexcept {
  return supports(p) && static_cast<std::int64_t>(p.in_h) * p.in_w >= target.tuning.scaled_pixels;
}

int ScaledConv::max_shares(const ConvParams& p) const noexcept {
  return static_cast<int>(std::min<std::int64_t>(kConv.max_shares(p), pixels_of(p)));
}

std::size_t ScaledConv::scratch_bytes(const ConvParams& p) const noexcept {
  return static_cast<std::size_t>(round_up(pixels_of_band(p) * p.in_c * 4, 64));
}

bool ScaledConv::fits_operands(const ConvParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 5) return false;
  KernelOperands conv = operands;
  conv.params_bytes = sizeof(ConvParams);
  conv.in_bytes = operands.in_bytes.first(4);
  conv.scratch_bytes = std::size_t{1} << 62;  // of which a matrix product needs none
  return kConv.fits(conv) && supports(p) &&
         operands.in_bytes[kConvScale] >= static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.in_c) * 4;
}

int ScaledConv::in_place(const ConvParams& p) const noexcept { return kConv.in_place_input(&p); }

ScaledConvWalk ScaledConv::decide(const ConvParams& p, const Target& target, int /*shares*/) const noexcept {
  ScaledConvWalk walk = {};
  walk.panels = panel_count(panel_cut(p.out_c, target.lanes, target.tuning));
  const std::int64_t tile = target.tuning.unit_pixels;
  walk.unit = pixels_of(p) < 32 * tile ? 1 : tile;
  walk.units = ceil_div(pixels_of(p), walk.unit);
  walk.band = pixels_of_band(p);
  if (walk.band > tile) walk.band -= walk.band % tile;
  return walk;
}

constinit const ScaledConv kScaledConv;

}  // namespace kite
