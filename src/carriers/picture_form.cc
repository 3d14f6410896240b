// SPDX-License-Identifier: Apache-2.0
// Tries each layout that a picture may have in a tensor, the usual one first.
#include "carriers/picture_form.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "tensor/convert.h"

namespace kite {
namespace {

using Dims = std::vector<std::int64_t>;

bool is_open(std::int64_t dim) { return dim < 1; }
bool is_channels(std::int64_t dim) { return dim == 1 || dim == 3 || dim == 4; }

PixelMode pixels_of(std::int64_t channels) {
  if (channels == 1) return PixelMode::kGrey;
  return channels == 4 ? PixelMode::kRgba : PixelMode::kRgb;
}

std::optional<std::int64_t> dim_of(const Dims& shape, std::string_view axes, char axis) {
  const std::size_t at = axes.find(axis);
  if (at == std::string_view::npos) return std::nullopt;
  return shape[at];
}

PictureForm form_of(DType dtype, const Dims& shape, std::string_view axes) {
  PictureForm form;
  form.tensor.dtype = dtype;
  form.tensor.axes = axes;
  const std::int64_t channels = dim_of(shape, axes, 'C').value_or(1);
  form.tensor.pixels = is_open(channels) ? PixelMode::kRgb : pixels_of(channels);
  form.batch = std::max<std::int64_t>(dim_of(shape, axes, 'N').value_or(1), 0);
  form.height = std::max<std::int64_t>(*dim_of(shape, axes, 'H'), 0);
  form.width = std::max<std::int64_t>(*dim_of(shape, axes, 'W'), 0);
  return form;
}

// Whether channels are first or last, where the last three dimensions are a picture. When both ends have a number of
// channels, because a picture is at most four pixels wide, the layout with the larger picture is chosen: [4,4,3] is a
// picture of 4x4 pixels.
std::optional<bool> channels_come_first(std::int64_t first, std::int64_t middle, std::int64_t last) {
  if (is_channels(first) && is_channels(last)) return first == 3 || std::min(middle, last) >= std::min(first, middle);
  if (is_channels(first)) return true;
  if (is_channels(last)) return false;
  if (is_open(first)) return true;
  return std::nullopt;
}

// The axes of a shape of rank 2 to 5; empty where it holds no picture.
std::string axes_of(const Dims& shape) {
  const std::size_t rank = shape.size();
  if (rank == 2) return shape[0] > 1 && shape[1] > 1 ? "HW" : "";  // [1,784] is a row of numbers
  if (rank == 5) {
    const auto is_one = [](std::int64_t dim) { return dim <= 1; };
    if (is_one(shape[2]) && (shape[1] == 3 || shape[1] == 4)) return "NCTHW";
    if (!is_one(shape[1])) return "";
    const auto first = channels_come_first(shape[2], shape[3], shape[4]);
    return !first ? "" : *first ? "NTCHW" : "NTHWC";
  }
  if (rank != 3 && rank != 4) return "";
  const auto first = channels_come_first(shape[rank - 3], shape[rank - 2], shape[rank - 1]);
  if (!first) return "";
  // An open first dimension before two stated ones is a batch of grey pictures.
  if (rank == 3 && is_open(shape[0]) && *first && !is_open(shape[1]) && !is_open(shape[2])) return "NHW";
  const std::string axes = *first ? "CHW" : "HWC";
  return rank == 4 ? "N" + axes : axes;
}

// Of the other integers it is not known which of their numbers is white: 255 or their largest.
bool holds_pixels(DType dtype) {
  return is_floating_point(dtype) || dtype == DType::kUInt8 || dtype == DType::kInt8 || dtype == DType::kInt32 ||
         dtype == DType::kInt64;
}

}  // namespace

std::string shape_text(const Dims& shape) {
  std::string text = "[";
  for (const std::int64_t dim : shape) {
    if (text.size() > 1) text += ',';
    text += dim > 0 ? std::to_string(dim) : "?";
  }
  return text + "]";
}

std::string PictureForm::to_string() const {
  constexpr std::array<std::string_view, 3> kPixels{"RGB", "grey", "RGBA"};
  return std::string(dtype_name(tensor.dtype)) + ", " + tensor.axes + ", " +
         std::string(kPixels[static_cast<std::size_t>(tensor.pixels)]);
}

Result<PictureForm> read_picture_form(DType dtype, const Dims& shape) {
  const std::string type = std::string(dtype_name(dtype)) + shape_text(shape);
  if (dtype == DType::kUInt8 && shape.size() == 1) {
    return Error{ErrorCode::kUnsupportedModel,
                 "the input is " + type + ": the model decodes the bytes of a picture file itself", "",
                 "export it without the decoder (ImageDecoder, DecodeImage), from the picture tensor on"};
  }
  const std::string axes = holds_pixels(dtype) ? axes_of(shape) : "";
  if (axes.empty()) {
    return Error{ErrorCode::kUnsupportedModel,
                 "the input is " + type +
                     ", which is not a picture of 1, 3 or 4 channels ([N,C,H,W], [N,H,W,C], or one without N) in "
                     "floating-point numbers, uint8, int8, int32 or int64",
                 "", "give the tensor itself with kite run"};
  }
  return form_of(dtype, shape, axes);
}

}  // namespace kite
