// SPDX-License-Identifier: Apache-2.0
// From a picture and a recipe to the tensor that a model reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/limits.h"
#include "image/image.h"
#include "image/normalize.h"
#include "image/pixels.h"
#include "image/recipe.h"
#include "paperkite/picture_views.h"
#include "paperkite/tensor.h"

namespace kite {

// Resizes and crops to an 8-bit picture of exactly the model's input size. Only the pixels inside the crop are
// computed. Where the recipe's form is grey, the picture is made grey (R = G = B) before the resize.
[[nodiscard]] Result<Image> resize_and_crop(const Image& image, const PreprocessRecipe& recipe);

// resize_and_crop(), then normalisation into the recipe's form. kInvalidModel where that form cannot hold the numbers.
[[nodiscard]] Result<Tensor> preprocess(const Image& image, const PreprocessRecipe& recipe);

struct PreparedPicture {
  Tensor tensor;
  ImageFacts facts;  // of the file
  std::int64_t decode_ns = 0;
  std::int64_t preprocess_ns = 0;             // resize, crop, normalise; views are in neither time
  std::shared_ptr<const PictureViews> views;  // null unless they are asked for
};

// Gives the same result as decode() and then preprocess(), from a file's bytes. Rows are resized as soon as they are
// decoded, so that the memory does not grow with the picture. There are two exceptions: pictures that must be decoded
// completely first (see open_picture()), and codecs that do so themselves (a progressive JPEG, an interlaced PNG).
[[nodiscard]] Result<PreparedPicture> prepare_picture(std::span<const std::byte> file, const PreprocessRecipe& recipe,
                                                      const ViewOptions& views = {}, const Limits& limits = {});

// The same of pixels that are decoded already. Errors as for open_pixels().
[[nodiscard]] Result<PreparedPicture> prepare_pixels(const DecodedPixels& pixels, const PreprocessRecipe& recipe,
                                                     const ViewOptions& views = {}, const Limits& limits = {});

}  // namespace kite
