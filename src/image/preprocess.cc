// SPDX-License-Identifier: Apache-2.0
// The two steps between a decoded picture and a tensor; each can be timed alone.
#include "image/preprocess.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image/cropping.h"
#include "image/overview.h"
#include "image/resize.h"
#include "image/row_reader.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The views of a picture whose rows have all been read.
std::shared_ptr<const PictureViews> views_of(const RowReader& reader, const Cropping& cropping, const Image& seen,
                                             std::optional<Overview> overview) {
  auto views = std::make_shared<PictureViews>();
  views->seen = {seen.width(), seen.height(), {seen.pixels().begin(), seen.pixels().end()}};
  if (overview) views->overview = std::move(*overview).release();
  views->size = {reader.size().height, reader.size().width};
  const CropPlan& plan = cropping.plan;
  const auto across = static_cast<double>(cropping.taken.width) / static_cast<double>(cropping.resized.width);
  const auto down = static_cast<double>(cropping.taken.height) / static_cast<double>(cropping.resized.height);
  views->left = static_cast<double>(cropping.taken.x) + static_cast<double>(plan.source.x - plan.left) * across;
  views->top = static_cast<double>(cropping.taken.y) + static_cast<double>(plan.source.y - plan.top) * down;
  views->width = static_cast<double>(cropping.wanted.width) * across;
  views->height = static_cast<double>(cropping.wanted.height) * down;
  const ImageFacts& facts = reader.facts();
  if (facts.format) views->stored_as = std::string(picture_format_name(*facts.format)) + ", ";
  views->stored_as += facts.pixel_format;
  views->exif_orientation = facts.exif_orientation;
  views->is_orientation_applied = facts.orientation_applied;
  return views;
}

Result<std::optional<Overview>> overview_for(Size picture, const ViewOptions& views) {
  if (!views.keep || views.overview_side == 0) return std::optional<Overview>();
  KITE_TRY_ASSIGN(Overview overview, Overview::make(picture, views.overview_side));
  return std::optional<Overview>(std::move(overview));
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

namespace {

// `open` opens the reader; the time that this takes is part of decode_ns.
template <typename Open>
Result<PreparedPicture> prepare_rows(const Open& open, const PreprocessRecipe& recipe, const ViewOptions& views) {
  const std::int64_t start_ns = now_ns();
  if (recipe.form != TensorForm{}) KITE_TRY(validate_normalization(recipe.normalization, recipe.form));
  KITE_TRY_ASSIGN(const std::unique_ptr<RowReader> reader, open());
  const Size size = reader->size();
  KITE_TRY_ASSIGN(const Cropping cropping, cropping_of(size, recipe));
  KITE_TRY(check_alpha(reader->facts(), cropping, recipe));
  KITE_TRY_ASSIGN(Image out, empty_picture(cropping, recipe.fill));
  KITE_TRY_ASSIGN(RowResizer resizer, resizer_into(out, cropping, recipe));
  KITE_TRY_ASSIGN(std::optional<Overview> overview, overview_for(size, views));
  const Rectangle& taken = cropping.taken;
  std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) * 3);
  std::int64_t resize_ns = 0;
  std::int64_t view_ns = 0;
  // All rows are read, also those below the crop, so that every file that ends early is refused.
  for (std::int64_t y = 0; y < size.height; ++y) {
    KITE_TRY(reader->read_row(row.data()));
    if (overview) {
      const std::int64_t read_ns = now_ns();
      overview->push(y, row.data());
      view_ns += now_ns() - read_ns;
    }
    if (y - taken.y < resizer.first_row() || y - taken.y >= resizer.end_row()) continue;
    const std::int64_t read_ns = now_ns();
    if (recipe.form.pixels == PixelMode::kGrey) make_grey(row.data(), size.width);
    resizer.push(y - taken.y, row.data() + 3 * taken.x);
    resize_ns += now_ns() - read_ns;
  }
  const std::int64_t decoded_ns = now_ns();
  PreparedPicture prepared{
      normalised(out, recipe), reader->facts(), decoded_ns - start_ns - resize_ns - view_ns, resize_ns, {}};
  prepared.preprocess_ns += now_ns() - decoded_ns;
  if (views.keep) prepared.views = views_of(*reader, cropping, out, std::move(overview));
  return prepared;
}

}  // namespace

Result<PreparedPicture> prepare_picture(std::span<const std::byte> file, const PreprocessRecipe& recipe,
                                        const ViewOptions& views, const Limits& limits) {
  return prepare_rows([&] { return open_picture(file, limits, recipe.exif); }, recipe, views);
}

Result<PreparedPicture> prepare_pixels(const DecodedPixels& pixels, const PreprocessRecipe& recipe,
                                       const ViewOptions& views, const Limits& limits) {
  return prepare_rows([&] { return open_pixels(pixels, recipe.exif, limits); }, recipe, views);
}

}  // namespace kite
