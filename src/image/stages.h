// SPDX-License-Identifier: Apache-2.0
// A picture after each stage of preprocessing, for those who compare the stages with another program's.
#pragma once

#include <cstddef>
#include <span>

#include "image/image.h"
#include "image/recipe.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

struct PictureStages {
  Image decoded;   // as stored, before its orientation is applied
  Image oriented;  // after the recipe's EXIF policy; grey (R = G = B) where the recipe's form is
  // The whole picture, or the whole of the recipe's first crop. Empty where it would have more pixels than a picture
  // may have: of a long strip only the window that the crop keeps is ever computed.
  Image resized;
  Image cropped;  // after crop and padding: the model's input size
  Tensor tensor;  // has the bits of prepare_picture()'s
};

// The same functions as prepare_picture() calls, but every stage is computed completely and kept. Errors as there.
[[nodiscard]] Result<PictureStages> picture_stages(std::span<const std::byte> file, const PreprocessRecipe& recipe,
                                                   const Limits& limits = {});

}  // namespace kite
