// SPDX-License-Identifier: Apache-2.0
// Which size a picture is resized to and which window of it a model sees: the rounding rules of the training stacks.
#pragma once

#include <cstdint>

#include "image/image.h"

namespace kite {

// A rectangle inside a picture.
struct Window {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  [[nodiscard]] bool operator==(const Window&) const noexcept = default;
};

// How a crop is centred when the odd pixel has to go somewhere. n = side, c = crop.
enum class CropRule : std::uint8_t {
  kHalfEven,  // torchvision, timm: offset round((n-c)/2), ties to even; zeros before = floor((c-n)/2)
  kFloor,     // Hugging Face: offset floor((n-c)/2); zeros before = ceil((c-n)/2)
};

// torchvision's Resize(int): the short side becomes `short_side`, the long one int(short_side * long / short),
// truncated. kLimit when a side would be 0 or over kMaxSide.
[[nodiscard]] Result<Size> resize_short_side(Size size, std::int64_t short_side);

// The part of a picture that a centred crop keeps, and where it lies in the output; the rest of the output is zeros.
struct CropPlan {
  Window source;          // inside the picture
  std::int64_t left = 0;  // columns of zeros before it
  std::int64_t top = 0;   // rows of zeros above it
  Size output;
};

// `crop` may be larger than the picture on either side.
[[nodiscard]] CropPlan plan_center_crop(Size picture, Size crop, CropRule rule) noexcept;

}  // namespace kite
