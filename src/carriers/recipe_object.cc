// SPDX-License-Identifier: Apache-2.0
// paperkite's own recipe object, key by key.
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "carriers/json_fields.h"
#include "carriers/recipe_carriers.h"

namespace kite {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::pair<std::string_view, Arithmetic> kArithmetics[] = {{"torchvision", Arithmetic::kTorchvision},
                                                                    {"huggingface", Arithmetic::kHuggingFace},
                                                                    {"product", Arithmetic::kProduct},
                                                                    {"fused", Arithmetic::kFused}};

constexpr std::pair<std::string_view, CropRule> kCropRules[] = {{"half_even", CropRule::kHalfEven},
                                                                {"floor", CropRule::kFloor},
                                                                {"floor_both", CropRule::kFloorBoth},
                                                                {"start", CropRule::kStart}};

constexpr std::pair<std::string_view, ResizeMode> kResizeModes[] = {{"squash", ResizeMode::kExact},
                                                                    {"cover", ResizeMode::kCover},
                                                                    {"fit", ResizeMode::kFit},
                                                                    {"fit_scaled", ResizeMode::kFitScaled},
                                                                    {"fit_by_ratio", ResizeMode::kFitByRatio}};

constexpr std::pair<std::string_view, Resampler> kResamplers[] = {
    {"pillow", Resampler::kPillow}, {"torch", Resampler::kTorch}, {"opencv", Resampler::kOpenCv}};

constexpr std::pair<std::string_view, FirstCrop::Unit> kFirstCropUnits[] = {{"short_side", FirstCrop::Unit::kShortSide},
                                                                            {"shape", FirstCrop::Unit::kShape}};

// The meaning of a word in a table; the Error for an unknown word lists all words of the table.
template <typename T, std::size_t kCount>
Result<T> meaning_of(const Json& value, const std::string& key, const std::pair<std::string_view, T> (&words)[kCount]) {
  KITE_TRY_ASSIGN(const std::string word, text_in(value, key));
  std::string known;
  for (const auto& [name, meaning] : words) {
    if (word == name) return meaning;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return bad_json(in_quotes(key) + " is " + in_quotes(word), "use one of " + known);
}

template <typename T, std::size_t kCount>
std::string_view word_for(T meaning, const std::pair<std::string_view, T> (&words)[kCount]) {
  for (const auto& [name, its_meaning] : words) {
    if (meaning == its_meaning) return name;
  }
  return "";
}

Result<Colour> colour_in(const Json& value, const std::string& key) {
  KITE_TRY_ASSIGN(const auto numbers, three_numbers_in(value, key));
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    if (!(numbers[c] >= 0 && numbers[c] <= 255) || numbers[c] != std::floor(numbers[c])) {
      return bad_json(in_quotes(key) + " is not a colour", "state three whole numbers from 0 to 255");
    }
    colour[c] = static_cast<std::uint8_t>(numbers[c]);
  }
  return colour;
}

// "resize_to" (what [height, width] means) and "resize_multiple" belong to "resize".
Status resize_details(ResizeRule& rule, const Json& object) {
  if (const Json* to = find_member(object, "resize_to")) {
    if (rule.mode != ResizeMode::kExact) return bad_json("\"resize_to\" needs \"resize\": [height, width]");
    KITE_TRY_ASSIGN(rule.mode, meaning_of(*to, "resize_to", kResizeModes));
  }
  if (const Json* multiple = find_member(object, "resize_multiple")) {
    if (rule.mode != ResizeMode::kShortSide) return bad_json("\"resize_multiple\" needs \"resize\": one number");
    KITE_TRY_ASSIGN(rule.multiple, side_in(*multiple, "resize_multiple"));
  }
  return {};
}

// "antialias": false is a way of "resampler": only torch can resize with it and without it.
Status antialias_details(std::optional<Resampler>& resampler, const Json& object) {
  const Json* value = find_member(object, "antialias");
  if (value == nullptr || value->is_null()) return {};
  KITE_TRY_ASSIGN(const bool antialias, flag_in(object, "antialias", true));
  if (antialias || resampler == Resampler::kOpenCv) return {};  // OpenCV's bilinear filter never antialiases
  if (resampler == Resampler::kPillow) {
    return bad_json("\"antialias\": false contradicts \"resampler\": \"pillow\", which always antialiases",
                    "leave \"resampler\" out, which then is torch");
  }
  resampler = Resampler::kTorchAliased;
  return {};
}

Status take_field(RecipeFields& fields, const std::string& key, const Json& value) {
  if (key == "resize" || key == "resize_size") {
    if (value.is_null() || value == false) {
      fields.resize = ResizeRule{};
      return {};
    }
    KITE_TRY_ASSIGN(const Sides size, sides_in(value, key));
    fields.resize = size.one ? ResizeRule{ResizeMode::kShortSide, size.height, 0}
                             : ResizeRule{ResizeMode::kExact, size.height, size.width};
  } else if (key == "crop" || key == "crop_size") {
    if (value.is_null() || value == false) {
      fields.crop = Size{};
      return {};
    }
    KITE_TRY_ASSIGN(const Sides size, sides_in(value, key));
    if (size.height < 1 || size.width < 1) return bad_json(in_quotes(key) + " is below 1 pixel");
    fields.crop = Size{size.width, size.height};
  } else if (key == "first_crop") {
    if (value.is_null()) return {};
    if (!value.is_array() || value.size() != 2) return bad_json("\"first_crop\" is not [height, width]");
    KITE_TRY_ASSIGN(const double height, number_in(value[0], key));
    KITE_TRY_ASSIGN(const double width, number_in(value[1], key));
    fields.first_crop = FirstCrop{height, width};
  } else if (key == "resize_to" || key == "resize_multiple" || key == "first_crop_of" || key == "antialias") {
    return {};  // details of other keys: see recipe_from_object()
  } else if (key == "border") {
    KITE_TRY_ASSIGN(fields.fill, colour_in(value, key));
  } else if (key == "resampler") {
    KITE_TRY_ASSIGN(fields.resampler, meaning_of(value, key, kResamplers));
  } else if (key == "second_std") {
    KITE_TRY_ASSIGN(fields.second_std, three_numbers_in(value, key));
  } else if (key == "offset") {
    KITE_TRY_ASSIGN(fields.offset, number_in(value, key));
  } else if (key == "interpolation") {
    KITE_TRY_ASSIGN(fields.filter, filter_in(value, key));
  } else if (key == "mean") {
    KITE_TRY_ASSIGN(fields.mean, three_numbers_in(value, key));
  } else if (key == "std") {
    KITE_TRY_ASSIGN(fields.std, three_numbers_in(value, key));
  } else if (key == "rescale") {
    KITE_TRY_ASSIGN(fields.rescale, number_in(value, key));
  } else if (key == "crop_offset") {
    KITE_TRY_ASSIGN(fields.crop_rule, meaning_of(value, key, kCropRules));
  } else if (key == "arithmetic") {
    KITE_TRY_ASSIGN(fields.arithmetic, meaning_of(value, key, kArithmetics));
  } else if (key == "channels") {
    KITE_TRY_ASSIGN(fields.channel_order, one_of(value, key, "rgb", ChannelOrder::kRgb, "bgr", ChannelOrder::kBgr));
  } else if (key == "exif") {
    KITE_TRY_ASSIGN(fields.exif, one_of(value, key, "ignore", ExifPolicy::kIgnore, "apply", ExifPolicy::kApply));
  } else {
    return bad_json(
        "unknown key " + in_quotes(key) + " in the preprocessing",
        "known: resize, crop, interpolation, mean, std, crop_offset, channels, rescale, offset, second_std, "
        "arithmetic, exif, first_crop, first_crop_of, resize_to, resize_multiple, border, resampler, antialias");
  }
  return {};
}

OrderedJson sides(std::int64_t height, std::int64_t width, bool one) {
  return one ? OrderedJson(height) : OrderedJson{height, width};
}

}  // namespace

