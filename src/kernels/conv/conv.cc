// SPDX-License-Identifier: Apache-2.0
// Direct convolution apart from the arithmetic: how weights are packed, how much scratch there is.
#include "kernels/conv/conv.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/checked.h"
#include "kernels/conv/geometry.h"

#define KITE_KERNEL conv_f32
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

float load_unaligned(const float* from) noexcept {
  float value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

constexpr std::int64_t kPackColumns = 16;  // floats of a cache line

// columns[i][lane] = from[lane * stride + i]: `used` rows become `count` columns. Weights may lie at any address.
void pack_columns(const float* from, std::int64_t stride, std::int64_t used, float* const* columns,
                  std::int64_t count) noexcept {
  using Four [[gnu::vector_size(16)]] = float;  // four at a time: nothing wider is common to all x86-64
  std::int64_t lane = 0;
  for (; count == kPackColumns && lane + 4 <= used; lane += 4) {
    const float* const rows = from + lane * stride;
    for (std::int64_t i = 0; i < kPackColumns; i += 4) {
      Four a, b, c, d;
      std::memcpy(&a, rows + i, sizeof a);
      std::memcpy(&b, rows + stride + i, sizeof b);
      std::memcpy(&c, rows + 2 * stride + i, sizeof c);
      std::memcpy(&d, rows + 3 * stride + i, sizeof d);
      const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
      const Four ef = __builtin_shufflevector(a, b, 2, 6, 3, 7), gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      const Four columns_of_four[4] = {
          __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
          __builtin_shufflevector(ef, gh, 0, 1, 4, 5), __builtin_shufflevector(ef, gh, 2, 3, 6, 7)};
      for (std::int64_t j = 0; j < 4; ++j) std::memcpy(columns[i + j] + lane, &columns_of_four[j], sizeof(Four));
    }
  }
  for (; lane < used; ++lane) {
    for (std::int64_t i = 0; i < count; ++i) columns[i][lane] = load_unaligned(from + lane * stride + i);
  }
}

}  // namespace

std::span<const Kernel> DirectConv::kernels() const noexcept { return kKernels; }

int DirectConv::in_place(const ConvParams& p) const noexcept {
  const bool whole = static_cast<std::int64_t>(p.kernel_h) * p.kernel_w * (p.in_c / p.groups) <= kPieceDepth;
  return whole ? kConvResidual : -1;
}

std::size_t DirectConv::packed_bytes(const ConvParams& p) const noexcept {
  const std::int64_t taps = static_cast<std::int64_t>(p.kernel_h) * p.kernel_w;
  return static_cast<std::size_t>(p.groups * packed_width(p.out_c / p.groups) * taps * (p.in_c / p.groups) * 4);
}

void DirectConv::pack(const ConvParams& p, const Kernel& kernel, const float* w_oihw, float* packed) const noexcept {
  const std::int64_t lanes = kernel.target->lanes;
  const std::int64_t depth = p.in_c / p.groups;
  const std::int64_t channels = p.out_c / p.groups;
  const std::int64_t taps = static_cast<std::int64_t>(p.kernel_h) * p.kernel_w;
  const std::int64_t row = depth * taps;  // of one output channel: [depth][taps], to become a column of [taps][depth]
  const PanelCut cut = panel_cut(channels, lanes, kernel.target->tuning);
  for (std::int64_t group = 0; group < p.groups; ++group) {
    const float* const from = w_oihw + group * channels * row;
    float* const group_to = packed + group * packed_width(channels) * row;
    for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
      const std::int64_t first = panel_first_block(cut, panel) * lanes;
      const std::int64_t width = panel_blocks(cut, panel) * lanes;
      const std::int64_t used = channels - first < width ? channels - first : width;
      float* const to = group_to + first * row;
      // A cache line of each row at a time: what is written then stays in L1 while the rows are read one by one.
      for (std::int64_t at = 0; at < row; at += kPackColumns) {
        const std::int64_t count = row - at < kPackColumns ? row - at : kPackColumns;
        float* columns[kPackColumns];
        for (std::int64_t i = 0; i < count; ++i) {
          columns[i] = to + ((at + i) % taps * depth + (at + i) / taps) * width;
        }
        pack_columns(from + first * row + at, row, used, columns, count);
        for (std::int64_t i = 0; i < count; ++i) std::fill(columns[i] + used, columns[i] + width, 0.0f);
      }
    }
  }
}

void DirectConv::pack_transposed(const ConvParams& p, const Kernel& kernel, const float* w_io,
                                 float* packed) const noexcept {
  const std::int64_t lanes = kernel.target->lanes;
  const auto* bytes = reinterpret_cast<const char*>(w_io);  // memcpy: w_io may lie at any address
  std::memset(packed, 0, packed_bytes(p));
  const PanelCut cut = panel_cut(p.out_c, lanes, kernel.target->tuning);
  for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
    const std::int64_t first = panel_first_block(cut, panel) * lanes;
    const std::int64_t width = panel_blocks(cut, panel) * lanes;
    const std::int64_t used = p.out_c - first < width ? p.out_c - first : width;
    float* to = packed + first * p.in_c;
    for (std::int64_t k = 0; k < p.in_c; ++k) {
      std::memcpy(to + k * width, bytes + (k * p.out_c + first) * 4, static_cast<std::size_t>(used) * 4);
    }
  }
}

std::size_t DirectConv::scratch_bytes(const ConvParams& p) const noexcept {
  const ConvGeometry g = conv_geometry(p, false);  // whose bands are the longer ones
  if (!g.banded) return 0;
  return static_cast<std::size_t>(round_up(g.band_in_rows * g.band_w * g.column * 4, 64));
}

ConvWalk DirectConv::decide(const ConvParams& p, const Target& target, int shares) const noexcept {
  ConvWalk walk = {};
  walk.geometry = conv_geometry(p, target.tuning.reads_planes);
  const ConvGeometry& g = walk.geometry;
  walk.cut = panel_cut(g.group_out, target.lanes, target.tuning);
  walk.panels = panel_count(walk.cut);
  // Pixels of a matrix are shared out in whole tiles where there are many; of few, a tile more for one thread than for
  // another would cost more than one that is not full.
  walk.unit = g.pixels < 32 * target.tuning.unit_pixels ? 1 : target.tuning.unit_pixels;
  walk.pixel_units = g.flat ? (g.pixels + walk.unit - 1) / walk.unit : static_cast<std::int64_t>(p.batch) * p.out_h;
  walk.split = conv_split(p, walk.pixel_units, p.groups * walk.panels, shares, target.lanes);
  return walk;
}

constinit const DirectConv kConv;

}  // namespace kite
