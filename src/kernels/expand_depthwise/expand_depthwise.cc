// SPDX-License-Identifier: Apache-2.0
// A 1x1 and a depthwise convolution in one step, apart from the arithmetic: which shapes, and where their pictures are
// cut.
#include "kernels/expand_depthwise/expand_depthwise.h"

#include <algorithm>
#include <cstdint>

#include "base/checked.h"
#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"

#define KITE_KERNEL expand_depthwise_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

// Channels that are expanded together: whole cache lines of a pixel of y. Fewer, or more in as many bytes of scratch,
// were no faster.
constexpr std::int64_t kChunkChannels = 48;
constexpr std::int64_t kMostChunkChannels = 64;  // of a panel that is wider

// The expanded rows in scratch: a part of L2 beside the rows of x and y. Half of it costs up to 7 % of such a step.
constexpr std::int64_t kExpandedBytes = 256 * 1024;

// Output rows whose expanded rows, `channels` wide, take that much; in whole tiles of a depthwise convolution.
std::int64_t rows_of_band(const ConvParams& p, std::int64_t channels) {
  const std::int64_t fitting = kExpandedBytes / (p.in_w * channels * 4);
  if (fitting >= p.in_h) return p.out_h;
  const std::int64_t rows = fitting <= p.kernel_h ? 1 : (fitting - p.kernel_h) / p.stride_h + 1;
  const std::int64_t tile = p.stride_h == 1 ? 4 : 2;
  return std::min<std::int64_t>(rows < tile ? rows : rows / tile * tile, p.out_h);
}

}  // namespace

std::span<const Kernel> ExpandDepthwise::kernels() const noexcept { return kKernels; }

bool ExpandDepthwise::supports(const ExpandDepthwiseParams& params) const noexcept {
  const ConvParams& e = params.expand;
  const ConvParams& d = params.depthwise;
  const bool is_matrix = e.kernel_h == 1 && e.kernel_w == 1 && e.stride_h == 1 && e.stride_w == 1 && e.pad_top == 0 &&
                         e.pad_left == 0 && e.groups == 1 && e.input_planar == 0 && e.out_h == e.in_h &&
                         e.out_w == e.in_w;
  if (!is_matrix || d.batch != e.batch || d.in_h != e.out_h || d.in_w != e.out_w || d.in_c != e.out_c) return false;
  // Every output row reads some row of the picture.
  const std::int64_t half = d.kernel_h / 2;
  const std::int64_t below = static_cast<std::int64_t>(d.out_h - 1) * d.stride_h + d.kernel_h - d.pad_top - d.in_h;
  return kDepthwise.supports(d) && depthwise_has_tiles(d) && d.pad_top <= half && below <= half;
}

bool ExpandDepthwise::is_profitable(const ExpandDepthwiseParams& params, const Target& target) const noexcept {
  const ConvParams& d = params.depthwise;
  return supports(params) && static_cast<std::int64_t>(d.in_h) * d.in_w * d.in_c * 4 >= target.tuning.expanded_bytes;
}

int ExpandDepthwise::max_shares(const ExpandDepthwiseParams& params) const noexcept {
  // Rows that two shares read are expanded by both: a fifth of all at most.
  const ConvParams& d = params.depthwise;
  const std::int64_t rows = std::max(4 * (d.kernel_h - d.stride_h) / d.stride_h, 1);
  const std::int64_t bands = std::max<std::int64_t>(static_cast<std::int64_t>(d.batch) * d.out_h / rows, 1);
  const std::int64_t of_time = kConv.max_shares(params.expand) + kDepthwise.max_shares(d);
  return static_cast<int>(std::min(bands, of_time));
}

std::size_t ExpandDepthwise::scratch_bytes(const ExpandDepthwiseParams& params) const noexcept {
  const ConvParams& d = params.depthwise;
  const std::int64_t row = static_cast<std::int64_t>(d.in_w) * std::min<std::int64_t>(d.in_c, kMostChunkChannels) * 4;
  const std::int64_t least = row * std::min(d.kernel_h, d.in_h), all = row * d.in_h;
  return static_cast<std::size_t>(round_up(std::max(least, std::min(all, kExpandedBytes)), 64));
}

bool ExpandDepthwise::fits_operands(const ExpandDepthwiseParams& params,
                                    const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 5 || operands.out_bytes.size() != 1) return false;
  constexpr std::size_t kAny = std::size_t{1} << 62;  // what lies between the two is no operand
  const std::size_t between[] = {kAny};
  const std::size_t expand[] = {operands.in_bytes[0], operands.in_bytes[1], operands.in_bytes[2], 0};
  const std::size_t depthwise[] = {kAny, operands.in_bytes[kDepthwiseWeights], operands.in_bytes[4], 0};
  return kConv.fits({&params.expand, sizeof(ConvParams), expand, between, kAny}) &&
         kDepthwise.fits({&params.depthwise, sizeof(ConvParams), depthwise, operands.out_bytes, kAny}) &&
         supports(params);
}

ExpandDepthwiseWalk ExpandDepthwise::decide(const ExpandDepthwiseParams& params, const Target& target,
                                            int /*shares*/) const noexcept {
  const ConvParams& d = params.depthwise;
  const PanelCut cut = panel_cut(d.in_c, target.lanes, target.tuning);
  const std::int64_t width = std::max(cut.blocks, cut.rest_blocks) * target.lanes;
  ExpandDepthwiseWalk walk = {};
  walk.panels = panel_count(cut);
  walk.chunk_panels = std::max<std::int64_t>(kChunkChannels / width, 1);
  walk.band_rows = rows_of_band(d, std::min<std::int64_t>(walk.chunk_panels * width, d.in_c));
  return walk;
}

constinit const ExpandDepthwise kExpandDepthwise;

}  // namespace kite
