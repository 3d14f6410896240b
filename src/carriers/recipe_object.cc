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

Result<Arithmetic> arithmetic_in(const Json& value) {
  KITE_TRY_ASSIGN(const std::string word, text_in(value, "arithmetic"));
  for (const auto& [name, arithmetic] : kArithmetics) {
    if (word == name) return arithmetic;
  }
  return bad_json("\"arithmetic\" is " + in_quotes(word), "use torchvision, huggingface, product or fused");
}

constexpr std::pair<std::string_view, CropRule> kCropRules[] = {
    {"half_even", CropRule::kHalfEven}, {"floor", CropRule::kFloor}, {"floor_both", CropRule::kFloorBoth}};

Result<CropRule> crop_rule_in(const Json& value) {
  KITE_TRY_ASSIGN(const std::string word, text_in(value, "crop_offset"));
  for (const auto& [name, rule] : kCropRules) {
    if (word == name) return rule;
  }
  return bad_json("\"crop_offset\" is " + in_quotes(word), "use half_even, floor or floor_both");
}

Result<Colour> colour_in(const Json& value, const std::string& key) {
  KITE_TRY_ASSIGN(const auto numbers, three_numbers_in(value, key));
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    if (!(numbers[c] >= 0 && numbers[c] <= 255) || numbers[c] != std::floor(numbers[c])) {
      return bad_json(in_quotes(key) + " is no colour", "state three whole numbers from 0 to 255");
    }
    colour[c] = static_cast<std::uint8_t>(numbers[c]);
  }
  return colour;
}

// "resize_to" (squash, cover, fit: what [height, width] means) and "resize_multiple" belong to "resize".
Status resize_details(ResizeRule& rule, const Json& object) {
  if (const Json* to = find_member(object, "resize_to")) {
    KITE_TRY_ASSIGN(const std::string word, text_in(*to, "resize_to"));
    if (rule.mode != ResizeMode::kExact) return bad_json("\"resize_to\" needs \"resize\": [height, width]");
    if (word == "cover") {
      rule.mode = ResizeMode::kCover;
    } else if (word == "fit") {
      rule.mode = ResizeMode::kFit;
    } else if (word != "squash") {
      return bad_json("\"resize_to\" is " + in_quotes(word), "use squash, cover or fit");
    }
  }
  if (const Json* multiple = find_member(object, "resize_multiple")) {
    if (rule.mode != ResizeMode::kShortSide) return bad_json("\"resize_multiple\" needs \"resize\": one number");
    KITE_TRY_ASSIGN(rule.multiple, side_in(*multiple, "resize_multiple"));
  }
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
  } else if (key == "resize_to" || key == "resize_multiple") {
    return {};  // parts of "resize": see resize_details()
  } else if (key == "border") {
    KITE_TRY_ASSIGN(fields.fill, colour_in(value, key));
  } else if (key == "resampler") {
    KITE_TRY_ASSIGN(fields.resampler, one_of(value, key, "pillow", Resampler::kPillow, "torch", Resampler::kTorch));
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
    KITE_TRY_ASSIGN(fields.crop_rule, crop_rule_in(value));
  } else if (key == "arithmetic") {
    KITE_TRY_ASSIGN(fields.arithmetic, arithmetic_in(value));
  } else if (key == "channels") {
    KITE_TRY_ASSIGN(fields.channel_order, one_of(value, key, "rgb", ChannelOrder::kRgb, "bgr", ChannelOrder::kBgr));
  } else if (key == "exif") {
    KITE_TRY_ASSIGN(fields.exif, one_of(value, key, "ignore", ExifPolicy::kIgnore, "apply", ExifPolicy::kApply));
  } else if (key == "antialias") {
    KITE_TRY_ASSIGN(const bool antialias, value.is_null() ? Result<bool>(true) : flag_in({{key, value}}, "antialias", true));
    if (!antialias) {
      return bad_json("\"antialias\": false is not supported: such a resize skips pixels when it shrinks",
                      "torchvision antialiases pictures in any case; where tensors were resized without, put a Resize "
                      "into the model");
    }
  } else {
    return bad_json("unknown key " + in_quotes(key) + " in the preprocessing",
                    "known: resize, crop, interpolation, mean, std, crop_offset, channels, rescale, offset, second_std, "
                    "arithmetic, exif, first_crop, resize_to, resize_multiple, border, resampler, antialias");
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
  // Squashing to a size says everything about the geometry; a crop from elsewhere has no place after it.
  if (fields.resize && fields.resize->mode == ResizeMode::kExact && !fields.crop) fields.crop = Size{};
  KITE_TRY(validate(fields));
  return fields;
}

Result<RecipeFields> parse_recipe(std::string_view json) {
  KITE_TRY_ASSIGN(const Json object, parse_json(json));
  return recipe_from_object(object);
}

std::string recipe_json(const PreprocessRecipe& recipe) {
  OrderedJson object = {{"resize", nullptr}, {"crop", nullptr}};
  const ResizeRule& resize = recipe.resize;
  if (resize.mode != ResizeMode::kNone) {
    object["resize"] = sides(resize.height, resize.width, resize.mode == ResizeMode::kShortSide);
  }
  if (resize.mode == ResizeMode::kCover) object["resize_to"] = "cover";
  if (resize.mode == ResizeMode::kFit) object["resize_to"] = "fit";
  if (resize.multiple != 1) object["resize_multiple"] = resize.multiple;
  if (recipe.first_crop) object["first_crop"] = {recipe.first_crop->height, recipe.first_crop->width};
  const Size crop = recipe.crop;
  if (crop.width > 0) object["crop"] = sides(crop.height, crop.width, crop.height == crop.width);
  if (recipe.fill != Colour{}) object["border"] = recipe.fill;
  object["interpolation"] = filter_name(recipe.filter);
  if (recipe.resampler == Resampler::kTorch) object["resampler"] = "torch";
  const Normalization& normalization = recipe.normalization;
  object["mean"] = normalization.mean;
  object["std"] = normalization.std;
  if (normalization.second_std != std::array<double, 3>{1, 1, 1}) object["second_std"] = normalization.second_std;
  for (const auto& [name, rule] : kCropRules) {
    if (recipe.crop_rule == rule && rule != CropRule::kHalfEven) object["crop_offset"] = name;
  }
  if (normalization.arithmetic != Arithmetic::kTorchvision) {
    object["rescale"] = normalization.rescale;
    for (const auto& [name, arithmetic] : kArithmetics) {
      if (normalization.arithmetic == arithmetic) object["arithmetic"] = name;
    }
  }
  if (normalization.offset != 0.0) object["offset"] = normalization.offset;
  if (recipe.channel_order == ChannelOrder::kBgr) object["channels"] = "bgr";
  if (recipe.exif == ExifPolicy::kApply) object["exif"] = "apply";
  return object.dump();
}

}  // namespace kite
