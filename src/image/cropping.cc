// SPDX-License-Identifier: Apache-2.0
// Which part of a picture is resized, where its window lies in the model's input, and the steps before and behind the
// resize.
#include "image/cropping.h"

#include <algorithm>

#include "image/normalize.h"
#include "paperkite/try.h"

namespace kite {

Result<Cropping> cropping_of(Size picture, const PreprocessRecipe& recipe) {
  const Rectangle taken =
      recipe.first_crop ? plan_first_crop(picture, *recipe.first_crop) : Rectangle{0, 0, picture.width, picture.height};
  const Size part{taken.width, taken.height};
  KITE_TRY_ASSIGN(const Size resized, resized_size(part, recipe.resize));
  const Size wanted = recipe.crop.width > 0 ? recipe.crop : resized;
  return Cropping{taken, resized, resize_step(part, recipe.resize), wanted,
                  plan_center_crop(resized, wanted, recipe.crop_rule)};
}

Result<Image> empty_picture(const Cropping& cropping, const Colour& fill) {
  KITE_TRY_ASSIGN(Image out, Image::make(cropping.wanted));
  const Rectangle& source = cropping.plan.source;
  if (source.width == cropping.wanted.width && source.height == cropping.wanted.height) return out;
  if (fill == Colour{}) {
    out.fill(0);
    return out;
  }
  std::uint8_t* to = out.row(0);
  for (std::int64_t i = 0; i < out.width() * out.height(); ++i, to += 3) std::ranges::copy(fill, to);
  return out;
}

void make_grey(std::uint8_t* rgb, std::int64_t pixels) noexcept {
  for (std::int64_t i = 0; i < pixels; ++i, rgb += 3) {
    const std::uint32_t grey = (19595U * rgb[0] + 38470U * rgb[1] + 7471U * rgb[2] + 0x8000U) >> 16;
    rgb[0] = rgb[1] = rgb[2] = static_cast<std::uint8_t>(grey);
  }
}

Status check_alpha(const ImageFacts& facts, const Cropping& cropping, const PreprocessRecipe& recipe) {
  if (recipe.form.pixels != PixelMode::kRgba) return {};
  if (!facts.is_opaque) {
    return Error{ErrorCode::kUnsupportedImage,
                 "the model's input has an alpha channel, and transparency in the picture (" + facts.pixel_format +
                     ") is not supported for it",
                 "", "save the picture without alpha, on the background that the model was trained with"};
  }
  const Rectangle& source = cropping.plan.source;
  if (source.width == cropping.wanted.width && source.height == cropping.wanted.height) return {};
  return Error{ErrorCode::kUnsupportedImage,
               "the crop is larger than the picture, and the model's input has an alpha channel", "",
               "state a larger \"resize\", or no \"crop\""};
}

Result<RowResizer> resizer_into(Image& out, const Cropping& cropping, const PreprocessRecipe& recipe) {
  return RowResizer::make({cropping.taken.width, cropping.taken.height}, cropping.resized, cropping.plan.source,
                          recipe.filter, out.row(cropping.plan.top) + 3 * cropping.plan.left, out.row_bytes(),
                          recipe.resampler, cropping.step);
}

Tensor normalised(const Image& cropped, const PreprocessRecipe& recipe) {
  return to_tensor(cropped, make_tables(recipe.normalization), recipe.channel_order, recipe.form);
}

}  // namespace kite
