// SPDX-License-Identifier: Apache-2.0
// Merging, checking and describing recipes.
#include "image/recipe.h"

#include <cmath>

#include "base/ascii.h"
#include "base/decimal_text.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::int64_t kMaxRecipeSide = 65536;  // JPEG's own largest side; a model input is far smaller

template <typename T>
bool take(std::optional<T>& mine, const std::optional<T>& theirs) {
  if (mine || !theirs) return false;
  mine = theirs;
  return true;
}

std::string dims(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

std::string list(const std::array<double, 3>& values) {
  return "[" + shortest_text(values[0]) + ", " + shortest_text(values[1]) + ", " + shortest_text(values[2]) + "]";
}

Error bad_field(std::string what, std::string remedy) {
  return {ErrorCode::kInvalidModel, std::move(what), "", std::move(remedy)};
}

std::string resize_text(const PreprocessRecipe& recipe) {
  const ResizeRule& rule = recipe.resize;
  std::string text;
  switch (rule.mode) {
    case ResizeMode::kNone: return "no resize";
    case ResizeMode::kShortSide: text = "resize short side to " + std::to_string(rule.height); break;
    case ResizeMode::kExact: text = "resize to " + dims({rule.width, rule.height}); break;
    case ResizeMode::kCover: text = "resize to cover " + dims({rule.width, rule.height}); break;
    case ResizeMode::kFit:
    case ResizeMode::kFitScaled:
    case ResizeMode::kFitByRatio: text = "resize to fit into " + dims({rule.width, rule.height}); break;
  }
  if (rule.multiple != 1) text += ", up to a multiple of " + std::to_string(rule.multiple);
  text += " (" + std::string(filter_name(recipe.filter));
  switch (recipe.resampler) {
    case Resampler::kPillow: return text + ")";
    case Resampler::kTorch: return text + " as torch does)";
    case Resampler::kTorchAliased: return text + " as torch does without antialiasing)";
    case Resampler::kOpenCv: return text + " as OpenCV does)";
  }
  return text;
}

std::string_view crop_rule_text(CropRule rule) {
  if (rule == CropRule::kHalfEven) return "";
  return rule == CropRule::kStart ? " (from the top left)" : " (offset rounded down)";
}

std::string geometry_text(const PreprocessRecipe& recipe) {
  std::string text;
  if (recipe.first_crop) {
    const bool is_shape = recipe.first_crop->unit == FirstCrop::Unit::kShape;
    text = "crop " + std::string(is_shape ? "the shape " : "") + shortest_text(recipe.first_crop->width) + "x" +
           shortest_text(recipe.first_crop->height) + (is_shape ? ", " : " of the short side, ");
  }
  text += resize_text(recipe);
  if (recipe.crop.width > 0) {
    text += ", crop " + dims(recipe.crop) + std::string(crop_rule_text(recipe.crop_rule));
    if (recipe.fill != Colour{}) {
      text += ", border " + list({static_cast<double>(recipe.fill[0]), static_cast<double>(recipe.fill[1]),
                                  static_cast<double>(recipe.fill[2])});
    }
  }
  return text;
}

bool side_ok(std::int64_t side) { return side >= 1 && side <= kMaxRecipeSide; }

}  // namespace

Size PreprocessRecipe::output_size() const noexcept {
  if (crop.width > 0) return crop;
  if (resize.mode == ResizeMode::kExact) return {resize.width, resize.height};
  return {};  // also for kCover and kFit: the size depends on the picture
}

std::string PreprocessRecipe::to_string() const {
  std::string text = geometry_text(*this);
  const Normalization& n = normalization;
  if (n.arithmetic != Arithmetic::kTorchvision && n.rescale != 1.0 / 255.0)
    text += ", rescale " + shortest_text(n.rescale);
  if (n.offset != 0.0) text += ", offset " + shortest_text(n.offset);
  text += ", mean " + list(normalization.mean) + ", std " + list(normalization.std);
  if (n.second_std != std::array<double, 3>{1, 1, 1}) text += ", divided again by " + list(n.second_std);
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
  return !first_crop && !resize && !crop && !fill && !filter && !resampler && !crop_rule && !mean && !std &&
         !second_std && !rescale && !offset && !arithmetic && !channel_order && !exif;
}

bool RecipeFields::fill_from(const RecipeFields& other) {
  // A crop before the resize is only used together with that resize, and a resampler only with its filter.
  bool taken = !resize && take(first_crop, other.first_crop);
  taken = (!filter && take(resampler, other.resampler)) || taken;
  taken = take(resize, other.resize) || taken;
  taken = take(crop, other.crop) || taken;
  taken = take(fill, other.fill) || taken;
  taken = take(filter, other.filter) || taken;
  taken = take(second_std, other.second_std) || taken;
  taken = take(offset, other.offset) || taken;
  taken = take(crop_rule, other.crop_rule) || taken;
  taken = take(mean, other.mean) || taken;
  taken = take(std, other.std) || taken;
  taken = take(rescale, other.rescale) || taken;
  taken = take(arithmetic, other.arithmetic) || taken;
  taken = take(channel_order, other.channel_order) || taken;
  taken = take(exif, other.exif) || taken;
  return taken;
}

