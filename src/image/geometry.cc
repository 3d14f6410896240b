// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic for sizes and offsets, except where torchvision itself goes through a double.
#include "image/geometry.h"

#include <algorithm>
#include <string>

namespace kite {
namespace {

struct AxisCrop {
  std::int64_t from;    // first column or row of the picture that is kept
  std::int64_t length;  // how many are kept
  std::int64_t before;  // zeros in front of them
};

AxisCrop crop_axis(std::int64_t side, std::int64_t crop, CropRule rule) noexcept {
  if (crop >= side) {
    const std::int64_t missing = crop - side;
    return {0, side, rule == CropRule::kHalfEven ? missing / 2 : (missing + 1) / 2};
  }
  const std::int64_t spare = side - crop;
  std::int64_t from = spare / 2;
  if (rule == CropRule::kHalfEven && spare % 2 != 0 && from % 2 != 0) ++from;  // x.5 goes to the even neighbour
  return {from, crop, 0};
}

}  // namespace

Result<Size> resize_short_side(Size size, std::int64_t short_side) {
  const bool portrait = size.width <= size.height;
  const std::int64_t shorter = portrait ? size.width : size.height;
  const std::int64_t longer = portrait ? size.height : size.width;
  // Both factors are at most 2^24, so the product is exact in a double and the quotient is Python's int / int.
  const double exact = static_cast<double>(short_side * longer) / static_cast<double>(shorter);
  if (!(exact < static_cast<double>(kMaxSide) + 1.0)) {
    return Error{ErrorCode::kLimit,
                 "resizing the short side of " + std::to_string(size.width) + "x" + std::to_string(size.height) +
                     " to " + std::to_string(short_side) + " makes the long side over " + std::to_string(kMaxSide) +
                     " pixels",
                 "", "crop the picture first"};
  }
  const auto new_long = static_cast<std::int64_t>(exact);
  return portrait ? Size{short_side, new_long} : Size{new_long, short_side};
}

CropPlan plan_center_crop(Size picture, Size crop, CropRule rule) noexcept {
  const AxisCrop x = crop_axis(picture.width, crop.width, rule);
  const AxisCrop y = crop_axis(picture.height, crop.height, rule);
  return {{x.from, y.from, x.length, y.length}, x.before, y.before, crop};
}

}  // namespace kite
