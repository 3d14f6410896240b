// SPDX-License-Identifier: Apache-2.0
// A picture and a recipe give the tensor a model reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "image/image.h"
#include "image/normalize.h"
#include "image/recipe.h"
#include "paperkite/tensor.h"

namespace kite {

// Resize and crop: the 8-bit picture of exactly the size the model sees. Only the pixels inside the crop are computed.
// A grey picture (R = G = B) where the recipe's form is grey: it is made grey before it is resized.
[[nodiscard]] Result<Image> resize_and_crop(const Image& image, const PreprocessRecipe& recipe);

// resize_and_crop(), then normalise into the recipe's form. kInvalidModel where that cannot hold the numbers.
[[nodiscard]] Result<Tensor> preprocess(const Image& image, const PreprocessRecipe& recipe);

struct PreparedPicture {
  Tensor tensor;
  ImageFacts facts;  // of the file
  std::int64_t decode_ns = 0;
  std::int64_t preprocess_ns = 0;  // resize, crop, normalise
};

// decode(), then preprocess(), of a file's bytes, with the same result. Rows go into the resizer as they are decoded,
// so that memory does not grow with the picture, except where it has to be decoded whole (open_picture()) or its codec
// does that itself: a progressive JPEG, an interlaced PNG.
[[nodiscard]] Result<PreparedPicture> prepare_picture(std::span<const std::byte> file, const PreprocessRecipe& recipe);

}  // namespace kite
