// SPDX-License-Identifier: Apache-2.0
// Merging, checking and describing recipes.
#include "image/recipe.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <system_error>

namespace kite {
namespace {

constexpr std::int64_t kMaxRecipeSide = 65536;  // JPEG's own largest side; a model input is far smaller

template <typename T>
bool fill(std::optional<T>& mine, const std::optional<T>& theirs) {
  if (mine || !theirs) return false;
  mine = theirs;
  return true;
}

std::string dims(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

// Shortest form that reads back the same, whatever the locale.
std::string digits(double value) {
  char text[32];
  const auto [end, status] = std::to_chars(text, text + sizeof text, value);
  return status == std::errc{} ? std::string(text, end) : "?";
}

std::string list(const std::array<double, 3>& values) {
  return "[" + digits(values[0]) + ", " + digits(values[1]) + ", " + digits(values[2]) + "]";
}

Error bad_field(std::string what, std::string remedy) {
  return {ErrorCode::kInvalidModel, std::move(what), "", std::move(remedy)};
}

bool side_ok(std::int64_t side) { return side >= 1 && side <= kMaxRecipeSide; }

}  // namespace

Size PreprocessRecipe::output_size() const noexcept {
  if (crop.width > 0) return crop;
  if (resize.mode == ResizeMode::kExact) return {resize.width, resize.height};
  return {};
}

std::string PreprocessRecipe::to_string() const {
  std::string text;
  switch (resize.mode) {
    case ResizeMode::kNone: text = "no resize"; break;
    case ResizeMode::kShortSide:
      text = "resize short side to " + std::to_string(resize.height) + " (" + std::string(filter_name(filter)) + ")";
      break;
    case ResizeMode::kExact:
      text = "resize to " + dims({resize.width, resize.height}) + " (" + std::string(filter_name(filter)) + ")";
      break;
  }
  if (crop.width > 0) {
    text += ", crop " + dims(crop) + (crop_rule == CropRule::kFloor ? " (offset rounded down)" : "");
  }
  if (normalization.arithmetic == Arithmetic::kHuggingFace && normalization.rescale != 1.0 / 255.0) {
    text += ", rescale " + digits(normalization.rescale);
  }
  text += ", mean " + list(normalization.mean) + ", std " + list(normalization.std);
  switch (form.pixels) {
    case PixelMode::kRgb: text += channel_order == ChannelOrder::kRgb ? ", RGB" : ", BGR"; break;
    case PixelMode::kGrey: text += ", grey"; break;
    case PixelMode::kRgba: text += channel_order == ChannelOrder::kRgb ? ", RGBA" : ", BGRA"; break;
  }
  text += ", " + form.axes;
  if (form.dtype != DType::kFloat32) text += ", " + std::string(dtype_name(form.dtype));
  if (exif == ExifPolicy::kApply) text += ", EXIF orientation applied";
  return text;
}

bool RecipeFields::empty() const noexcept {
  return !resize && !crop && !filter && !crop_rule && !mean && !std && !rescale && !arithmetic && !channel_order &&
         !exif;
}

bool RecipeFields::fill_from(const RecipeFields& other) {
  bool taken = fill(resize, other.resize);
  taken = fill(crop, other.crop) || taken;
  taken = fill(filter, other.filter) || taken;
  taken = fill(crop_rule, other.crop_rule) || taken;
  taken = fill(mean, other.mean) || taken;
  taken = fill(std, other.std) || taken;
  taken = fill(rescale, other.rescale) || taken;
  taken = fill(arithmetic, other.arithmetic) || taken;
  taken = fill(channel_order, other.channel_order) || taken;
  taken = fill(exif, other.exif) || taken;
  return taken;
}

PreprocessRecipe RecipeFields::complete() const {
  PreprocessRecipe recipe;
  recipe.resize = resize.value_or(recipe.resize);
  recipe.crop = crop.value_or(recipe.crop);
  recipe.filter = filter.value_or(recipe.filter);
  recipe.crop_rule = crop_rule.value_or(recipe.crop_rule);
  recipe.normalization.mean = mean.value_or(recipe.normalization.mean);
  recipe.normalization.std = std.value_or(recipe.normalization.std);
  recipe.normalization.rescale = rescale.value_or(recipe.normalization.rescale);
  // A stated factor is a multiplication; without one, dividing by 255 is what torchvision does.
  recipe.normalization.arithmetic = arithmetic.value_or(rescale ? Arithmetic::kHuggingFace : Arithmetic::kTorchvision);
  recipe.channel_order = channel_order.value_or(recipe.channel_order);
  recipe.exif = exif.value_or(recipe.exif);
  return recipe;
}

std::optional<Filter> filter_by_name(std::string_view name) {
  std::string lower(name.substr(name.rfind('.') + 1));  // "InterpolationMode.BILINEAR"; npos + 1 is 0
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (lower == "linear") return Filter::kBilinear;
  if (lower == "cubic") return Filter::kBicubic;
  if (lower == "nearest-exact" || lower == "nearest_exact") return Filter::kNearest;  // Pillow's nearest is exact
  for (const Filter filter :
       {Filter::kNearest, Filter::kBox, Filter::kBilinear, Filter::kHamming, Filter::kBicubic, Filter::kLanczos}) {
    if (lower == filter_name(filter)) return filter;
  }
  return std::nullopt;
}

Status validate(const RecipeFields& fields) {
  if (fields.resize && fields.resize->mode != ResizeMode::kNone &&
      (!side_ok(fields.resize->height) ||
       (fields.resize->mode == ResizeMode::kExact && !side_ok(fields.resize->width)))) {
    return bad_field("\"resize\" is outside 1..65536", "state it as pixels, e.g. 256 or [224, 224]");
  }
  const bool has_crop = fields.crop && (fields.crop->width != 0 || fields.crop->height != 0);
  if (has_crop && (!side_ok(fields.crop->width) || !side_ok(fields.crop->height))) {
    return bad_field("\"crop\" is outside 1..65536", "state it as pixels, e.g. 224 or [224, 224]");
  }
  for (std::size_t c = 0; c < 3; ++c) {
    if (fields.mean && !std::isfinite((*fields.mean)[c])) return bad_field("\"mean\" is not a finite number", "");
    if (fields.std && !(std::isfinite((*fields.std)[c]) && static_cast<float>((*fields.std)[c]) > 0.0F)) {
      return bad_field("\"std\" must be three numbers above 0", "1 leaves a channel as it is");
    }
  }
  if (fields.rescale && !std::isfinite(*fields.rescale)) return bad_field("\"rescale\" is not a finite number", "");
  return {};
}

}  // namespace kite
