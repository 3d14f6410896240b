// SPDX-License-Identifier: Apache-2.0
// One row for each picture; the tensor of a single picture is used without a copy.
#include "api/picture_rows.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "api/internals.h"
#include "image/picture_file.h"
#include "image/pixels.h"
#include "image/preprocess.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Result<PreparedPicture> copy_of(const TensorView& tensor, const TensorType& row) {
  if (tensor.type != row) {
    const auto text = [](const TensorType& type) {
      return std::string(dtype_name(type.dtype)) + type.shape.to_string();
    };
    return Error{ErrorCode::kInvalidInput,
                 "the tensor is " + text(tensor.type) + ", the model takes " + text(row) + " of a picture",
                 {},
                 "pass a tensor of that type, or the picture itself"};
  }
  PreparedPicture prepared;
  prepared.tensor = Tensor(row);
  std::ranges::copy(tensor.bytes(), prepared.tensor.mutable_view().data);
  return prepared;
}

// `row`: the type of what the model takes of one picture.
Result<PreparedPicture> prepare(const PreprocessRecipe& recipe, const Picture& picture, const TensorType& row,
                                const ViewOptions& views, const Limits& limits) {
  if (const auto* tensor = std::get_if<TensorView>(&picture)) return copy_of(*tensor, row);
  if (const auto* pixels = std::get_if<PixelView>(&picture)) {
    return prepare_pixels(
        {pixels->data, {pixels->width, pixels->height}, pixels->channels, pixels->row_stride, pixels->exif_orientation},
        recipe, views, limits);
  }
  const auto* path = std::get_if<std::string>(&picture);
  if (path == nullptr) {
    auto prepared = prepare_picture(std::get<std::span<const std::byte>>(picture), recipe, views, limits);
    if (!prepared.ok()) return std::move(prepared).error().in("the picture in memory");
    return prepared;
  }
  KITE_TRY_ASSIGN(const FileBytes file, read_picture_file(*path, limits));
  auto prepared = prepare_picture(file.bytes(), recipe, views, limits);
  if (!prepared.ok()) return std::move(prepared).error().in(*path);
  return prepared;
}

}  // namespace

PictureRows::PictureRows(const PreprocessRecipe& recipe, const TensorType& input, const ViewOptions& views,
                         const Limits& limits)
    : input_(input), views_(views), limits_(limits), row_(input) {
  const Shape& shape = input.shape;
  if (!recipe.form.axes.starts_with('N') || shape.rank() == 0 || shape[0] < 2) return;
  count_ = shape[0];
  std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
  dims[0] = 1;
  row_.shape = Shape::make(dims).value();  // smaller than one that exists
}

std::span<std::byte> PictureRows::row(std::size_t number) {
  const auto size_bytes = static_cast<std::size_t>(row_.size_bytes());
  return {tensor_.mutable_view().data + number * size_bytes, size_bytes};
}

Result<FilledRow> PictureRows::fill_row(const PreprocessRecipe& recipe, const Picture& picture, std::size_t number) {
  // A picture of many megapixels may want more memory than there is, and the next one may be smaller. The message is
  // short enough to need none.
  try {
    KITE_TRY_ASSIGN(PreparedPicture prepared, prepare(recipe, picture, row_, views_, limits_));
    if (prepared.tensor.type() != row_) {
      return Error{ErrorCode::kInvalidInput,
                   "the recipe gives a picture of " + prepared.tensor.shape().to_string() + ", the model wants " +
                       input_.shape.to_string(),
                   {},
                   "state the crop in the model's .kite.json file"};
    }
    if (count_ == 1) {
      tensor_ = std::move(prepared.tensor);
    } else {
      std::ranges::copy(prepared.tensor.view().bytes(), row(number).begin());
    }
    return FilledRow{std::move(prepared.facts), prepared.decode_ns, prepared.preprocess_ns, std::move(prepared.views)};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, "out of memory", {}, {}};
  }
}

std::vector<Result<FilledRow>> PictureRows::fill(const PreprocessRecipe& recipe, std::span<const Picture> pictures,
                                                 Session& session) {
  if (count_ > 1 && tensor_.type() != input_) tensor_ = Tensor(input_);
  std::vector<std::optional<Result<FilledRow>>> filled(pictures.size());
  Internals::session(session).share_out(pictures.size(),
                                        [&](std::size_t i) { filled[i] = fill_row(recipe, pictures[i], i); });
  std::vector<Result<FilledRow>> rows;
  std::optional<std::size_t> good;
  for (std::size_t i = 0; i < filled.size(); ++i) {
    rows.push_back(*std::move(filled[i]));
    if (rows[i].ok() && !good) good = i;
  }
  if (!good || count_ == 1) return rows;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i) {
    if (i >= rows.size() || !rows[i].ok()) std::ranges::copy(row(*good), row(i).begin());
  }
  return rows;
}

}  // namespace kite
