// SPDX-License-Identifier: Apache-2.0
// Which size a picture is resized to and which window of it a model sees: the rounding rules of the training stacks.
#pragma once

#include <cstdint>

#include "image/image.h"

namespace kite {

// A rectangle inside a picture.
struct Rectangle {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  [[nodiscard]] bool operator==(const Rectangle&) const noexcept = default;
};

// How a crop is centred when the number of other pixels is odd. n = side, c = crop.
enum class CropRule : std::uint8_t {
  kHalfEven,   // torchvision, timm: offset round((n-c)/2), ties to even; zeros before = floor((c-n)/2)
  kFloor,      // Hugging Face with Pillow: offset floor((n-c)/2); zeros before = ceil((c-n)/2)
  kFloorBoth,  // Hugging Face with torch: offset floor((n-c)/2); zeros before = floor((c-n)/2)
  kStart,      // OpenVINO: everything is cut or filled after the picture, nothing before it
};

// torchvision's Resize(int): the short side becomes `short_side`, the long one int(short_side * long / short),
// truncated. kLimit when a side would be 0 or over kMaxSide.
[[nodiscard]] Result<Size> resize_short_side(Size size, std::int64_t short_side);

enum class ResizeMode : std::uint8_t {
  kNone,        // the picture keeps its size
  kShortSide,   // the short side becomes `height`, the long side follows from the picture's shape
  kExact,       // the picture is squashed to width x height, independent of its shape
  kCover,       // keeps its shape, just large enough to cover width x height (timm)
  kFit,         // keeps its shape, just small enough to fit into width x height (timm)
  kFitScaled,   // the same, as sides times the smaller ratio, which rounds differently (OpenVINO's letterbox)
  kFitByRatio,  // the same, but pixels are sampled at steps of the ratio, not of the rounded sizes (OpenCV's fx and fy)
};

struct ResizeRule {
  ResizeMode mode = ResizeMode::kNone;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t multiple = 1;  // each side is made larger until this divides it (kShortSide only)
  [[nodiscard]] bool operator==(const ResizeRule&) const noexcept = default;
};

// kLimit when a side would be 0 or over kMaxSide.
[[nodiscard]] Result<Size> resized_size(Size picture, const ResizeRule& rule);
// The number of the picture's pixels for each pixel of the output, where the rule states a ratio and not a size
// (kFitByRatio); otherwise 0.
[[nodiscard]] double resize_step(Size picture, const ResizeRule& rule) noexcept;

// A centred crop, before every other step.
struct FirstCrop {
  enum class Unit : std::uint8_t {
    kShortSide,  // fractions 0..1 of the picture's short side (Hugging Face's Perceiver): int(fraction * side)
    kShape,      // the largest part of the shape height : width (Windows ML): rounded in float32, half up
  };
  double height = 0.0;
  double width = 0.0;
  Unit unit = Unit::kShortSide;
  [[nodiscard]] bool operator==(const FirstCrop&) const noexcept = default;
};
// Offsets are rounded down; at least one pixel.
[[nodiscard]] Rectangle plan_first_crop(Size picture, const FirstCrop& crop) noexcept;

// The part of a picture that a centred crop keeps, and where it lies in the output; the rest of the output is the fill
// colour.
struct CropPlan {
  Rectangle source;       // inside the picture
  std::int64_t left = 0;  // columns of zeros before it
  std::int64_t top = 0;   // rows of zeros above it
  Size output;
};

// `crop` may be larger than the picture on either side.
[[nodiscard]] CropPlan plan_center_crop(Size picture, Size crop, CropRule rule) noexcept;

}  // namespace kite
