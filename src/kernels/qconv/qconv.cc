// SPDX-License-Identifier: Apache-2.0
// Convolution of 8-bit numbers apart from the arithmetic: geometry, packing, and the proof that a call stays inside its
// operands.
#include "kernels/qconv/qconv.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "base/cpu.h"
#include "kernels/conv/conv_family.h"

#define KITE_KERNEL qconv_i8
#include "kernels/kernel_table.inc"

namespace kite {

namespace {

std::int64_t in_rows_of(const ConvParams& c, std::int64_t out_rows) {
  const std::int64_t rows = (out_rows - 1) * c.stride_h + static_cast<std::int64_t>(c.kernel_h - 1) * c.dilation_h + 1;
  return rows;
}

// All but what depends on the target and the shares.
QConvWalk geometry_of(const QConvParams& p) noexcept {
  const ConvParams& c = p.conv;
  QConvWalk g = {};
  g.group_in = c.in_c / c.groups;
  g.group_out = c.out_c / c.groups;
  g.depthwise = c.groups > 1 && g.group_in == 1 && g.group_out == 1;
  g.width = packed_width(g.depthwise ? c.out_c : g.group_out);
  g.flat = !g.depthwise && c.groups == 1 && c.input_planar == 0 && c.kernel_h == 1 && c.kernel_w == 1 &&
           c.stride_h == 1 && c.stride_w == 1 && c.pad_top == 0 && c.pad_left == 0 && c.out_h == c.in_h &&
           c.out_w == c.in_w;
  const std::int64_t channels = g.depthwise ? c.in_c : g.group_in;
  const bool merged = !g.depthwise && (c.kernel_w == 1 || c.dilation_w == 1);
  g.taps = merged ? 1 : c.kernel_w;
  g.depth = merged ? c.kernel_w * channels : channels;
  g.quads = (g.depth + 3) / 4;
  g.channel_weights =
      g.depthwise ? static_cast<std::int64_t>(c.kernel_h) * c.kernel_w : c.kernel_h * g.taps * g.quads * 4;
  g.copied = !g.flat || p.x_signed != 0 || channels % 4 != 0;
  const std::int64_t last_column =
      static_cast<std::int64_t>(c.out_w - 1) * c.stride_w + static_cast<std::int64_t>(c.kernel_w - 1) * c.dilation_w;
  g.band_w = last_column + 1;
  g.column = g.flat && g.copied ? g.quads * 4 : channels;
  if (g.flat) {
    const std::int64_t pixels = static_cast<std::int64_t>(c.batch) * c.in_h * c.in_w;
    g.pixel_units = (pixels + kQUnit - 1) / kQUnit;
    g.band_out_rows = std::max<std::int64_t>(kQBandBytes / (g.column * kQUnit), 1) * kQUnit;
    g.band_in_rows = g.band_out_rows;
    return g;
  }
  g.pixel_units = static_cast<std::int64_t>(c.batch) * c.out_h;
  const std::int64_t row = g.band_w * g.column;
  const std::int64_t halo = static_cast<std::int64_t>(c.kernel_h - 1) * c.dilation_h + 1;
  const std::int64_t limit = kQBandBytes / row;
  const std::int64_t rows = limit > halo ? (limit - halo) / c.stride_h + 1 : 1;
  const std::int64_t bands = (c.out_h + rows - 1) / rows;
  g.band_out_rows = (c.out_h + bands - 1) / bands;
  g.band_in_rows = in_rows_of(c, g.band_out_rows);
  return g;
}

std::int64_t scratch_of(const QConvWalk& g) noexcept {
  if (!g.copied) return 0;
  return g.band_in_rows * (g.flat ? g.column : g.band_w * g.column) + kQSlack;
}

std::int32_t int32_of(const void* from, std::int64_t i) noexcept {
  std::int32_t value;
  std::memcpy(&value, static_cast<const char*>(from) + i * 4, sizeof value);
  return value;
}

// Weights as they are packed: unsigned ones lowered by 128.
class Bytes {
 public:
  explicit Bytes(const QWeights& weights) : weights_(weights) {}
  [[nodiscard]] std::int32_t at(const void* from, std::int64_t i) const noexcept {
    const std::uint8_t byte = static_cast<const std::uint8_t*>(from)[i];
    return weights_.is_signed ? static_cast<std::int8_t>(byte) : byte - 128;
  }
  // The zero point of output channel k.
  [[nodiscard]] std::int32_t zero(std::int64_t k) const noexcept {
    if (weights_.zeros == nullptr) return weights_.is_signed ? 0 : -128;
    return at(weights_.zeros, weights_.zero_per_channel ? k : 0);
  }

