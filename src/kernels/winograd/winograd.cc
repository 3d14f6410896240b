// SPDX-License-Identifier: Apache-2.0
// Winograd convolution apart from the arithmetic: which shapes, how weights are transformed and packed, how
// much scratch there is.
#include "kernels/winograd/winograd.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/conv/geometry.h"
#include "kernels/winograd/geometry.h"

#define KITE_KERNEL winograd_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

constexpr std::int64_t kLanes = 8;  // filters that are transformed together, for every width of the kernel's vector

struct Filters {
  double at[kLanes];
};

// G of three values: g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2.
void transform_three(const Filters& g0, const Filters& g1, const Filters& g2, Filters* out,
                     std::int64_t step) noexcept {
  for (std::int64_t i = 0; i < kLanes; ++i) {
    const double outer = g0.at[i] + g2.at[i];
    out[0].at[i] = g0.at[i];
    out[step].at[i] = (outer + g1.at[i]) / 2;
    out[2 * step].at[i] = (outer - g1.at[i]) / 2;
    out[3 * step].at[i] = g2.at[i];
  }
}

// `used` filters of 3x3 floats, `stride` floats apart at any alignment, to sixteen rows of as many floats, `plane`
// floats apart. The sums are exact in double as long as the weights of a filter lie within 2^26 of each other; rounded
// once.
void transform_filters(const float* from, std::int64_t stride, std::int64_t used, float* to,
                       std::int64_t plane) noexcept {
  Filters g[9] = {}, down[12], all[kPlaces];
  for (std::int64_t i = 0; i < used; ++i) {
    float weights[9];
    std::memcpy(weights, from + i * stride, sizeof weights);
    for (std::int64_t tap = 0; tap < 9; ++tap) g[tap].at[i] = weights[tap];
  }
  for (std::int64_t j = 0; j < 3; ++j) transform_three(g[j], g[3 + j], g[6 + j], down + j, 3);
  for (std::int64_t i = 0; i < 4; ++i) {
    transform_three(down[i * 3], down[i * 3 + 1], down[i * 3 + 2], all + i * 4, 1);
  }
  for (std::int64_t place = 0; place < kPlaces; ++place) {
    for (std::int64_t i = 0; i < used; ++i) to[place * plane + i] = static_cast<float>(all[place].at[i]);
  }
}

// Places lie an odd number of cache lines apart: sixteen of them a multiple of 4 KB apart would fall into one set of
// L1.
std::int64_t odd_lines(std::int64_t floats) { return ((floats + 15) / 16 | 1) * 16; }

// Transformed pixels and products of one block should stay in L2; a block of fewer than about 48 tiles would stream
// weights that do not stay there once more for too few multiply-adds.
constexpr std::int64_t kBlockBytes = 512 * 1024;
constexpr std::int64_t kBlockTiles = 49;

WinogradGeometry winograd_geometry(const ConvParams& p) {
  WinogradGeometry g = {};
  g.group_in = p.in_c / p.groups;
  g.group_out = p.out_c / p.groups;
  g.tiles_w = (static_cast<std::int64_t>(p.out_w) + 1) / 2;
  g.tiles = g.tiles_w * ((static_cast<std::int64_t>(p.out_h) + 1) / 2) * p.batch;
  std::int64_t most = kBlockBytes / (kPlaces * 4 * (g.group_in + g.group_out));
  if (most < kBlockTiles) most = kBlockTiles;
  if (most > g.tiles) most = g.tiles;
  const std::int64_t blocks = (g.tiles + most - 1) / most;
  g.block = ((g.tiles + blocks - 1) / blocks + kUnitTiles - 1) / kUnitTiles * kUnitTiles;
  g.in_plane = odd_lines(g.block * g.group_in);
  g.out_plane = odd_lines(g.block * g.group_out);
  return g;
}

}  // namespace

std::span<const Kernel> WinogradConv::kernels() const noexcept { return kKernels; }

bool WinogradConv::supports(const ConvParams& p) const noexcept {
  return p.kernel_h == 3 && p.kernel_w == 3 && p.stride_h == 1 && p.stride_w == 1 && p.dilation_h == 1 &&
         p.dilation_w == 1 && p.input_planar == 0;
}

bool WinogradConv::is_profitable(const ConvParams& p, const Target& /*target*/) const noexcept {
  if (!supports(p)) return false;
  // Each channel is transformed once for as many multiply-adds as there are channels on the other side; and weights,
  // 16/9 of their size now, must be used often enough to be worth their way from memory.
  constexpr std::int64_t kLeastChannels = 48;
  constexpr std::int64_t kLeastTiles = 48;
  const std::int64_t tiles =
      ((static_cast<std::int64_t>(p.out_h) + 1) / 2) * ((static_cast<std::int64_t>(p.out_w) + 1) / 2);
  return p.in_c / p.groups >= kLeastChannels && p.out_c / p.groups >= kLeastChannels && tiles >= kLeastTiles;
}

std::size_t WinogradConv::packed_bytes(const ConvParams& p) const noexcept {
  return static_cast<std::size_t>(p.groups * kPlaces * packed_width(p.out_c / p.groups) * (p.in_c / p.groups) * 4);
}

void WinogradConv::pack(const ConvParams& p, const Kernel& kernel, const float* w_oihw, float* packed) const noexcept {
  const std::int64_t lanes = kernel.target->lanes;
  const std::int64_t depth = p.in_c / p.groups;
  const std::int64_t channels = p.out_c / p.groups;
  const std::int64_t plane = packed_width(channels) * depth;
  const PanelCut cut = panel_cut(channels, lanes, kernel.target->tuning);
  if (channels % 16 != 0) std::fill(packed, packed + p.groups * kPlaces * plane, 0.0f);  // lanes that nothing fills
  for (std::int64_t group = 0; group < p.groups; ++group) {
    for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
      const std::int64_t first = panel_first_block(cut, panel) * lanes;
      const std::int64_t width = panel_blocks(cut, panel) * lanes;
      const std::int64_t used = channels - first < width ? channels - first : width;
      float* const to = packed + group * kPlaces * plane + first * depth;
      for (std::int64_t c = 0; c < depth; ++c) {
        for (std::int64_t lane = 0; lane < used; lane += kLanes) {
          transform_filters(w_oihw + ((group * channels + first + lane) * depth + c) * 9, depth * 9,
                            std::min(used - lane, kLanes), to + c * width + lane, plane);
        }
      }
    }
  }
}

// Transformed pixels, products, and one pixel of zeros for what lies outside the picture.
std::size_t WinogradConv::scratch_bytes(const ConvParams& p) const noexcept {
  const WinogradGeometry g = winograd_geometry(p);
  return static_cast<std::size_t>((kPlaces * (g.in_plane + g.out_plane) + (g.group_in + 15) / 16 * 16) * 4);
}

WinogradWalk WinogradConv::decide(const ConvParams& p, const Target& target, int shares) const noexcept {
  WinogradWalk walk = {};
  walk.geometry = winograd_geometry(p);
  walk.cut = panel_cut(walk.geometry.group_out, target.lanes, target.tuning);
  walk.panels = panel_count(walk.cut);
  walk.units = (walk.geometry.tiles + kUnitTiles - 1) / kUnitTiles;
  walk.split = conv_split(p, walk.units, p.groups * walk.panels, shares, target.lanes);
  return walk;
}

constinit const WinogradConv kWinograd;

}  // namespace kite
