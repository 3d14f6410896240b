// SPDX-License-Identifier: Apache-2.0
// timm's config.json, with timm's own defaults, so that the recipe is complete.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "carriers/json_fields.h"
#include "carriers/recipe_carriers.h"

namespace kite {
namespace {

// timm treats a value of null, 0, "" or [] as not stated.
const Json* stated(const Json& cfg, const char* key) {
  const Json* value = find_member(cfg, key);
  if (value == nullptr) return nullptr;
  const bool is_empty = (value->is_string() || value->is_array()) && (value->empty() || *value == "");
  return is_empty || (value->is_number() && *value == 0) ? nullptr : value;
}

Result<Size> timm_size(const Json& cfg) {
  const Json* size = stated(cfg, "input_size");
  if (size == nullptr) return Size{224, 224};
  if (!size->is_array() || size->size() != 3) return bad_json("\"input_size\" is not [channels, height, width]");
  KITE_TRY_ASSIGN(const std::int64_t height, side_in((*size)[1], "input_size"));
  KITE_TRY_ASSIGN(const std::int64_t width, side_in((*size)[2], "input_size"));
  return Size{width, height};
}

Status timm_geometry(RecipeFields& fields, const Json& cfg) {
  KITE_TRY_ASSIGN(const Size size, timm_size(cfg));
  double crop_pct = 0.875;
  if (const Json* value = stated(cfg, "crop_pct")) {
    KITE_TRY_ASSIGN(crop_pct, number_in(*value, "crop_pct"));
    if (!(crop_pct > 0.0 && crop_pct <= 1000.0)) return bad_json("\"crop_pct\" is not above 0");
  }
  std::string mode = "center";
  if (const Json* value = stated(cfg, "crop_mode")) {
    KITE_TRY_ASSIGN(mode, text_in(*value, "crop_mode"));
  }
  if (mode != "center" && mode != "squash" && mode != "border") {
    return bad_json("timm has no crop_mode " + in_quotes(mode), "use center, squash or border");
  }
  const auto scaled = [crop_pct](std::int64_t n) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(n) / crop_pct));
  };
  const std::int64_t height = scaled(size.height);
  const std::int64_t width = scaled(size.width);
  if (mode == "squash") {
    fields.resize = ResizeRule{ResizeMode::kExact, height, width};
  } else if (mode == "border") {
    fields.resize = ResizeRule{ResizeMode::kFit, height, width};
    fields.fill = Colour{};
    for (std::size_t c = 0; c < 3; ++c) {
      const double level = std::nearbyint(255.0 * (*fields.mean)[c]);  // ties to even, as Python rounds
      if (!(level >= 0 && level <= 255)) return bad_json("\"mean\" is not a colour for the border");
      (*fields.fill)[c] = static_cast<std::uint8_t>(level);
    }
  } else {
    fields.resize =
        height == width ? ResizeRule{ResizeMode::kShortSide, height, 0} : ResizeRule{ResizeMode::kCover, height, width};
  }
  fields.crop = size;
  return {};
}

Result<Filter> timm_filter(const Json& cfg) {
  const Json* value = stated(cfg, "interpolation");
  if (value == nullptr) return Filter::kBicubic;
  KITE_TRY_ASSIGN(const std::string name, text_in(*value, "interpolation"));
  if (name != "random") return filter_in(*value, "interpolation");
  return bad_json("\"interpolation\" is \"random\": timm draws a filter for each picture, for training",
                  "state \"bilinear\" or \"bicubic\"");
}

// timm's resolve_data_config() reads these keys only with use_test_size. timm's validation script uses that option;
// create_transform() and Hugging Face's wrapper do not.
std::string timm_test_size_note(const Json& cfg) {
  std::string values;
  for (const char* key : {"test_input_size", "test_crop_pct"}) {
    const Json* test = stated(cfg, key);
    const Json* usual = find_member(cfg, key + 5);  // without "test_"
    if (test == nullptr || (usual != nullptr && *usual == *test)) continue;
    values += (values.empty() ? "" : ", ") + std::string(key) + " " + test->dump();
  }
  if (values.empty()) return "";
  return "timm's " + values + " is not used, as by default in timm; to use it, " + kStateIt;
}

}  // namespace

// The keys may stand at the top of the file, and those that have timm's defaults may be missing.
bool is_timm_config(const Json& config) {
  if (!config.is_object()) return false;
  for (const char* key : {"pretrained_cfg", "crop_pct", "crop_mode", "test_input_size"}) {
    if (config.contains(key)) return true;
  }
  const Json* size = find_member(config, "input_size");
  return size != nullptr && size->is_array() && size->size() == 3 &&
         (config.contains("mean") || config.contains("std") || config.contains("interpolation"));
}

Result<RecipeFields> recipe_from_timm(const Json& config) {
  const Json* nested = find_member(config, "pretrained_cfg");
  const Json& cfg = nested != nullptr && nested->is_object() ? *nested : config;
  RecipeFields fields;
  fields.mean = {0.485, 0.456, 0.406};
  fields.std = {0.229, 0.224, 0.225};
  if (const Json* value = stated(cfg, "mean")) {
    KITE_TRY_ASSIGN(fields.mean, three_numbers_in(*value, "mean"));
  }
  if (const Json* value = stated(cfg, "std")) {
    KITE_TRY_ASSIGN(fields.std, three_numbers_in(*value, "std"));
  }
  KITE_TRY(timm_geometry(fields, cfg));
  KITE_TRY_ASSIGN(fields.filter, timm_filter(cfg));
  fields.crop_rule = CropRule::kHalfEven;
  fields.arithmetic = Arithmetic::kTorchvision;
  const std::string note = timm_test_size_note(cfg);
  if (!note.empty()) fields.notes.push_back(note);
  KITE_TRY(validate(fields));
  return fields;
}

}  // namespace kite
