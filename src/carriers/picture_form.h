// SPDX-License-Identifier: Apache-2.0
// Derives, from an input's type and shape, the layout of a picture in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/normalize.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

struct PictureForm {
  TensorForm tensor;
  std::int64_t batch = 1;   // pictures in one tensor; 0 = open
  std::int64_t height = 0;  // pixels; 0 = open
  std::int64_t width = 0;
  [[nodiscard]] std::string to_string() const;  // "float32, NCHW, RGB"
};

// Dimensions below 1 are open. These inputs are accepted, with 1 (grey), 3 (RGB) or 4 (RGBA) channels first or last:
// 1. a batch of pictures;
// 2. one picture without a batch axis;
// 3. a grey picture without a channel axis;
// 4. one frame of a video.
// Where both ends may be channels, the channels are first. An open number of channels is three. kUnsupportedModel for
// every other input.
[[nodiscard]] Result<PictureForm> read_picture_form(DType dtype, const std::vector<std::int64_t>& shape);

// "[1,3,?,?]"; ? = open.
[[nodiscard]] std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace kite
