// SPDX-License-Identifier: Apache-2.0
// Computes the weights in double, then rounds them to as many bits as an int16 has room for.
#include "image/resize_torch.h"

#include <algorithm>
#include <cmath>
#include <string>

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
  const auto total = (Checked(out_side) * widest).at_most(kMaxWeights);
  if (!total) {
    return Error{ErrorCode::kLimit,
                 "resizing a side of " + std::to_string(in_side) + " pixels to " + std::to_string(out_side) +
                     " needs more than " + std::to_string(kMaxWeights) + " filter weights",
                 "", "scale the picture down first"};
  }
  std::vector<double> weights;
  double largest = 0.0;
  for (std::int64_t i = 0; i < out_side; ++i) {
    (void)weights_of(axis, i, weights);
    for (const double weight : weights) largest = std::max(largest, weight);
  }
  AxisWeights result;
  result.precision_bits = bits_that_hold(largest);
  const double unit = 1 << result.precision_bits;
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t first = weights_of(axis, i, weights);
    result.taps.push_back(
        {first, static_cast<std::int64_t>(weights.size()), static_cast<std::int64_t>(result.weights.size())});
    for (const double weight : weights) {
      result.weights.push_back(static_cast<std::int32_t>(weight < 0 ? weight * unit - 0.5 : weight * unit + 0.5));
    }
  }
  return result;
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
