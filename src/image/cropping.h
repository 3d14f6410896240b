// SPDX-License-Identifier: Apache-2.0
// The parts of preprocessing that all of its forms share: row by row, of a decoded picture, and stage by stage.
#pragma once

#include <cstdint>

#include "image/geometry.h"
#include "image/image.h"
#include "image/recipe.h"
#include "image/resize.h"
#include "paperkite/tensor.h"

namespace kite {

// The rectangle of the picture that is resized, the window of the resized picture that the model gets, and the position
// of this window in the model's input.
struct Cropping {
  Rectangle taken;
  Size resized;
  double step;  // see resize_step()
  Size wanted;
  CropPlan plan;
};

[[nodiscard]] Result<Cropping> cropping_of(Size picture, const PreprocessRecipe& recipe);

// The picture of the model's input size, filled with the fill colour where the picture does not reach.
[[nodiscard]] Result<Image> empty_picture(const Cropping& cropping, const Colour& fill);

// Makes the picture grey before the resize, as Image.open(f).convert("L") and then a resize do; a resize first would
// round differently. The three equal channels stay equal, because a resize never mixes channels.
void make_grey(std::uint8_t* rgb, std::int64_t pixels) noexcept;

// Refuses pictures whose own alpha, or the alpha of the border around them, is not 255: it would change the resize.
[[nodiscard]] Status check_alpha(const ImageFacts& facts, const Cropping& cropping, const PreprocessRecipe& recipe);

// The resizer for the part of the picture that is kept, cropping.taken; it writes into `out`.
[[nodiscard]] Result<RowResizer> resizer_into(Image& out, const Cropping& cropping, const PreprocessRecipe& recipe);

// The tensor of a picture of the model's input size.
[[nodiscard]] Tensor normalised(const Image& cropped, const PreprocessRecipe& recipe);

}  // namespace kite
