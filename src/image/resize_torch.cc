// SPDX-License-Identifier: Apache-2.0
// Computes the weights in double, then rounds them to as many bits as an int16 has room for.
#include "image/resize_torch.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/checked.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::int64_t kMaxWeights = std::int64_t{1} << 26;
constexpr int kMostBits = 22;  // leaves 8 bits for the pixel and 2 against overflow in an int32

struct Axis {
  std::int64_t in_side;
  double scale;    // inputs an output
  double support;  // of the filter, in inputs
  double inverse;  // of the filter's scale
  Filter filter;
};

// The weights of one output, normalised to sum 1; `first` is the input that the first one belongs to.
std::int64_t weights_of(const Axis& axis, std::int64_t output, std::vector<double>& weights) {
  const double center = axis.scale * (static_cast<double>(output) + 0.5);
  const auto first = std::max(static_cast<std::int64_t>(center - axis.support + 0.5), std::int64_t{0});
  const auto last = std::min(static_cast<std::int64_t>(center + axis.support + 0.5), axis.in_side);
  weights.clear();
  double total = 0.0;
  for (std::int64_t i = first; i < last; ++i) {
    weights.push_back(filter_value(axis.filter, (static_cast<double>(i) - center + 0.5) * axis.inverse));
    total += weights.back();
  }
  if (total != 0.0) {
    for (double& weight : weights) weight /= total;
  }
  return first;
}

int bits_that_hold(double largest) {
  int bits = 0;
  while (bits < kMostBits && static_cast<int>(0.5 + largest * (1 << (bits + 1))) < (1 << 15)) ++bits;
  return bits;
}

// Weights of outputs, rounded to as many bits as `largest`, the largest weight of the whole axis, permits.
class Int16Weights {
 public:
  explicit Int16Weights(double largest) { axis_.precision_bits = bits_that_hold(largest); }

  void add(std::int64_t first, const std::vector<double>& weights) {
    const double unit = 1 << axis_.precision_bits;
    axis_.taps.push_back(
        {first, static_cast<std::int64_t>(weights.size()), static_cast<std::int64_t>(axis_.weights.size())});
    for (const double weight : weights) {
      axis_.weights.push_back(static_cast<std::int32_t>(weight < 0 ? weight * unit - 0.5 : weight * unit + 0.5));
    }
  }
  [[nodiscard]] AxisWeights take() && { return std::move(axis_); }

 private:
  AxisWeights axis_;
};

Error too_many_weights(std::int64_t in_side, std::int64_t out_side) {
  return {ErrorCode::kLimit,
          "resizing a side of " + std::to_string(in_side) + " pixels to " + std::to_string(out_side) +
              " needs more than " + std::to_string(kMaxWeights) + " filter weights",
          "", "scale the picture down first"};
}

// Keys' convolution with a = -0.75, which torch and OpenCV have where Pillow has -0.5.
double sharp_cubic(double x) noexcept {
  constexpr double a = -0.75;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0.0;
}

// The weights of one output without antialiasing: of the 2 or 4 pixels around its centre. A pixel beyond the picture is
// the one at the border, which then has the sum of their weights.
std::int64_t aliased_weights_of(const Axis& axis, std::int64_t output, std::vector<double>& weights) {
  const bool is_cubic = axis.filter == Filter::kBicubic;
  double center = axis.scale * (static_cast<double>(output) + 0.5) - 0.5;
  if (!is_cubic) center = std::max(center, 0.0);
  const auto before = static_cast<std::int64_t>(std::floor(center)) - (is_cubic ? 1 : 0);
  const auto last = axis.in_side - 1;
  const std::int64_t first = std::clamp(before, std::int64_t{0}, last);
  weights.clear();
  for (std::int64_t i = before; i < before + (is_cubic ? 4 : 2); ++i) {
    const double distance = static_cast<double>(i) - center;
    const double weight = is_cubic ? sharp_cubic(distance) : filter_value(axis.filter, distance);
    const auto at = static_cast<std::size_t>(std::clamp(i, std::int64_t{0}, last) - first);
    if (at == weights.size()) weights.push_back(0.0);
    weights[at] += weight;
  }
  return first;
}

}  // namespace

Result<AxisWeights> make_axis_weights_torch(std::int64_t in_side, std::int64_t out_side, std::int64_t begin,
                                            std::int64_t end, Filter filter) {
  if (filter == Filter::kBox || filter == Filter::kHamming) {
    return Error{ErrorCode::kUnsupportedModel,
                 "torchvision has no " + std::string(filter_name(filter)) + " filter for tensors", "",
                 "use --processor pil"};
  }
  const double scale = static_cast<double>(in_side) / static_cast<double>(out_side);
  const double filter_scale = std::max(scale, 1.0);
  const Axis axis{in_side, scale, filter_support(filter) * filter_scale, 1.0 / filter_scale, filter};
  const auto widest = std::min(in_side, static_cast<std::int64_t>(std::ceil(axis.support)) * 2 + 1);
  // For all outputs, not only those of the window, because the largest weight of the axis determines the precision.
  if (!(Checked(out_side) * widest).at_most(kMaxWeights)) return too_many_weights(in_side, out_side);
  std::vector<double> weights;
  double largest = 0.0;
  for (std::int64_t i = 0; i < out_side; ++i) {
    (void)weights_of(axis, i, weights);
    for (const double weight : weights) largest = std::max(largest, weight);
  }
  Int16Weights result(largest);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t first = weights_of(axis, i, weights);
    result.add(first, weights);
  }
  return std::move(result).take();
}

Result<AxisWeights> make_axis_weights_torch_aliased(std::int64_t in_side, std::int64_t out_side, std::int64_t begin,
                                                    std::int64_t end, Filter filter) {
  if (filter != Filter::kBilinear && filter != Filter::kBicubic) {
    return Error{ErrorCode::kUnsupportedModel,
                 "torchvision has no " + std::string(filter_name(filter)) + " filter without antialiasing", "",
                 "use \"bilinear\" or \"bicubic\", or leave \"antialias\" out"};
  }
  if (out_side > kMaxWeights / 4) return too_many_weights(in_side, out_side);
  const Axis axis{in_side, static_cast<double>(in_side) / static_cast<double>(out_side), 0.0, 1.0, filter};
  std::vector<double> weights;
  double largest = 0.0;
  for (std::int64_t i = 0; i < out_side; ++i) {
    (void)aliased_weights_of(axis, i, weights);
    for (const double weight : weights) largest = std::max(largest, weight);
  }
  Int16Weights result(largest);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t first = aliased_weights_of(axis, i, weights);
    result.add(first, weights);
  }
  return std::move(result).take();
}

std::vector<std::int64_t> nearest_positions_torch(std::int64_t in_side, std::int64_t out_side, std::int64_t begin,
                                                  std::int64_t end) {
  const float scale = static_cast<float>(in_side) / static_cast<float>(out_side);
  std::vector<std::int64_t> positions;
  positions.reserve(static_cast<std::size_t>(end - begin));
  for (std::int64_t i = begin; i < end; ++i) {
    const float at = std::floor((static_cast<float>(i) + 0.5F) * scale);
    positions.push_back(std::min(static_cast<std::int64_t>(at), in_side - 1));
  }
  return positions;
}

}  // namespace kite
