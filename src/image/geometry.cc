// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic for sizes and offsets, except where torchvision itself goes through a double.
#include "image/geometry.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "paperkite/try.h"

namespace kite {
namespace {

struct AxisCrop {
  std::int64_t from;    // first column or row of the picture that is kept
  std::int64_t length;  // how many are kept
  std::int64_t before;  // zeros in front of them
};

AxisCrop crop_axis(std::int64_t side, std::int64_t crop, CropRule rule) noexcept {
  if (rule == CropRule::kStart) return {0, std::min(side, crop), 0};
  if (crop >= side) {
    const std::int64_t missing = crop - side;
    return {0, side, rule == CropRule::kFloor ? (missing + 1) / 2 : missing / 2};
  }
  const std::int64_t spare = side - crop;
  std::int64_t from = spare / 2;
  if (rule == CropRule::kHalfEven && spare % 2 != 0 && from % 2 != 0) ++from;  // x.5 goes to the even neighbour
  return {from, crop, 0};
}

// The factor of kFitScaled and kFitByRatio.
double fit_scale(Size picture, const ResizeRule& rule) noexcept {
  return std::min(static_cast<double>(rule.height) / static_cast<double>(picture.height),
                  static_cast<double>(rule.width) / static_cast<double>(picture.width));
}

// timm's ResizeKeepRatio: both sides divided by the smaller (cover) or larger (fit) ratio. OpenVINO and OpenCV multiply
// by the inverse. Ties go to even in all of them.
Result<Size> resize_keeping_ratio(Size picture, const ResizeRule& rule) {
  const double ratio_h = static_cast<double>(picture.height) / static_cast<double>(rule.height);
  const double ratio_w = static_cast<double>(picture.width) / static_cast<double>(rule.width);
  const double ratio = rule.mode == ResizeMode::kCover ? std::min(ratio_h, ratio_w) : std::max(ratio_h, ratio_w);
  const bool divides = rule.mode == ResizeMode::kCover || rule.mode == ResizeMode::kFit;
  const auto side = [&](std::int64_t of) {
    const auto exact = static_cast<double>(of);
    return std::nearbyint(divides ? exact / ratio : exact * fit_scale(picture, rule));
  };
  const double height = side(picture.height);
  const double width = side(picture.width);
  constexpr auto kLargest = static_cast<double>(kMaxSide);
  if (!(height >= 1 && width >= 1 && height <= kLargest && width <= kLargest)) {
    return Error{ErrorCode::kLimit,
                 "resizing " + std::to_string(picture.width) + "x" + std::to_string(picture.height) +
                     " by its ratio makes a side of no pixels, or of more than " + std::to_string(kMaxSide),
                 "", "crop the picture first"};
  }
  return Size{static_cast<std::int64_t>(width), static_cast<std::int64_t>(height)};
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

Result<Size> resized_size(Size picture, const ResizeRule& rule) {
  switch (rule.mode) {
    case ResizeMode::kNone: return picture;
    case ResizeMode::kExact: return Size{rule.width, rule.height};
    case ResizeMode::kCover:
    case ResizeMode::kFit:
    case ResizeMode::kFitScaled:
    case ResizeMode::kFitByRatio: return resize_keeping_ratio(picture, rule);
    case ResizeMode::kShortSide: break;
  }
  KITE_TRY_ASSIGN(Size size, resize_short_side(picture, rule.height));
  size.height += (rule.multiple - size.height % rule.multiple) % rule.multiple;
  size.width += (rule.multiple - size.width % rule.multiple) % rule.multiple;
  return size;
}

double resize_step(Size picture, const ResizeRule& rule) noexcept {
  return rule.mode == ResizeMode::kFitByRatio ? 1.0 / fit_scale(picture, rule) : 0.0;
}

namespace {

Rectangle part_of_shape(Size picture, const FirstCrop& crop) noexcept {
  const float shape = static_cast<float>(crop.width) / static_cast<float>(crop.height);
  const auto rounded = [](float side, std::int64_t most) {
    const float whole = std::min(side + 0.5F, static_cast<float>(most));
    return std::clamp(static_cast<std::int64_t>(whole), std::int64_t{1}, most);
  };
  const auto picture_width = static_cast<float>(picture.width);
  const auto picture_height = static_cast<float>(picture.height);
  if (shape * picture_height < picture_width) {
    const std::int64_t width = rounded(shape * picture_height, picture.width);
    return {(picture.width - width) / 2, 0, width, picture.height};
  }
  const std::int64_t height = rounded(picture_width / shape, picture.height);
  return {0, (picture.height - height) / 2, picture.width, height};
}

}  // namespace

Rectangle plan_first_crop(Size picture, const FirstCrop& crop) noexcept {
  if (crop.unit == FirstCrop::Unit::kShape) return part_of_shape(picture, crop);
  const auto shorter = static_cast<double>(std::min(picture.width, picture.height));
  const auto side = [&](double fraction) {
    return std::max(std::int64_t{1}, static_cast<std::int64_t>(fraction * shorter));
  };
  const std::int64_t height = side(crop.height);
  const std::int64_t width = side(crop.width);
  return {(picture.width - width) / 2, (picture.height - height) / 2, width, height};
}

CropPlan plan_center_crop(Size picture, Size crop, CropRule rule) noexcept {
  const AxisCrop x = crop_axis(picture.width, crop.width, rule);
  const AxisCrop y = crop_axis(picture.height, crop.height, rule);
  return {{x.from, y.from, x.length, y.length}, x.before, y.before, crop};
}

}  // namespace kite