Result<RecipeFields> recipe_from_object(const Json& object) {
  if (!object.is_object()) return bad_json("the preprocessing is not a JSON object");
  RecipeFields fields;
  for (const auto& [key, value] : object.items()) KITE_TRY(take_field(fields, key, value));
  ResizeRule none;
  KITE_TRY(resize_details(fields.resize ? *fields.resize : none, object));
  KITE_TRY(antialias_details(fields.resampler, object));
  if (const Json* unit = find_member(object, "first_crop_of")) {
    if (!fields.first_crop) return bad_json("\"first_crop_of\" needs \"first_crop\": [height, width]");
    KITE_TRY_ASSIGN(fields.first_crop->unit, meaning_of(*unit, "first_crop_of", kFirstCropUnits));
  }
  // Squashing to a size states all of the geometry, so no crop from another source may follow it.
  if (fields.resize && fields.resize->mode == ResizeMode::kExact && !fields.crop) fields.crop = Size{};
  KITE_TRY(validate(fields));
  return fields;
}

Result<RecipeFields> parse_recipe(std::string_view json) {
  KITE_TRY_ASSIGN(const Json object, parse_json(json));
  return recipe_from_object(object);
}

std::string recipe_json(const PreprocessRecipe& recipe) {
  // When memory is refused, nlohmann/json loses the object that it makes from a list in braces, and a value that is
  // null until its first member comes is left without one.
  OrderedJson object = OrderedJson::object();
  object["resize"] = nullptr;
  object["crop"] = nullptr;
  const ResizeRule& resize = recipe.resize;
  if (resize.mode != ResizeMode::kNone) {
    object["resize"] = sides(resize.height, resize.width, resize.mode == ResizeMode::kShortSide);
  }
  const std::string_view resize_to = word_for(resize.mode, kResizeModes);
  if (!resize_to.empty() && resize.mode != ResizeMode::kExact) object["resize_to"] = resize_to;
  if (resize.multiple != 1) object["resize_multiple"] = resize.multiple;
  if (recipe.first_crop) object["first_crop"] = {recipe.first_crop->height, recipe.first_crop->width};
  if (recipe.first_crop && recipe.first_crop->unit == FirstCrop::Unit::kShape) object["first_crop_of"] = "shape";
  const Size crop = recipe.crop;
  if (crop.width > 0) object["crop"] = sides(crop.height, crop.width, crop.height == crop.width);
  if (recipe.fill != Colour{}) object["border"] = recipe.fill;
  object["interpolation"] = filter_name(recipe.filter);
  const bool is_aliased = recipe.resampler == Resampler::kTorchAliased;
  const Resampler resampler = is_aliased ? Resampler::kTorch : recipe.resampler;
  if (resampler != Resampler::kPillow) object["resampler"] = word_for(resampler, kResamplers);
  if (is_aliased) object["antialias"] = false;
  const Normalization& normalization = recipe.normalization;
  object["mean"] = normalization.mean;
  object["std"] = normalization.std;
  if (normalization.second_std != std::array<double, 3>{1, 1, 1}) object["second_std"] = normalization.second_std;
  if (recipe.crop_rule != CropRule::kHalfEven) object["crop_offset"] = word_for(recipe.crop_rule, kCropRules);
  if (normalization.arithmetic != Arithmetic::kTorchvision || normalization.rescale != Normalization{}.rescale) {
    object["rescale"] = normalization.rescale;
    object["arithmetic"] = word_for(normalization.arithmetic, kArithmetics);
  }
  if (normalization.offset != 0.0) object["offset"] = normalization.offset;
  if (recipe.channel_order == ChannelOrder::kBgr) object["channels"] = "bgr";
  if (recipe.exif == ExifPolicy::kApply) object["exif"] = "apply";
  return object.dump();
}

}  // namespace kite