PreprocessRecipe RecipeFields::complete() const {
  PreprocessRecipe recipe;
  recipe.first_crop = first_crop;
  recipe.resize = resize.value_or(recipe.resize);
  recipe.fill = fill.value_or(recipe.fill);
  recipe.resampler = resampler.value_or(recipe.resampler);
  recipe.normalization.second_std = second_std.value_or(recipe.normalization.second_std);
  recipe.normalization.offset = offset.value_or(recipe.normalization.offset);
  recipe.crop = crop.value_or(recipe.crop);
  recipe.filter = filter.value_or(recipe.filter);
  recipe.crop_rule = crop_rule.value_or(recipe.crop_rule);
  recipe.normalization.mean = mean.value_or(recipe.normalization.mean);
  recipe.normalization.std = std.value_or(recipe.normalization.std);
  recipe.normalization.rescale = rescale.value_or(recipe.normalization.rescale);
  // A stated factor means a multiplication; without one, the numbers are divided by 255, as torchvision does.
  recipe.normalization.arithmetic = arithmetic.value_or(rescale ? Arithmetic::kHuggingFace : Arithmetic::kTorchvision);
  recipe.channel_order = channel_order.value_or(recipe.channel_order);
  recipe.exif = exif.value_or(recipe.exif);
  return recipe;
}

std::optional<Filter> filter_by_name(std::string_view name) {
  const std::string lower =
      lower_case(name.substr(name.rfind('.') + 1));  // "InterpolationMode.BILINEAR"; npos + 1 is 0
  if (lower == "linear") return Filter::kBilinear;
  if (lower == "cubic") return Filter::kBicubic;
  if (lower == "nearest-exact" || lower == "nearest_exact") return Filter::kNearest;  // Pillow's nearest is exact
  for (const Filter filter :
       {Filter::kNearest, Filter::kBox, Filter::kBilinear, Filter::kHamming, Filter::kBicubic, Filter::kLanczos}) {
    if (lower == filter_name(filter)) return filter;
  }
  return std::nullopt;
}

namespace {

Status validate_geometry(const RecipeFields& fields) {
  if (fields.resize && fields.resize->mode != ResizeMode::kNone) {
    const ResizeRule& rule = *fields.resize;
    if (!side_ok(rule.height) || (rule.mode != ResizeMode::kShortSide && !side_ok(rule.width))) {
      return bad_field("\"resize\" is outside 1..65536", "state it as pixels, e.g. 256 or [224, 224]");
    }
    if (rule.multiple < 1 || rule.multiple > 1024) {
      return bad_field("\"resize_multiple\" is outside 1..1024", "state it as pixels, e.g. 32");
    }
  }
  if (fields.first_crop) {
    const bool is_shape = fields.first_crop->unit == FirstCrop::Unit::kShape;
    const auto fraction = [&](double part) { return part > 0.0 && part <= (is_shape ? 65536.0 : 1.0); };
    if (!fraction(fields.first_crop->height) || !fraction(fields.first_crop->width)) {
      return is_shape
                 ? bad_field("\"first_crop\" is not a shape", "state [height, width] in pixels of the model's input")
                 : bad_field("\"first_crop\" is not a fraction of the picture's short side",
                             "state [height, width], each above 0 and up to 1");
    }
  }
  return {};
}

}  // namespace

Status validate(const RecipeFields& fields) {
  KITE_TRY(validate_geometry(fields));
  const bool has_crop = fields.crop && (fields.crop->width != 0 || fields.crop->height != 0);
  if (has_crop && (!side_ok(fields.crop->width) || !side_ok(fields.crop->height))) {
    return bad_field("\"crop\" is outside 1..65536", "state it as pixels, e.g. 224 or [224, 224]");
  }
  for (std::size_t c = 0; c < 3; ++c) {
    if (fields.mean && !std::isfinite((*fields.mean)[c])) return bad_field("\"mean\" is not a finite number", "");
    if (fields.std && !(std::isfinite((*fields.std)[c]) && static_cast<float>((*fields.std)[c]) > 0.0F)) {
      return bad_field("\"std\" must be three numbers above 0", "1 does not change a channel");
    }
    if (fields.second_std && !(std::isfinite((*fields.second_std)[c]) && (*fields.second_std)[c] > 1e-30)) {
      return bad_field("\"second_std\" must be three numbers above 0", "1 does not change a channel");
    }
  }
  if (fields.rescale && !std::isfinite(*fields.rescale)) return bad_field("\"rescale\" is not a finite number", "");
  if (fields.offset && !std::isfinite(*fields.offset)) return bad_field("\"offset\" is not a finite number", "");
  if (fields.arithmetic == Arithmetic::kFused) {
    if (fields.offset.value_or(0.0) != 0.0) return bad_field("\"offset\" cannot be used with fused arithmetic", "");
    const double factor = fields.rescale.value_or(1.0 / 255.0);
    if (!(std::abs(factor) > 1e-30)) return bad_field("\"rescale\" is 0", "state the factor of the pixel values");
  }
  return {};
}

}  // namespace kite
