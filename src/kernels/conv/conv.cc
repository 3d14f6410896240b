// SPDX-License-Identifier: Apache-2.0
// Convolution apart from the arithmetic: which kernel, how weights are packed, and the proof that a call stays inside.
#include "kernels/conv/conv.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/checked.h"
#include "kernels/conv/geometry.h"

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

// Byte size of a dense f32 array; nothing where an extent is not positive or the size passes 2^42 bytes.
std::optional<std::size_t> dense_bytes(std::initializer_list<std::int64_t> extents) noexcept {
  std::int64_t bytes = 4;
  for (const std::int64_t extent : extents) {
    if (extent <= 0) return std::nullopt;
    const auto product = checked_mul(bytes, extent);
    if (!product || *product > (std::int64_t{1} << 42)) return std::nullopt;
    bytes = *product;
  }
  return static_cast<std::size_t>(bytes);
}

// Every extent positive and small enough that conv_geometry cannot overflow.
bool params_are_sane(const ConvParams& p) noexcept {
  for (const std::int32_t extent : {p.batch, p.in_h, p.in_w, p.in_c, p.out_h, p.out_w, p.out_c, p.kernel_h, p.kernel_w,
                                    p.stride_h, p.stride_w, p.dilation_h, p.dilation_w, p.groups}) {
    if (extent < 1) return false;
  }
  if (p.pad_top < 0 || p.pad_left < 0 || p.in_c % p.groups != 0 || p.out_c % p.groups != 0) return false;
  if (p.input_planar != 0 && p.input_planar != 1) return false;
  if (!is_activation(p.activation)) return false;
  const auto reach = [](std::int64_t out, std::int64_t stride, std::int64_t kernel, std::int64_t dilation) {
    return (out - 1) * stride <= INT32_MAX && (kernel - 1) * dilation <= INT32_MAX;
  };
  return reach(p.out_h, p.stride_h, p.kernel_h, p.dilation_h) && reach(p.out_w, p.stride_w, p.kernel_w, p.dilation_w);
}

}  // namespace

const KernelInfo& select_conv(const ConvParams& /*params*/, Isa max_isa) noexcept {
  return best_kernel("conv", max_isa);
}

bool conv_adds_in_place(const ConvParams& p) noexcept {
  return static_cast<std::int64_t>(p.kernel_h) * p.kernel_w * (p.in_c / p.groups) <= kPieceDepth;
}

std::size_t conv_packed_bytes(const ConvParams& p, const KernelInfo& /*kernel*/) noexcept {
  const std::int64_t taps = static_cast<std::int64_t>(p.kernel_h) * p.kernel_w;
  return static_cast<std::size_t>(p.groups * packed_width(p.out_c / p.groups) * taps * (p.in_c / p.groups) * 4);
}

void pack_conv(const ConvParams& p, const KernelInfo& kernel, const float* w_oihw, float* packed) noexcept {
  const std::int64_t lanes = vector_lanes(kernel.isa);
  const std::int64_t depth = p.in_c / p.groups;
  const std::int64_t channels = p.out_c / p.groups;
  const std::int64_t taps = static_cast<std::int64_t>(p.kernel_h) * p.kernel_w;
  const std::int64_t row = depth * taps;  // of one output channel: [depth][taps], to become a column of [taps][depth]
  const PanelCut cut = panel_cut(channels, lanes);
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

std::size_t conv_scratch_bytes(const ConvParams& p, const KernelInfo& /*kernel*/) noexcept {
  const ConvGeometry g = conv_geometry(p);
  if (!g.banded) return 0;
  return static_cast<std::size_t>(round_up(g.band_in_rows * g.band_w * g.column * 4, 64));
}

bool conv_fits(const KernelOperands& operands) noexcept {
  if (operands.params_bytes != sizeof(ConvParams) || operands.in_bytes.size() != 4 || operands.out_bytes.size() != 1) {
    return false;
  }
  const ConvParams& p = *static_cast<const ConvParams*>(operands.params);
  if (!params_are_sane(p)) return false;
  const auto x = dense_bytes({p.batch, p.in_h, p.in_w, p.in_c});
  const auto y = dense_bytes({p.batch, p.out_h, p.out_w, p.out_c});
  const auto w = dense_bytes({p.groups, packed_width(p.out_c / p.groups), p.kernel_h, p.kernel_w, p.in_c / p.groups});
  if (!x || !y || !w) return false;
  if (operands.in_bytes[0] < *x || operands.in_bytes[1] < *w || operands.out_bytes[0] < *y) return false;
  const std::size_t bias = static_cast<std::size_t>(p.out_c) * 4;
  if (operands.in_bytes[2] != 0 && operands.in_bytes[2] < bias) return false;
  if (operands.in_bytes[3] != 0 && operands.in_bytes[3] < *y) return false;
  // The scratch, in steps that cannot overflow: first one row, then all.
  const std::int64_t reach_w = static_cast<std::int64_t>(p.out_w - 1) * p.stride_w +
                               static_cast<std::int64_t>(p.kernel_w - 1) * p.dilation_w + 1;
  const std::int64_t reach_h = static_cast<std::int64_t>(p.out_h - 1) * p.stride_h +
                               static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  if (!dense_bytes({reach_w, p.in_c / p.groups + kColumnGap, reach_h < p.in_h ? reach_h : p.in_h})) return false;
  return operands.scratch_bytes >= conv_scratch_bytes(p, all_kernels().front());
}

int conv_max_parts(const ConvParams& p) noexcept {
  // 10 us at 100 GFLOP/s, which one core of a current server reaches; or of weights that come from memory at 15 GB/s,
  // where a layer has few pixels.
  constexpr double kMacsOfTenMicroseconds = 0.5e6;
  constexpr double kWeightsOfTenMicroseconds = 150e3 / 4;
  const double weights =
      static_cast<double>(p.out_c) * p.kernel_h * p.kernel_w * (static_cast<double>(p.in_c) / p.groups);
  const double macs = static_cast<double>(p.batch) * p.out_h * p.out_w * weights;
  const double parts = std::max(macs / kMacsOfTenMicroseconds, weights / kWeightsOfTenMicroseconds);
  return parts < 1.0 ? 1 : parts > 1024.0 ? 1024 : static_cast<int>(parts);
}

}  // namespace kite
