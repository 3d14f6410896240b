// SPDX-License-Identifier: Apache-2.0
// The two steps between a decoded picture and a tensor; each can be timed alone.
#include "image/preprocess.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "image/cropping.h"
#include "image/resize.h"
#include "image/row_reader.h"
#include "paperkite/try.h"

namespace kite {
namespace {

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
