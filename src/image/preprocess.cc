// SPDX-License-Identifier: Apache-2.0
// The two steps between a decoded picture and a tensor; each can be timed alone.
#include "image/preprocess.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "image/geometry.h"
#include "image/resize.h"
#include "image/row_reader.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The rectangle of the picture that is resized, the window of the resized picture that the model gets, and the position
// of this window in the model's input.
struct Cropping {
  Rectangle taken;
  Size resized;
  double step;  // see resize_step()
  Size wanted;
  CropPlan plan;
};

Result<Cropping> cropping_of(Size picture, const PreprocessRecipe& recipe) {
  const Rectangle taken =
      recipe.first_crop ? plan_first_crop(picture, *recipe.first_crop) : Rectangle{0, 0, picture.width, picture.height};
  const Size part{taken.width, taken.height};
  KITE_TRY_ASSIGN(const Size resized, resized_size(part, recipe.resize));
  const Size wanted = recipe.crop.width > 0 ? recipe.crop : resized;
  return Cropping{taken, resized, resize_step(part, recipe.resize), wanted,
                  plan_center_crop(resized, wanted, recipe.crop_rule)};
}

// The picture of the model's input size, filled with the fill colour where the picture does not reach.
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

std::uint8_t* place_in(Image& out, const CropPlan& plan) noexcept { return out.row(plan.top) + 3 * plan.left; }

// Makes the picture grey before the resize, as Image.open(f).convert("L") and then a resize do; a resize first would
// round differently. The three equal channels stay equal, because a resize never mixes channels.
void make_grey(std::uint8_t* rgb, std::int64_t pixels) noexcept {
  for (std::int64_t i = 0; i < pixels; ++i, rgb += 3) {
    const std::uint32_t grey = (19595U * rgb[0] + 38470U * rgb[1] + 7471U * rgb[2] + 0x8000U) >> 16;
    rgb[0] = rgb[1] = rgb[2] = static_cast<std::uint8_t>(grey);
  }
}

// Refuses pictures whose own alpha, or the alpha of the border around them, is not 255: it would change the resize.
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

// The resizer for the part of the picture that is kept, cropping.taken; it writes into `out`.
Result<RowResizer> resizer_into(Image& out, const Cropping& cropping, const PreprocessRecipe& recipe) {
  return RowResizer::make({cropping.taken.width, cropping.taken.height}, cropping.resized, cropping.plan.source,
                          recipe.filter, place_in(out, cropping.plan), out.row_bytes(), recipe.resampler,
                          cropping.step);
}

Tensor normalised(const Image& cropped, const PreprocessRecipe& recipe) {
  return to_tensor(cropped, make_tables(recipe.normalization), recipe.channel_order, recipe.form);
}

std::int64_t now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Result<Image> resize_and_crop(const Image& image, const PreprocessRecipe& recipe) {
  KITE_TRY_ASSIGN(const Cropping cropping, cropping_of(image.size(), recipe));
  KITE_TRY_ASSIGN(Image out, empty_picture(cropping, recipe.fill));
  KITE_TRY_ASSIGN(RowResizer resizer, resizer_into(out, cropping, recipe));
  const Rectangle& taken = cropping.taken;
  std::vector<std::uint8_t> grey(recipe.form.pixels == PixelMode::kGrey ? static_cast<std::size_t>(image.width()) * 3
                                                                        : 0);
  for (std::int64_t y = resizer.first_row(); y < resizer.end_row(); ++y) {
    const std::uint8_t* row = image.row(taken.y + y);
    if (!grey.empty()) {
      std::copy_n(row, grey.size(), grey.data());
      make_grey(grey.data(), image.width());
      row = grey.data();
    }
    resizer.push(y, row + 3 * taken.x);
  }
  return out;
}

Result<Tensor> preprocess(const Image& image, const PreprocessRecipe& recipe) {
  KITE_TRY(validate_normalization(recipe.normalization, recipe.form));
  KITE_TRY_ASSIGN(const Cropping cropping, cropping_of(image.size(), recipe));
  KITE_TRY(check_alpha(image.facts(), cropping, recipe));
  KITE_TRY_ASSIGN(const Image cropped, resize_and_crop(image, recipe));
  return normalised(cropped, recipe);
}

Result<PreparedPicture> prepare_picture(std::span<const std::byte> file, const PreprocessRecipe& recipe) {
  const std::int64_t start_ns = now_ns();
  if (recipe.form != TensorForm{}) KITE_TRY(validate_normalization(recipe.normalization, recipe.form));
  KITE_TRY_ASSIGN(const std::unique_ptr<RowReader> reader, open_picture(file, {}, recipe.exif));
  const Size size = reader->size();
  KITE_TRY_ASSIGN(const Cropping cropping, cropping_of(size, recipe));
  KITE_TRY(check_alpha(reader->facts(), cropping, recipe));
  KITE_TRY_ASSIGN(Image out, empty_picture(cropping, recipe.fill));
  KITE_TRY_ASSIGN(RowResizer resizer, resizer_into(out, cropping, recipe));
  const Rectangle& taken = cropping.taken;
  std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) * 3);
  std::int64_t resize_ns = 0;
  // All rows are read, also those below the crop, so that every file that ends early is refused.
  for (std::int64_t y = 0; y < size.height; ++y) {
    KITE_TRY(reader->read_row(row.data()));
    if (y - taken.y < resizer.first_row() || y - taken.y >= resizer.end_row()) continue;
    const std::int64_t read_ns = now_ns();
    if (recipe.form.pixels == PixelMode::kGrey) make_grey(row.data(), size.width);
    resizer.push(y - taken.y, row.data() + 3 * taken.x);
    resize_ns += now_ns() - read_ns;
  }
  const std::int64_t decoded_ns = now_ns();
  PreparedPicture prepared{normalised(out, recipe), reader->facts(), decoded_ns - start_ns - resize_ns, resize_ns};
  prepared.preprocess_ns += now_ns() - decoded_ns;
  return prepared;
}

}  // namespace kite
