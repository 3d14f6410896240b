// SPDX-License-Identifier: Apache-2.0
// A picture on its way to a model, for a person to look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "paperkite/meaning.h"

namespace kite {

// 8 bits a channel: R G B of each pixel, rows top to bottom without gaps.
struct RgbPicture {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<std::uint8_t> rgb;
};

// Which views a classifier keeps of each picture. They cost a copy of the model's input in 8 bits, and the overview one
// more resize; the scores are the same with and without them.
struct ViewOptions {
  bool keep = false;
  std::int64_t overview_side = 0;  // the overview's longest side; 0: no overview
};

struct PictureViews {
  // Exactly the pixels that are normalised: after orientation, first crop, resize and crop, and after a picture was
  // made grey (R = G = B). Always red first, also where the model reads blue first.
  RgbPicture seen;
  // The whole picture after orientation, not larger than it is. Empty where ViewOptions::overview_side is 0.
  RgbPicture overview;
  PictureSize size;  // of the whole picture after orientation
  // The part of the whole picture that `seen` shows, in its pixels. It reaches beyond the picture where the crop does.
  double left = 0.0;
  double top = 0.0;
  double width = 0.0;
  double height = 0.0;
  std::string stored_as;     // "JPEG, 8-bit YCbCr 4:2:0"
  int exif_orientation = 0;  // 1..8; 0 when the file has none
  bool is_orientation_applied = false;
};

}  // namespace kite
