// SPDX-License-Identifier: Apache-2.0
// Convolution with weights of 8 bits apart from the arithmetic: the base, packing, and the proof that a call stays
// inside its operands.
#include "kernels/wconv/wconv.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/checked.h"
#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/grouped/grouped.h"
#include "kernels/simd/codes.h"
#include "kernels/targets.h"
#include "kernels/winograd/winograd.h"

#define KITE_KERNEL wconv_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

constexpr const ConvFamily* kBases[] = {&kConv, &kDepthwise, &kGrouped, &kWinograd};

const ConvFamily& family_of(const WConvParams& p) noexcept { return *kBases[static_cast<std::size_t>(p.base)]; }

// Whose packed weights the codes lie like.
const ConvFamily& order_of(const WConvParams& p) noexcept {
  return p.base == WConvBase::kOfWinograd ? kConv : family_of(p);
}

std::int64_t products_of(const ConvParams& c) noexcept {
  return static_cast<std::int64_t>(c.kernel_h) * c.kernel_w * (c.in_c / c.groups);
}

// Output channels with those that fill up vectors.
std::int64_t columns_of(const WConvParams& p) noexcept {
  return static_cast<std::int64_t>(order_of(p).packed_bytes(p.conv)) / (4 * products_of(p.conv));
}

std::int64_t rows_of(const WConvParams& p) noexcept {
  return p.block == 0 ? 1 : (static_cast<std::int64_t>(p.conv.in_c) + p.block - 1) / p.block;
}

// Floats of the weights that are in use at a time.
std::int64_t floats_of(const WConvParams& p) noexcept {
  const std::int64_t all = columns_of(p) * products_of(p.conv);
  switch (p.base) {
    case WConvBase::kOfConv: return std::min(all, kCodesPieceFloats);
    case WConvBase::kOfWinograd:
      return std::min(kPlaces * packed_width(p.conv.out_c / p.conv.groups) * (p.conv.in_c / p.conv.groups),
                      kWinogradCodesFloats);
    case WConvBase::kOfDepthwise:
    case WConvBase::kOfGrouped: break;
  }
  return all;
}

// A number of `weights` as it is packed: those that are unsigned are lowered by 128.
std::int32_t code_at(const CodedWeights& weights, const void* from, std::int64_t i) noexcept {
  const std::uint8_t byte = static_cast<const std::uint8_t*>(from)[i];
  return weights.is_signed ? static_cast<std::int8_t>(byte) : byte - 128;
}

}  // namespace

std::span<const Kernel> WConv::kernels() const noexcept { return kKernels; }

WConvBase WConv::base_of(const ConvFamily& family) const noexcept {
  return static_cast<WConvBase>(std::ranges::find(kBases, &family) - std::begin(kBases));
}

std::size_t WConv::packed_bytes(const WConvParams& p) const noexcept {
  return static_cast<std::size_t>(round_up(columns_of(p) * products_of(p.conv), 64));
}

std::size_t WConv::table_bytes(const WConvParams& p) const noexcept {
  return static_cast<std::size_t>(round_up(rows_of(p) * columns_of(p) * (p.has_zeros == 0 ? 4 : 5), 64));
}

std::size_t WConv::scratch_bytes(const WConvParams& p) const noexcept {
  return static_cast<std::size_t>(round_up(floats_of(p) * 4, 64)) + family_of(p).scratch_bytes(p.conv);
}

int WConv::max_shares(const WConvParams& p) const noexcept { return family_of(p).max_shares(p.conv); }

int WConv::in_place(const WConvParams& p) const noexcept { return family_of(p).in_place_input(&p.conv); }

bool WConv::fits_operands(const WConvParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 5 || p.base < WConvBase::kOfConv || p.base > WConvBase::kOfWinograd) return false;
  if (p.has_zeros != 0 && p.has_zeros != 1) return false;
  // The base without its weights; there are few processors that lack one of its kernels.
  const ConvFamily& base = family_of(p);
  std::size_t in_bytes[4];
  std::copy_n(operands.in_bytes.begin(), 4, in_bytes);
  in_bytes[kConvWeights] = std::numeric_limits<std::size_t>::max();
  if (!base.fits({&p.conv, sizeof p.conv, in_bytes, operands.out_bytes, std::numeric_limits<std::size_t>::max()}) ||
      !native_target().includes(*base.best_kernel(native_target()).target)) {
    return false;
  }
  const ConvParams& c = p.conv;
  const bool is_matrix = c.kernel_h == 1 && c.kernel_w == 1 && c.groups == 1 && p.base == WConvBase::kOfConv;
  if (p.block < 0 || (p.block > 0 && !is_matrix)) return false;
  return operands.in_bytes[kConvWeights] >= packed_bytes(p) && operands.in_bytes[4] >= table_bytes(p);
}

