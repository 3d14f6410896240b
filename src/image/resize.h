// SPDX-License-Identifier: Apache-2.0
// Pillow's resampler, byte for byte, for any window of the resized picture.
//
// out[y,x,c] = clip8(round(sum_j v[y,j] * clip8(round(sum_i h[x,i] * in[j,i,c]))))
// 1. h and v are the filter's values in double, normalised to sum 1, then rounded to 22 fractional bits, half away from
//    zero; the sums are exact integers. The first pass is rounded to 8 bits before the second one.
// 2. When a picture becomes smaller, the filter becomes wider by the same ratio, so Pillow's result is always
// antialiased.
//    Nearest selects one pixel and blends nothing.
// 3. The order of the two passes changes the last bits. From Pillow 13 on the vertical pass is first when the height
//    becomes smaller by more than twice as many pixels as the width (python-pillow/Pillow pull request 9549); in
//    earlier versions the horizontal pass is always first. When the proportions stay the same, the vertical pass is
//    first for pictures that are more than twice as tall as wide.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "image/geometry.h"
#include "image/image.h"
#include "image/resize_opencv.h"

namespace kite {

enum class Filter : std::uint8_t { kNearest, kBox, kBilinear, kHamming, kBicubic, kLanczos };
[[nodiscard]] std::string_view filter_name(Filter filter) noexcept;  // "bilinear"

// The library whose weights and rounding are used. For torch and OpenCV see resize_torch.h and resize_opencv.h.
enum class Resampler : std::uint8_t {
  kPillow,
  kTorch,         // with antialias=True
  kTorchAliased,  // with antialias=False
  kOpenCv,
};

// One axis of one resampling, for the outputs [begin, end): output begin+n is the sum over t < taps[n].count of
// weights[taps[n].offset + t] * input[taps[n].first + t], weights in units of 2^-precision_bits. `first` and
// `first + count` never decrease with n.
struct AxisWeights {
  struct Taps {
    std::int64_t first;
    std::int64_t count;
    std::int64_t offset;
  };
  std::vector<Taps> taps;
  std::vector<std::int32_t> weights;
  int precision_bits = 22;
};
// The value of a filter at distance x, and its support, both in units of the filter's own scale.
[[nodiscard]] double filter_value(Filter filter, double x) noexcept;
[[nodiscard]] double filter_support(Filter filter) noexcept;
// kLimit when the weights would take more than a quarter of a gigabyte (a million-fold reduction of a huge side).
[[nodiscard]] Result<AxisWeights> make_axis_weights(std::int64_t in_side, std::int64_t out_side, std::int64_t begin,
                                                    std::int64_t end, Filter filter);

// Resizes row by row. It gets the input rows [first_row(), end_row()) once each, in order. Besides the output it stores
// only the sums of the output rows that are not finished, never the input.
class RowResizer {
 public:
  // `window` lies inside `resized`. Output row r of the window goes to `out` + r * out_stride.
  // kUnsupportedModel for a filter that the resampler does not have: kTorch has no box and no Hamming filter,
  // kTorchAliased no Lanczos filter either, and kOpenCv has only the bilinear filter. `step`: see resize_step(); only
  // kOpenCv uses it.
  [[nodiscard]] static Result<RowResizer> make(Size picture, Size resized, Rectangle window, Filter filter,
                                               std::uint8_t* out, std::int64_t out_stride,
                                               Resampler resampler = Resampler::kPillow, double step = 0.0);

  [[nodiscard]] std::int64_t first_row() const noexcept { return first_row_; }
  [[nodiscard]] std::int64_t end_row() const noexcept { return end_row_; }
  // `rgb`: row y of the picture, all of its width.
  void push(std::int64_t y, const std::uint8_t* rgb) noexcept;

 private:
  enum class Mode : std::uint8_t { kCopy, kNearest, kResample, kOpenCv };

  Status plan_resample(Size picture, Size resized, Filter filter, Resampler resampler);
  void push_nearest(std::int64_t y, const std::uint8_t* rgb) noexcept;
  void push_resample(std::int64_t y, const std::uint8_t* rgb) noexcept;
  // Adds a row of `values_` numbers to the unfinished output rows, and writes those that it completes.
  void add_to_sums(std::int64_t y, const std::uint8_t* row) noexcept;

  Mode mode_ = Mode::kCopy;
  Rectangle window_;
  std::uint8_t* out_ = nullptr;
  std::int64_t out_stride_ = 0;
  std::int64_t first_row_ = 0;
  std::int64_t end_row_ = 0;

  std::optional<OpenCvLinear> opencv_;
  bool resamples_x_ = false;
  bool resamples_y_ = false;
  bool vertical_first_ = false;
  AxisWeights x_;
  AxisWeights y_;
  std::vector<std::int64_t> nearest_x_;  // input column of each output column, times 3
  std::vector<std::int64_t> nearest_y_;  // input row of each output row
  std::int64_t first_column_ = 0;        // of the input, where the vertical pass comes first
  std::int64_t values_ = 0;              // bytes in a row of the vertical pass
  std::vector<std::uint8_t> row_;        // one row between the passes
  std::vector<std::int32_t> sums_;       // ring of unfinished output rows
  std::int64_t ring_rows_ = 0;
  std::int64_t begun_ = 0;     // output rows that have received input
  std::int64_t finished_ = 0;  // output rows written
};

// The window of `image` resized to `resized`, written at `out` + row * out_stride.
[[nodiscard]] Status resize_crop_into(const Image& image, Size resized, Rectangle window, Filter filter,
                                      std::uint8_t* out, std::int64_t out_stride);
[[nodiscard]] Result<Image> resize_crop(const Image& image, Size resized, Rectangle window, Filter filter);
[[nodiscard]] Result<Image> resize(const Image& image, Size resized, Filter filter);

}  // namespace kite
