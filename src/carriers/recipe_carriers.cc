// SPDX-License-Identifier: Apache-2.0
// timm. Each carrier's own defaults are filled in, so that a recipe read from one is complete.
#include "carriers/recipe_carriers.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "carriers/json_fields.h"

namespace kite {

bool is_timm_config(const Json& config) {
  return config.is_object() && (config.contains("pretrained_cfg") || config.contains("crop_pct"));
}

Result<RecipeFields> recipe_from_timm(const Json& config) {
  const Json* nested = find_member(config, "pretrained_cfg");
  const Json& cfg = nested != nullptr && nested->is_object() ? *nested : config;
  RecipeFields fields;
  std::int64_t height = 224;
  std::int64_t width = 224;
  if (const Json* size = find_member(cfg, "input_size")) {  // [channels, height, width]
    if (!size->is_array() || size->size() != 3) return bad_json("\"input_size\" is not [channels, height, width]");
    KITE_TRY_ASSIGN(height, side_in((*size)[1], "input_size"));
    KITE_TRY_ASSIGN(width, side_in((*size)[2], "input_size"));
  }
  double crop_pct = 0.875;
  if (const Json* value = find_member(cfg, "crop_pct")) {
    KITE_TRY_ASSIGN(crop_pct, number_in(*value, "crop_pct"));
    if (!(crop_pct > 0.0 && crop_pct <= 1.0)) return bad_json("\"crop_pct\" is outside 0..1");
  }
  std::string mode = "center";
  if (const Json* value = find_member(cfg, "crop_mode")) {
    KITE_TRY_ASSIGN(mode, text_in(*value, "crop_mode"));
  }
  const auto scaled = [crop_pct](std::int64_t n) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(n) / crop_pct));
  };
  if (mode == "squash") {
    fields.resize = ResizeRule{ResizeMode::kExact, scaled(height), scaled(width)};
  } else if (mode == "center" && height != width) {
    return bad_json("timm's keep-ratio resize to a size that is not square is not supported",
                    "state the preprocessing in <model>.kite.json");
  } else if (mode == "center") {
    fields.resize = ResizeRule{ResizeMode::kShortSide, scaled(height), 0};
  } else {
    return bad_json("timm's crop_mode " + in_quotes(mode) + " is not supported",
                    "state the preprocessing in <model>.kite.json");
  }
  fields.crop = Size{width, height};
  fields.filter = Filter::kBicubic;
  if (const Json* value = find_member(cfg, "interpolation")) {
    KITE_TRY_ASSIGN(fields.filter, filter_in(*value, "interpolation"));
  }
  fields.mean = {0.485, 0.456, 0.406};
  fields.std = {0.229, 0.224, 0.225};
  if (const Json* value = find_member(cfg, "mean")) {
    KITE_TRY_ASSIGN(fields.mean, three_numbers_in(*value, "mean"));
  }
  if (const Json* value = find_member(cfg, "std")) {
    KITE_TRY_ASSIGN(fields.std, three_numbers_in(*value, "std"));
  }
  fields.crop_rule = CropRule::kHalfEven;
  fields.arithmetic = Arithmetic::kTorchvision;
  KITE_TRY(validate(fields));
  return fields;
}

}  // namespace kite
