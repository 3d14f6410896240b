// SPDX-License-Identifier: Apache-2.0
// A picture and a recipe give the tensor a model reads.
#pragma once

#include <cstdint>

#include "image/image.h"
#include "image/normalize.h"
#include "image/recipe.h"
#include "paperkite/tensor.h"

namespace kite {

// Resize and crop: the 8-bit picture of exactly the size the model sees. Only the pixels inside the crop are computed.
[[nodiscard]] Result<Image> resize_and_crop(const Image& image, const PreprocessRecipe& recipe);

// resize_and_crop(), then normalise: float32, [1,3,H,W] or [1,H,W,3] as the recipe says.
[[nodiscard]] Result<Tensor> preprocess(const Image& image, const PreprocessRecipe& recipe);

}  // namespace kite
