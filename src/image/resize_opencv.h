// SPDX-License-Identifier: Apache-2.0
// OpenCV's resize of 8-bit pictures with INTER_LINEAR, byte for byte. Each output depends only on the two nearest rows
// and columns, also when the picture becomes much smaller.
//
// Positions are float32((i + 0.5) * step - 0.5), weights have 11 fractional bits. A row of outputs keeps the full sums
// of the horizontal pass, and the vertical one is ((b0 * (s0 >> 4)) >> 16) + ((b1 * (s1 >> 4)) >> 16) + 2) >> 2.
// Exactly half the size on both axes is different: the mean of 2x2 pixels, because OpenCV uses INTER_AREA for it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/geometry.h"

namespace kite {

class OpenCvLinear {
 public:
  // `step`: the number of inputs for each output on both axes, where a ratio was asked for and not a size; 0 means the
  // quotient of the sizes.
  // Output row r of `window`, which lies inside `resized`, goes to `out` + r * out_stride.
  OpenCvLinear(Size picture, Size resized, Rectangle window, double step, std::uint8_t* out, std::int64_t out_stride);

  // The input rows [first_row(), end_row()) are pushed once each, in order.
  [[nodiscard]] std::int64_t first_row() const noexcept { return rows_.front().first; }
  [[nodiscard]] std::int64_t end_row() const noexcept { return rows_.back().second + 1; }
  void push(std::int64_t y, const std::uint8_t* rgb) noexcept;

 private:
  // The two inputs of one output, and their weights in units of 2^-11. For the mean of 2x2 pixels, `second` == `first`
  // means that the picture ends there.
  struct Pair {
    std::int64_t first;
    std::int64_t second;
    std::int32_t first_weight;
    std::int32_t second_weight;
  };
  static std::vector<Pair> pairs(std::int64_t in_side, double step, std::int64_t begin, std::int64_t end,
                                 bool clears_weight_at_ends);
  static std::vector<Pair> halves(std::int64_t in_side, std::int64_t begin, std::int64_t end);

  void blend_columns(const std::uint8_t* rgb, std::int32_t* sums) const noexcept;
  void write_row(const Pair& row) noexcept;

  bool is_mean_ = false;
  std::vector<Pair> columns_;
  std::vector<Pair> rows_;
  std::array<std::vector<std::int32_t>, 2> sums_;  // of an even and an odd input row
  std::int64_t finished_ = 0;
  std::uint8_t* out_;
  std::int64_t out_stride_;
};

}  // namespace kite