 private:
  const QWeights& weights_;
};

}  // namespace

std::span<const Kernel> QConv::kernels() const noexcept { return kKernels; }

bool QConv::supports(const QConvParams& p) const noexcept {
  const ConvParams& c = p.conv;
  if (!conv_params_are_sane(c)) return false;
  for (const std::int32_t flag : {p.x_signed, p.has_w_zeros, p.has_addend}) {
    if (flag != 0 && flag != 1) return false;
  }
  if (p.result != QResult::kBytes && p.result != QResult::kFloat && p.result != QResult::kWhole) return false;
  if (p.result != QResult::kFloat && c.activation.kind != Activation::kNone) return false;
  const Checked products = Checked(c.kernel_h) * c.kernel_w * (c.in_c / c.groups);
  if (!products.at_most(kMostQProducts)) return false;
  // x, y, the weights and a scratch row, each below 2^40, in steps that cannot overflow.
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  const Checked reach_w = Checked(c.out_w - 1) * c.stride_w + Checked(c.kernel_w - 1) * c.dilation_w + 1;
  const Checked reach_h = Checked(c.out_h - 1) * c.stride_h + Checked(c.kernel_h - 1) * c.dilation_h + 1;
  const bool depthwise = c.groups > 1 && c.groups == c.in_c && c.groups == c.out_c;
  return (Checked(c.batch) * c.in_h * c.in_w * c.in_c).at_most(kMost) &&
         (Checked(c.batch) * c.out_h * c.out_w * c.out_c * 4).at_most(kMost) &&
         (Checked(c.groups) * packed_width(c.out_c / c.groups) * c.kernel_h * c.kernel_w * (c.in_c / c.groups + 3) * 4)
             .at_most(kMost) &&
         (reach_w * (depthwise ? c.in_c : c.in_c / c.groups) * reach_h).at_most(kMost);
}

std::size_t QConv::packed_bytes(const QConvParams& p) const noexcept {
  const QConvWalk g = geometry_of(p);
  const std::int64_t groups = g.depthwise ? 1 : p.conv.groups;
  return static_cast<std::size_t>(round_up(groups * g.width * g.channel_weights, 64));
}

std::size_t QConv::table_bytes(const QConvParams& p) const noexcept {
  const QConvWalk g = geometry_of(p);
  return static_cast<std::size_t>((g.depthwise ? 1 : p.conv.groups) * g.width * kQTableParts * 4);
}

bool QConv::fits_operands(const QConvParams& p, const KernelOperands& operands) const noexcept {
  if (operands.in_bytes.size() != 5 || operands.out_bytes.size() != 1 || !supports(p)) return false;
  const ConvParams& c = p.conv;
  const auto product = [](std::int64_t a, std::int64_t b, std::int64_t d, std::int64_t e) {
    return static_cast<std::size_t>(a * b * d * e);
  };
  const std::size_t y = product(c.batch, c.out_h, c.out_w, c.out_c) * (p.result == QResult::kBytes ? 1 : 4);
  return operands.in_bytes[0] >= product(c.batch, c.in_h, c.in_w, c.in_c) &&
         operands.in_bytes[kQConvWeights] >= packed_bytes(p) && operands.in_bytes[2] >= table_bytes(p) &&
         (operands.in_bytes[4] == 0 || operands.in_bytes[4] >= 4) && operands.out_bytes[0] >= y;
}

std::size_t QConv::scratch_bytes(const QConvParams& p) const noexcept {
  return static_cast<std::size_t>(round_up(scratch_of(geometry_of(p)), 64));
}

int QConv::max_shares(const QConvParams& p) const noexcept {
  // 10 us at 200 billion products a second, of depthwise convolution at 20; or of weights that come from memory at 15
  // GB/s.
  const ConvParams& c = p.conv;
  const double weights =
      static_cast<double>(c.out_c) * c.kernel_h * c.kernel_w * (static_cast<double>(c.in_c) / c.groups);
  const double products = static_cast<double>(c.batch) * c.out_h * c.out_w * weights;
  const double shares = std::max(products / (geometry_of(p).depthwise ? 0.2e6 : 1e6), weights / 150e3);
  return shares < 1.0 ? 1 : shares > 1024.0 ? 1024 : static_cast<int>(shares);
}

QConvWalk QConv::decide(const QConvParams& p, const Target& target, int shares) const noexcept {
  QConvWalk g = geometry_of(p);
  g.fused_dot = processor_features().contain(kAvx512Vnni);
  const std::int64_t blocks = ((g.depthwise ? p.conv.out_c : g.group_out) + target.lanes - 1) / target.lanes;
  g.panel_blocks = g.depthwise ? 1 : target.tuning.qconv_blocks;
  g.panels = (blocks + g.panel_blocks - 1) / g.panel_blocks;
  g.split = conv_split(p.conv, g.pixel_units, (g.depthwise ? 1 : p.conv.groups) * g.panels, shares, target.lanes);
  return g;
}

// Panels of `panel_blocks` vectors of output channels: [rows of taps][taps][quads][vector][lane][4], or [4][lane].
void QConv::pack(const QConvParams& p, const Kernel& kernel, const QWeights& weights,
                 std::int8_t* packed) const noexcept {
  const ConvParams& c = p.conv;
  const QConvWalk g = geometry_of(p);
  const Bytes bytes(weights);
  const std::int64_t lanes = kernel.target->lanes, kernel_taps = static_cast<std::int64_t>(c.kernel_h) * c.kernel_w;
  std::memset(packed, 0, packed_bytes(p));
  if (g.depthwise) {
    for (std::int64_t k = 0; k < c.out_c; ++k) {
      for (std::int64_t t = 0; t < kernel_taps; ++t) {
        packed[t * g.width + k] = static_cast<std::int8_t>(bytes.at(weights.w, k * kernel_taps + t));
      }
    }
    return;
  }
  const bool planes = kernel.target->tuning.weight_planes;
  const std::int64_t most_blocks = kernel.target->tuning.qconv_blocks, panel_width = most_blocks * lanes;
  const std::int64_t blocks = (g.group_out + lanes - 1) / lanes;
  const std::int64_t in_step = weights.input_first ? c.out_c : kernel_taps;
  for (std::int64_t k = 0; k < c.out_c; ++k) {
    const std::int64_t group = k / g.group_out, channel = k % g.group_out;
    const std::int64_t panel = channel / panel_width, block = channel % panel_width / lanes, lane = channel % lanes;
    const std::int64_t quad_bytes = std::min(most_blocks, blocks - panel * most_blocks) * lanes * 4;
    std::int8_t* const to = packed + (group * g.width + panel * panel_width) * g.channel_weights + block * lanes * 4 +
                            (planes ? lane : lane * 4);
    for (std::int64_t tap = 0; tap < kernel_taps; ++tap) {
      const std::int64_t r = tap / c.kernel_w, s = tap % c.kernel_w;
      const std::int64_t run = r * g.taps + (g.taps == 1 ? 0 : s), first = g.taps == 1 ? s * g.group_in : 0;
      std::int64_t from = weights.input_first ? k : k * g.group_in * kernel_taps + tap;
      for (std::int64_t i = first; i < first + g.group_in; ++i, from += in_step) {
        to[(run * g.quads + i / 4) * quad_bytes + (planes ? i % 4 * lanes : i % 4)] =
            static_cast<std::int8_t>(bytes.at(weights.w, from));
      }
    }
  }
}

void QConv::fill_table(const QConvParams& p, const QWeights& weights, std::int32_t* table) const noexcept {
  const ConvParams& c = p.conv;
  const QConvWalk g = geometry_of(p);
  const Bytes bytes(weights);
  const std::int64_t count = (g.depthwise ? 1 : c.groups) * g.width;
  const std::int64_t products = static_cast<std::int64_t>(c.kernel_h) * c.kernel_w * g.group_in;
  std::memset(table, 0, table_bytes(p));
  for (std::int64_t k = 0; k < c.out_c; ++k) {
    const std::int64_t at = g.depthwise ? k : k / g.group_out * g.width + k % g.group_out;
    const std::int32_t zero = bytes.zero(k);
    std::int32_t total = 0;
    for (std::int64_t i = 0; i < products; ++i) {
      total += bytes.at(weights.w, weights.input_first ? i * c.out_c + k : k * products + i) - zero;
    }
    table[kQBias * count + at] = weights.bias == nullptr ? 0 : int32_of(weights.bias, k);
    table[kQTotals * count + at] = total;
    table[kQZeros * count + at] = zero;
    if (weights.factors != nullptr) std::memcpy(&table[kQFactors * count + at], weights.factors + k, 4);
    if (weights.addends != nullptr) std::memcpy(&table[kQAddends * count + at], weights.addends + k, 4);
  }
}

constinit const QConv kQConv;

}  // namespace kite
