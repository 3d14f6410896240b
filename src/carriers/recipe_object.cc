// SPDX-License-Identifier: Apache-2.0
// paperkite's own recipe object, key by key.
#include <string>
#include <string_view>

#include "carriers/json_fields.h"
#include "carriers/recipe_carriers.h"

namespace kite {
namespace {

using OrderedJson = nlohmann::ordered_json;

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
  } else if (key == "interpolation") {
    KITE_TRY_ASSIGN(fields.filter, filter_in(value, key));
  } else if (key == "mean") {
    KITE_TRY_ASSIGN(fields.mean, three_numbers_in(value, key));
  } else if (key == "std") {
    KITE_TRY_ASSIGN(fields.std, three_numbers_in(value, key));
  } else if (key == "rescale") {
    KITE_TRY_ASSIGN(fields.rescale, number_in(value, key));
  } else if (key == "crop_offset") {
    KITE_TRY_ASSIGN(fields.crop_rule, one_of(value, key, "half_even", CropRule::kHalfEven, "floor", CropRule::kFloor));
  } else if (key == "arithmetic") {
    KITE_TRY_ASSIGN(fields.arithmetic, one_of(value, key, "torchvision", Arithmetic::kTorchvision, "huggingface",
                                              Arithmetic::kHuggingFace));
  } else if (key == "channels") {
    KITE_TRY_ASSIGN(fields.channel_order, one_of(value, key, "rgb", ChannelOrder::kRgb, "bgr", ChannelOrder::kBgr));
  } else if (key == "exif") {
    KITE_TRY_ASSIGN(fields.exif, one_of(value, key, "ignore", ExifPolicy::kIgnore, "apply", ExifPolicy::kApply));
  } else if (key == "antialias") {
    // torchvision: Pillow pictures are always antialiased, whatever this says.
  } else {
    return bad_json("unknown key " + in_quotes(key) + " in the preprocessing",
                    "known: resize, crop, interpolation, mean, std, crop_offset, channels, rescale, arithmetic, exif");
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
  const Size crop = recipe.crop;
  if (crop.width > 0) object["crop"] = sides(crop.height, crop.width, crop.height == crop.width);
  object["interpolation"] = filter_name(recipe.filter);
  object["mean"] = recipe.normalization.mean;
  object["std"] = recipe.normalization.std;
  if (recipe.crop_rule == CropRule::kFloor) object["crop_offset"] = "floor";
  if (recipe.normalization.arithmetic == Arithmetic::kHuggingFace) {
    object["rescale"] = recipe.normalization.rescale;
    object["arithmetic"] = "huggingface";
  }
  if (recipe.channel_order == ChannelOrder::kBgr) object["channels"] = "bgr";
  if (recipe.exif == ExifPolicy::kApply) object["exif"] = "apply";
  return object.dump();
}

}  // namespace kite
