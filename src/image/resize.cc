// SPDX-License-Identifier: Apache-2.0
// Weights in double, sums in 32-bit integers. The inner loops are simple, so that the compiler vectorises them.
#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>

#include "base/checked.h"
#include "image/resize_torch.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Half of a sum's last place, which is added so that sums are rounded and not truncated.
std::int32_t half(const AxisWeights& axis) noexcept { return std::int32_t{1} << (axis.precision_bits - 1); }

// An int32 has 32 bits: 8 for the pixel, 2 against overflow of filters with negative lobes, so 22 remain.
constexpr int kPrecisionBits = 32 - 8 - 2;
constexpr std::int64_t kMaxWeights = std::int64_t{1} << 26;  // x 4 bytes = 256 MiB

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

std::int32_t to_fixed(double weight) {
  const double scaled = weight * (1 << kPrecisionBits);
  return static_cast<std::int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

std::uint8_t clip8(std::int32_t sum, int precision_bits) noexcept {
  return static_cast<std::uint8_t>(std::clamp(sum >> precision_bits, 0, 255));
}

void add_scaled_row(std::int32_t* __restrict sums, const std::uint8_t* __restrict row, std::int32_t weight,
                    std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += row[i] * weight;
}

void clip_row(std::uint8_t* __restrict to, const std::int32_t* __restrict sums, std::int64_t count,
              int precision_bits) noexcept {
  // With a constant shift the compiler knows the range of the values, and clips with saturating pack instructions.
  if (precision_bits == kPrecisionBits) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = clip8(sums[i], kPrecisionBits);
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i] = clip8(sums[i], precision_bits);
  }
}

void resample_row(std::uint8_t* __restrict to, const std::uint8_t* __restrict from, const AxisWeights& axis) noexcept {
  const std::int32_t* const weights = axis.weights.data();
  const std::int32_t start = half(axis);
  const int bits = axis.precision_bits;
  for (const AxisWeights::Taps& taps : axis.taps) {
    std::int32_t red = start;
    std::int32_t green = start;
    std::int32_t blue = start;
    const std::uint8_t* pixel = from + 3 * taps.first;
    const std::int32_t* weight = weights + taps.offset;
    for (std::int64_t t = 0; t < taps.count; ++t, pixel += 3) {
      red += pixel[0] * weight[t];
      green += pixel[1] * weight[t];
      blue += pixel[2] * weight[t];
    }
    to[0] = clip8(red, bits);
    to[1] = clip8(green, bits);
    to[2] = clip8(blue, bits);
    to += 3;
  }
}

// Pillow adds the step to a double for each output; the same sum of rounded steps selects the same pixels.
std::vector<std::int64_t> nearest_positions(std::int64_t in_side, std::int64_t out_side, std::int64_t begin,
                                            std::int64_t end) {
  std::vector<std::int64_t> positions;
  positions.reserve(static_cast<std::size_t>(end - begin));
  const double step = static_cast<double>(in_side) / static_cast<double>(out_side);
  double at = step * 0.5;
  for (std::int64_t i = 0; i < end; ++i, at += step) {
    if (i >= begin) positions.push_back(std::min(static_cast<std::int64_t>(at), in_side - 1));
  }
  return positions;
}

}  // namespace

double filter_value(Filter filter, double x) noexcept {
  switch (filter) {
    case Filter::kNearest: return 0.0;
    case Filter::kBox: return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
    case Filter::kBilinear: return std::max(0.0, 1.0 - std::abs(x));
    case Filter::kHamming:
      x = std::abs(x);
      if (x == 0.0) return 1.0;
      if (x >= 1.0) return 0.0;
      x *= std::numbers::pi;
      return std::sin(x) / x * (0.54F + 0.46F * std::cos(x));  // float constants, as Pillow has them
    case Filter::kBicubic: {  // Keys' convolution with a = -0.5, in Pillow's order of operations
      constexpr double a = -0.5;
      x = std::abs(x);
      if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
      if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
      return 0.0;
    }
    case Filter::kLanczos: return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
  }
  return 0.0;
}

double filter_support(Filter filter) noexcept {
  switch (filter) {
    case Filter::kNearest: return 0.0;
    case Filter::kBox: return 0.5;
    case Filter::kBilinear:
    case Filter::kHamming: return 1.0;
    case Filter::kBicubic: return 2.0;
    case Filter::kLanczos: return 3.0;
  }
  return 0.0;
}

std::string_view filter_name(Filter filter) noexcept {
  switch (filter) {
    case Filter::kNearest: return "nearest";
    case Filter::kBox: return "box";
    case Filter::kBilinear: return "bilinear";
    case Filter::kHamming: return "hamming";
    case Filter::kBicubic: return "bicubic";
    case Filter::kLanczos: return "lanczos";
  }
  return "";
}

