// SPDX-License-Identifier: Apache-2.0
// metadata_properties.json, which Custom Vision writes beside an exported model since 2020.
#include <array>
#include <string>

#include "base/printable.h"
#include "carriers/json_fields.h"
#include "carriers/pixel_range.h"
#include "carriers/recipe_carriers.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr const char* kFile = "metadata_properties.json";

// Numbers may be stored as text.
Result<Json> value_of(const Json& value) {
  if (!value.is_string()) return value;
  const Result<Json> parsed = parse_json(value.get<std::string>());
  return parsed.ok() ? *parsed : value;
}

Result<std::int64_t> pixels(const Json& object, const char* key) {
  const Json* member = find_member(object, key);
  if (member == nullptr) return std::int64_t{0};
  KITE_TRY_ASSIGN(const Json value, value_of(*member));
  return side_in(value, key);
}

Status take_geometry(RecipeFields& fields, const Json& object) {
  const Json* crop = find_member(object, "CustomVision.Preprocess.CropMethod");
  if (crop != nullptr && *crop != "NoCrop") {
    return Error{ErrorCode::kUnsupportedModel,
                 "CropMethod " + in_quotes(crop->dump()) + " is not supported: its crop is not documented", "",
                 kStateIt};
  }
  const Json* method = find_member(object, "CustomVision.Preprocess.ResizeMethod");
  if (method == nullptr) return {};
  if (*method != "Stretch") {
    return Error{ErrorCode::kUnsupportedModel, "ResizeMethod " + in_quotes(method->dump()) + " is not supported", "",
                 kStateIt};
  }
  KITE_TRY_ASSIGN(const std::int64_t width, pixels(object, "CustomVision.Preprocess.TargetWidth"));
  KITE_TRY_ASSIGN(const std::int64_t height, pixels(object, "CustomVision.Preprocess.TargetHeight"));
  if (width < 1 || height < 1) return bad_json("TargetWidth or TargetHeight is missing");
  fields.resize = ResizeRule{ResizeMode::kExact, height, width};
  fields.crop = Size{width, height};
  fields.filter = Filter::kBicubic;  // Pillow's default, which the service's sample for Python uses
  return {};
}

Result<std::array<double, 3>> three_or(const Json& object, const char* key, double otherwise) {
  const Json* member = find_member(object, key);
  if (member == nullptr) return std::array<double, 3>{otherwise, otherwise, otherwise};
  KITE_TRY_ASSIGN(const Json value, value_of(*member));
  return three_numbers_in(value, key);
}

Result<RecipeFields> recipe_from(const Json& object) {
  RecipeFields fields;
  const Json* method = find_member(object, "CustomVision.Postprocess.Method");
  const bool classifies =
      method == nullptr || !method->is_string() || method->get_ref<const std::string&>().starts_with("Classification");
  if (!classifies) {
    return Error{ErrorCode::kUnsupportedModel, "Postprocess.Method is " + in_quotes(method->dump()), "",
                 "use a classification export"};
  }
  std::string range = "NominalRange_0_255";
  if (const Json* value = find_member(object, "Image.NominalPixelRange")) {
    KITE_TRY_ASSIGN(range, text_in(*value, "Image.NominalPixelRange"));
  }
  KITE_TRY(take_pixel_range(fields, range));
  if (const Json* value = find_member(object, "Image.BitmapPixelFormat")) {
    KITE_TRY_ASSIGN(const std::string format, text_in(*value, "Image.BitmapPixelFormat"));
    KITE_TRY(take_pixel_format(fields, format));
  }
  KITE_TRY_ASSIGN(const auto mean, three_or(object, "CustomVision.Preprocess.NormalizeMean", 0));
  KITE_TRY_ASSIGN(const auto std, three_or(object, "CustomVision.Preprocess.NormalizeStd", 1));
  const bool normalises = mean != std::array<double, 3>{0, 0, 0} || std != std::array<double, 3>{1, 1, 1};
  if (normalises && range != "NominalRange_0_255") {
    return Error{ErrorCode::kUnsupportedModel, "NormalizeMean and NormalizeStd with pixels in " + in_quotes(range), "",
                 kStateIt};
  }
  if (normalises) take_raw_range(fields, mean, std);
  KITE_TRY(take_geometry(fields, object));
  KITE_TRY(validate(fields));
  return fields;
}

}  // namespace

Status read_custom_vision(Offers& offers) {
  const FolderEntry* file = offers.wants_recipe() ? offers.folder().file(kFile) : nullptr;
  if (file == nullptr) return {};
  const Result<Json>& object = offers.json(*file);
  if (!object.ok()) return offers.refuse(file->name, Bond::kBeside, object.error());
  if (!object->is_object()) return offers.refuse(file->name, Bond::kBeside, bad_json("not a JSON object"));
  return offers.recipe(file->name, Bond::kBeside, recipe_from(*object));
}

}  // namespace kite
