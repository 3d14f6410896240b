// SPDX-License-Identifier: Apache-2.0
// Positions, weights and sums as OpenCV 4 rounds them.
#include "image/resize_opencv.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>

namespace kite {
namespace {

constexpr float kUnit = 2048.0F;  // 1 in units of 2^-11

std::int32_t to_fixed(float weight) { return static_cast<std::int32_t>(std::nearbyint(weight * kUnit)); }

bool is_two(double step) { return std::abs(step - 2.0) < DBL_EPSILON; }

}  // namespace

// For columns beyond the edge, the edge column is used with weight 1. For rows beyond the edge, the edge row is used
// with both weights, which rounds differently.
std::vector<OpenCvLinear::Pair> OpenCvLinear::pairs(std::int64_t in_side, double step, std::int64_t begin,
                                                    std::int64_t end, bool clears_weight_at_ends) {
  std::vector<Pair> result;
  result.reserve(static_cast<std::size_t>(end - begin));
  for (std::int64_t i = begin; i < end; ++i) {
    auto part = static_cast<float>((static_cast<double>(i) + 0.5) * step - 0.5);
    auto at = static_cast<std::int64_t>(std::floor(part));
    part -= static_cast<float>(at);
    if (clears_weight_at_ends && (at < 0 || at >= in_side - 1)) part = 0.0F;
    result.push_back({std::clamp<std::int64_t>(at, 0, in_side - 1), std::clamp<std::int64_t>(at + 1, 0, in_side - 1),
                      to_fixed(1.0F - part), to_fixed(part)});
  }
  return result;
}

std::vector<OpenCvLinear::Pair> OpenCvLinear::halves(std::int64_t in_side, std::int64_t begin, std::int64_t end) {
  std::vector<Pair> result;
  result.reserve(static_cast<std::size_t>(end - begin));
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t first = std::min(2 * i, in_side - 1);
    result.push_back({first, std::min(2 * i + 1, in_side - 1), 1, 1});
  }
  return result;
}

OpenCvLinear::OpenCvLinear(Size picture, Size resized, Rectangle window, double step, std::uint8_t* out,
                           std::int64_t out_stride)
    : out_(out), out_stride_(out_stride) {
  // OpenCV stores the number of outputs for each input and uses its reciprocal, which is not always the
  // quotient of the sizes.
  const auto step_of = [step](std::int64_t in_side, std::int64_t out_side) {
    return step > 0.0 ? step : 1.0 / (static_cast<double>(out_side) / static_cast<double>(in_side));
  };
  const double step_x = step_of(picture.width, resized.width);
  const double step_y = step_of(picture.height, resized.height);
  is_mean_ = is_two(step_x) && is_two(step_y);
  const std::int64_t right = window.x + window.width;
  const std::int64_t bottom = window.y + window.height;
  columns_ = is_mean_ ? halves(picture.width, window.x, right) : pairs(picture.width, step_x, window.x, right, true);
  rows_ = is_mean_ ? halves(picture.height, window.y, bottom) : pairs(picture.height, step_y, window.y, bottom, false);
  for (std::vector<std::int32_t>& sums : sums_) sums.resize(static_cast<std::size_t>(3 * window.width));
}

void OpenCvLinear::blend_columns(const std::uint8_t* rgb, std::int32_t* sums) const noexcept {
  for (const Pair& column : columns_) {
    const std::uint8_t* const left = rgb + 3 * column.first;
    const std::uint8_t* const right = rgb + 3 * column.second;
    const std::int32_t right_weight = is_mean_ && column.first == column.second ? 0 : column.second_weight;
    for (int c = 0; c < 3; ++c) *sums++ = left[c] * column.first_weight + right[c] * right_weight;
  }
}

void OpenCvLinear::write_row(const Pair& row) noexcept {
  const std::int32_t* const upper = sums_[static_cast<std::size_t>(row.first % 2)].data();
  const std::int32_t* const lower = sums_[static_cast<std::size_t>(row.second % 2)].data();
  std::uint8_t* const to = out_ + finished_ * out_stride_;
  const std::size_t values = 3 * columns_.size();
  if (!is_mean_) {
    for (std::size_t i = 0; i < values; ++i) {
      const std::int32_t first = (row.first_weight * (upper[i] >> 4)) >> 16;
      const std::int32_t second = (row.second_weight * (lower[i] >> 4)) >> 16;
      to[i] = static_cast<std::uint8_t>((first + second + 2) >> 2);
    }
    return;
  }
  const bool has_two_rows = row.first != row.second;
  for (std::size_t i = 0; i < values; ++i) {
    const Pair& column = columns_[i / 3];
    const int count = (has_two_rows ? 2 : 1) * (column.first != column.second ? 2 : 1);
    const std::int32_t sum = upper[i] + (has_two_rows ? lower[i] : 0);
    const float mean = static_cast<float>(sum) / static_cast<float>(count);
    to[i] = static_cast<std::uint8_t>(count == 4 ? (sum + 2) >> 2 : static_cast<std::int32_t>(std::nearbyint(mean)));
  }
}

void OpenCvLinear::push(std::int64_t y, const std::uint8_t* rgb) noexcept {
  bool is_blended = false;
  for (auto row = static_cast<std::size_t>(finished_); row < rows_.size() && rows_[row].first <= y; ++row) {
    if (!is_blended && (rows_[row].first == y || rows_[row].second == y)) {
      blend_columns(rgb, sums_[static_cast<std::size_t>(y % 2)].data());
      is_blended = true;
    }
    if (rows_[row].second > y) break;
    write_row(rows_[row]);
    ++finished_;
  }
}

}  // namespace kite