Result<AxisWeights> make_axis_weights(std::int64_t in_side, std::int64_t out_side, std::int64_t begin, std::int64_t end,
                                      Filter filter) {
  const double scale = static_cast<double>(in_side) / static_cast<double>(out_side);
  const double filter_scale = std::max(scale, 1.0);
  const double support = filter_support(filter) * filter_scale;
  const double inverse_scale = 1.0 / filter_scale;
  const auto widest = std::min(in_side, static_cast<std::int64_t>(std::ceil(support)) * 2 + 1);
  const auto total = (Checked(end - begin) * widest).at_most(kMaxWeights);
  if (!total) {
    return Error{ErrorCode::kLimit,
                 "resizing a side of " + std::to_string(in_side) + " pixels to " + std::to_string(out_side) +
                     " needs more than " + std::to_string(kMaxWeights) + " filter weights",
                 "", "scale the picture down first"};
  }
  AxisWeights axis;
  axis.taps.reserve(static_cast<std::size_t>(end - begin));
  axis.weights.reserve(static_cast<std::size_t>(*total));
  std::vector<double> values(static_cast<std::size_t>(widest));
  for (std::int64_t i = begin; i < end; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max(std::int64_t{0}, static_cast<std::int64_t>(center - support + 0.5));
    const auto last = std::min(in_side, static_cast<std::int64_t>(center + support + 0.5));
    const auto count = last - first;
    double sum = 0.0;
    for (std::int64_t t = 0; t < count; ++t) {
      const double value = filter_value(filter, (static_cast<double>(t + first) - center + 0.5) * inverse_scale);
      values[static_cast<std::size_t>(t)] = value;
      sum += value;
    }
    axis.taps.push_back({first, count, static_cast<std::int64_t>(axis.weights.size())});
    for (std::int64_t t = 0; t < count; ++t) {
      const double value = values[static_cast<std::size_t>(t)];
      axis.weights.push_back(to_fixed(sum != 0.0 ? value / sum : value));
    }
  }
  return axis;
}

Result<RowResizer> RowResizer::make(Size picture, Size resized, Rectangle window, Filter filter, std::uint8_t* out,
                                    std::int64_t out_stride, Resampler resampler, double step) {
  RowResizer resizer;
  resizer.window_ = window;
  resizer.out_ = out;
  resizer.out_stride_ = out_stride;
  if (picture == resized) {
    resizer.mode_ = Mode::kCopy;
    resizer.first_row_ = window.y;
    resizer.end_row_ = window.y + window.height;
  } else if (resampler == Resampler::kOpenCv) {
    if (filter != Filter::kBilinear) {
      return Error{ErrorCode::kUnsupportedModel,
                   "resizing as OpenCV does with the " + std::string(filter_name(filter)) + " filter is not supported",
                   "", "use \"bilinear\", or another resampler"};
    }
    resizer.mode_ = Mode::kOpenCv;
    resizer.opencv_.emplace(picture, resized, window, step, out, out_stride);
    resizer.first_row_ = resizer.opencv_->first_row();
    resizer.end_row_ = resizer.opencv_->end_row();
  } else if (filter == Filter::kNearest) {
    resizer.mode_ = Mode::kNearest;
    const auto positions = resampler == Resampler::kPillow ? nearest_positions : nearest_positions_torch;
    resizer.nearest_x_ = positions(picture.width, resized.width, window.x, window.x + window.width);
    for (std::int64_t& x : resizer.nearest_x_) x *= 3;
    resizer.nearest_y_ = positions(picture.height, resized.height, window.y, window.y + window.height);
    resizer.first_row_ = resizer.nearest_y_.front();
    resizer.end_row_ = resizer.nearest_y_.back() + 1;
  } else {
    resizer.mode_ = Mode::kResample;
    KITE_TRY(resizer.plan_resample(picture, resized, filter, resampler));
  }
  return resizer;
}

Status RowResizer::plan_resample(Size picture, Size resized, Filter filter, Resampler resampler) {
  const bool is_torch = resampler != Resampler::kPillow;
  const auto make_weights = !is_torch                        ? make_axis_weights
                            : resampler == Resampler::kTorch ? make_axis_weights_torch
                                                             : make_axis_weights_torch_aliased;
  resamples_x_ = picture.width != resized.width;
  resamples_y_ = picture.height != resized.height;
  const std::int64_t lost_rows = picture.height - resized.height;
  vertical_first_ = !is_torch && resamples_x_ && lost_rows > 0 && lost_rows > 2 * (picture.width - resized.width);
  values_ = 3 * window_.width;
  if (resamples_x_) {
    KITE_TRY_ASSIGN(x_, make_weights(picture.width, resized.width, window_.x, window_.x + window_.width, filter));
    if (vertical_first_) {  // the vertical pass runs over the columns that the horizontal one will read
      first_column_ = x_.taps.front().first;
      values_ = 3 * (x_.taps.back().first + x_.taps.back().count - first_column_);
      for (AxisWeights::Taps& taps : x_.taps) taps.first -= first_column_;
    }
    row_.resize(static_cast<std::size_t>(values_));
  }
  if (!resamples_y_) {
    first_row_ = window_.y;
    end_row_ = window_.y + window_.height;
    return {};
  }
  KITE_TRY_ASSIGN(y_, make_weights(picture.height, resized.height, window_.y, window_.y + window_.height, filter));
  first_row_ = y_.taps.front().first;
  end_row_ = y_.taps.back().first + y_.taps.back().count;
  // The ring holds the largest number of rows that are unfinished at the same time.
  std::size_t oldest = 0;
  for (std::size_t r = 0; r < y_.taps.size(); ++r) {
    while (oldest < r && y_.taps[oldest].first + y_.taps[oldest].count <= y_.taps[r].first) ++oldest;
    ring_rows_ = std::max(ring_rows_, static_cast<std::int64_t>(r - oldest + 1));
  }
  sums_.resize(static_cast<std::size_t>(ring_rows_ * values_));
  return {};
}