WConvWalk WConv::decide(const WConvParams& p, const Target& target, int shares) const noexcept {
  const ConvFamily& base = family_of(p);
  const Kernel& kernel = base.best_kernel(target);
  WConvWalk walk = {};
  walk.run = kernel.run;
  walk.columns = columns_of(p);
  walk.products = products_of(p.conv);
  walk.block = p.block == 0 ? walk.products : p.block;
  walk.unit = p.base == WConvBase::kOfDepthwise ? kBlockChannels / target.lanes : 1;
  walk.floats_bytes = round_up(floats_of(p) * 4, 64);
  static_assert(std::max({sizeof(ConvWalk), sizeof(DepthwiseWalk), sizeof(WinogradWalk)}) <= sizeof walk.base);
  base.prepare(&p.conv, *kernel.target, shares, walk.base);
  return walk;
}

// Panels as the base cuts them; those of depthwise and grouped convolution have one width.
void WConv::pack(const WConvParams& p, const Kernel& kernel, const CodedWeights& weights,
                 std::int8_t* packed) const noexcept {
  const ConvParams& c = p.conv;
  const Target& target = *family_of(p).best_kernel(*kernel.target).target;
  const bool depthwise = p.base == WConvBase::kOfDepthwise, grouped = p.base == WConvBase::kOfGrouped;
  const std::int64_t groups = depthwise ? 1 : c.groups, channels = c.out_c / groups, row = products_of(c);
  const std::int64_t lanes = target.lanes, taps = static_cast<std::int64_t>(c.kernel_h) * c.kernel_w;
  const std::int64_t depth = row / taps, unit = depthwise ? kBlockChannels / lanes : 1;
  const PanelCut cut = depthwise || grouped ? PanelCut{(channels + unit * lanes - 1) / (unit * lanes), unit, 0, 0}
                                            : panel_cut(channels, lanes, target.tuning);
  std::memset(packed, 0, packed_bytes(p));
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
      const std::int64_t first = panel_first_block(cut, panel) * lanes, width = panel_blocks(cut, panel) * lanes;
      const std::int64_t used = std::min(channels - first, width);
      std::int8_t* const to = packed + (group * columns_of(p) / groups + first) * row;
      for (std::int64_t i = 0; i < row; ++i) {  // of [depth][taps]
        const std::int64_t channel = i / taps, tap = i % taps;
        const std::int64_t at =
            grouped ? (tap / c.kernel_w * depth + channel) * c.kernel_w + tap % c.kernel_w : tap * depth + channel;
        const std::int64_t from = weights.input_first ? i * c.out_c + first : (group * channels + first) * row + i;
        const std::int64_t step = weights.input_first ? 1 : row;
        for (std::int64_t lane = 0; lane < used; ++lane) {
          to[at * width + lane] = static_cast<std::int8_t>(code_at(weights, weights.codes, from + lane * step));
        }
      }
    }
  }
}

void WConv::fill_table(const WConvParams& p, const CodedWeights& weights, float* table) const noexcept {
  const ConvParams& c = p.conv;
  const std::int64_t columns = columns_of(p), rows = rows_of(p);
  const std::int64_t groups = p.base == WConvBase::kOfDepthwise ? 1 : c.groups, channels = c.out_c / groups;
  auto* const zeros = reinterpret_cast<std::int8_t*>(table + rows * columns);
  std::memset(table, 0, table_bytes(p));
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t k = 0; k < c.out_c; ++k) {
      const std::int64_t to = row * columns + k / channels * (columns / groups) + k % channels;
      const std::int64_t from = weights.one_scale ? 0 : weights.input_first ? row * c.out_c + k : k * rows + row;
      std::memcpy(table + to, reinterpret_cast<const char*>(weights.scales) + from * 4, 4);
      if (p.has_zeros == 0) continue;
      zeros[to] = static_cast<std::int8_t>(weights.zeros != nullptr ? code_at(weights, weights.zeros, from)
                                           : weights.is_signed      ? 0
                                                                    : -128);
    }
  }
}

constinit const WConv kWConv;

}  // namespace kite