void RowResizer::add_to_sums(std::int64_t y, const std::uint8_t* row) noexcept {
  const auto rows = static_cast<std::int64_t>(y_.taps.size());
  while (begun_ < rows && y_.taps[static_cast<std::size_t>(begun_)].first <= y) {
    std::fill_n(sums_.data() + begun_ % ring_rows_ * values_, values_, half(y_));
    ++begun_;
  }
  for (std::int64_t r = finished_; r < begun_; ++r) {
    const AxisWeights::Taps& taps = y_.taps[static_cast<std::size_t>(r)];
    std::int32_t* sums = sums_.data() + r % ring_rows_ * values_;
    add_scaled_row(sums, row, y_.weights[static_cast<std::size_t>(taps.offset + y - taps.first)], values_);
  }
  for (; finished_ < begun_; ++finished_) {
    const AxisWeights::Taps& taps = y_.taps[static_cast<std::size_t>(finished_)];
    if (taps.first + taps.count > y + 1) break;
    const std::int32_t* sums = sums_.data() + finished_ % ring_rows_ * values_;
    std::uint8_t* const to = out_ + finished_ * out_stride_;
    if (vertical_first_) {
      clip_row(row_.data(), sums, values_, y_.precision_bits);
      resample_row(to, row_.data(), x_);
    } else {
      clip_row(to, sums, values_, y_.precision_bits);
    }
  }
}

void RowResizer::push_resample(std::int64_t y, const std::uint8_t* rgb) noexcept {
  if (vertical_first_) {
    add_to_sums(y, rgb + 3 * first_column_);
    return;
  }
  const std::uint8_t* row = rgb + 3 * window_.x;
  std::uint8_t* const direct = out_ + (y - first_row_) * out_stride_;
  if (resamples_x_) {
    std::uint8_t* const to = resamples_y_ ? row_.data() : direct;
    resample_row(to, rgb, x_);
    row = to;
  } else if (!resamples_y_) {
    std::memcpy(direct, row, static_cast<std::size_t>(values_));
  }
  if (resamples_y_) add_to_sums(y, row);
}

void RowResizer::push_nearest(std::int64_t y, const std::uint8_t* rgb) noexcept {
  for (; finished_ < window_.height && nearest_y_[static_cast<std::size_t>(finished_)] == y; ++finished_) {
    std::uint8_t* to = out_ + finished_ * out_stride_;
    for (const std::int64_t x : nearest_x_) {
      std::memcpy(to, rgb + x, 3);
      to += 3;
    }
  }
}

void RowResizer::push(std::int64_t y, const std::uint8_t* rgb) noexcept {
  switch (mode_) {
    case Mode::kCopy:
      std::memcpy(out_ + (y - first_row_) * out_stride_, rgb + 3 * window_.x,
                  static_cast<std::size_t>(3 * window_.width));
      return;
    case Mode::kNearest: push_nearest(y, rgb); return;
    case Mode::kResample: push_resample(y, rgb); return;
    case Mode::kOpenCv: opencv_->push(y, rgb); return;
  }
}

Status resize_crop_into(const Image& image, Size resized, Rectangle window, Filter filter, std::uint8_t* out,
                        std::int64_t out_stride) {
  KITE_TRY_ASSIGN(RowResizer resizer, RowResizer::make(image.size(), resized, window, filter, out, out_stride));
  for (std::int64_t y = resizer.first_row(); y < resizer.end_row(); ++y) resizer.push(y, image.row(y));
  return {};
}

Result<Image> resize_crop(const Image& image, Size resized, Rectangle window, Filter filter) {
  KITE_TRY_ASSIGN(Image out, Image::make({window.width, window.height}));
  KITE_TRY(resize_crop_into(image, resized, window, filter, out.row(0), out.row_bytes()));
  return out;
}

Result<Image> resize(const Image& image, Size resized, Filter filter) {
  return resize_crop(image, resized, {0, 0, resized.width, resized.height}, filter);
}

}  // namespace kite
