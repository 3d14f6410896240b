// SPDX-License-Identifier: Apache-2.0
// Each carrier's own defaults are filled in here, so that a recipe read from it is complete.
#include "image/recipe_carriers.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/printable.h"
#include "base/try.h"
#include "image/python_literal.h"

namespace kite {
namespace {

Error bad(std::string what, std::string remedy = "") {
  return {ErrorCode::kInvalidModel, std::move(what), "", std::move(remedy)};
}

const Json* find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// JSON numbers become pixels only when they are whole and sane; 256.0 is whole.
std::optional<std::int64_t> whole(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  if (!(std::abs(number) <= 1e9) || number != std::floor(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

Result<std::int64_t> side(const Json& value, const std::string& key) {
  if (const auto number = whole(value)) return *number;
  return bad(in_quotes(key) + " is not a whole number of pixels", "");
}

// n, [n] or [height, width]; `one` tells whether there was a single number.
struct Sides {
  std::int64_t height;
  std::int64_t width;
  bool one;
};
Result<Sides> sides(const Json& value, const std::string& key) {
  if (value.is_array() && (value.size() == 1 || value.size() == 2)) {
    KITE_TRY_ASSIGN(const std::int64_t height, side(value.front(), key));
    KITE_TRY_ASSIGN(const std::int64_t width, side(value.back(), key));
    return Sides{height, width, value.size() == 1};
  }
  if (value.is_array()) return bad(in_quotes(key) + " has " + std::to_string(value.size()) + " values, not 1 or 2");
  KITE_TRY_ASSIGN(const std::int64_t n, side(value, key));
  return Sides{n, n, true};
}

Result<std::array<double, 3>> three_numbers(const Json& value, const std::string& key) {
  std::array<double, 3> numbers{};
  if (!value.is_array() || value.size() != 3) {
    return bad(in_quotes(key) + " must be a list of three numbers, one a channel",
               "pictures are read as three channels: repeat the value three times");
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (!value[i].is_number()) return bad(in_quotes(key) + " holds something that is not a number");
    numbers[i] = value[i].get<double>();
  }
  return numbers;
}

Result<double> number(const Json& value, const std::string& key) {
  if (value.is_number()) return value.get<double>();
  return bad(in_quotes(key) + " is not a number");
}

Result<std::string> text(const Json& value, const std::string& key) {
  if (value.is_string()) return value.get<std::string>();
  return bad(in_quotes(key) + " is not a string");
}

Result<bool> flag(const Json& object, const char* key, bool otherwise) {
  const Json* value = find(object, key);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  return bad(in_quotes(key) + " is not true or false");
}

Result<Filter> filter_from(const Json& value, const std::string& key) {
  KITE_TRY_ASSIGN(const std::string name, text(value, key));
  if (const auto filter = filter_by_name(name)) return *filter;
  return bad("unknown interpolation " + in_quotes(name), "use nearest, box, bilinear, hamming, bicubic or lanczos");
}

// Fails when a word is none of two.
template <typename T>
Result<T> one_of(const Json& value, const std::string& key, const char* first_word, T first, const char* second_word,
                 T second) {
  KITE_TRY_ASSIGN(const std::string word, text(value, key));
  if (word == first_word) return first;
  if (word == second_word) return second;
  return bad(in_quotes(key) + " is " + in_quotes(word),
             std::string("use \"") + first_word + "\" or \"" + second_word + "\"");
}

Status take_field(RecipeFields& fields, const std::string& key, const Json& value) {
  if (key == "resize" || key == "resize_size") {
    if (value.is_null() || value == false) {
      fields.resize = ResizeRule{};
      return {};
    }
    KITE_TRY_ASSIGN(const Sides size, sides(value, key));
    fields.resize = size.one ? ResizeRule{ResizeMode::kShortSide, size.height, 0}
                             : ResizeRule{ResizeMode::kExact, size.height, size.width};
  } else if (key == "crop" || key == "crop_size") {
    if (value.is_null() || value == false) {
      fields.crop = Size{};
      return {};
    }
    KITE_TRY_ASSIGN(const Sides size, sides(value, key));
    if (size.height < 1 || size.width < 1) return bad(in_quotes(key) + " is below 1 pixel");
    fields.crop = Size{size.width, size.height};
  } else if (key == "interpolation") {
    KITE_TRY_ASSIGN(fields.filter, filter_from(value, key));
  } else if (key == "mean") {
    KITE_TRY_ASSIGN(fields.mean, three_numbers(value, key));
  } else if (key == "std") {
    KITE_TRY_ASSIGN(fields.std, three_numbers(value, key));
  } else if (key == "rescale") {
    KITE_TRY_ASSIGN(fields.rescale, number(value, key));
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
    return bad("unknown key " + in_quotes(key) + " in the preprocessing",
               "known: resize, crop, interpolation, mean, std, crop_offset, channels, rescale, arithmetic, exif");
  }
  return {};
}

// Pillow's numbers for filters, as Hugging Face stores them.
Result<Filter> filter_from_pillow_number(const Json& value) {
  constexpr std::array<Filter, 6> kFilters{Filter::kNearest, Filter::kLanczos, Filter::kBilinear,
                                           Filter::kBicubic, Filter::kBox,     Filter::kHamming};
  if (value.is_string()) return filter_from(value, "resample");
  const auto index = whole(value);
  if (!index || *index < 0 || *index >= static_cast<std::int64_t>(kFilters.size())) {
    return bad("unknown resample number in preprocessor_config.json", "Pillow's numbers are 0 to 5");
  }
  return kFilters[static_cast<std::size_t>(*index)];
}

}  // namespace

Result<RecipeFields> recipe_from_object(const Json& object) {
  if (!object.is_object()) return bad("the preprocessing is not a JSON object");
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

bool is_timm_config(const Json& config) {
  return config.is_object() && (config.contains("pretrained_cfg") || config.contains("crop_pct"));
}

Result<RecipeFields> recipe_from_timm(const Json& config) {
  const Json* nested = find(config, "pretrained_cfg");
  const Json& cfg = nested != nullptr && nested->is_object() ? *nested : config;
  RecipeFields fields;
  std::int64_t height = 224;
  std::int64_t width = 224;
  if (const Json* size = find(cfg, "input_size")) {  // [channels, height, width]
    if (!size->is_array() || size->size() != 3) return bad("\"input_size\" is not [channels, height, width]");
    KITE_TRY_ASSIGN(height, side((*size)[1], "input_size"));
    KITE_TRY_ASSIGN(width, side((*size)[2], "input_size"));
  }
  double crop_pct = 0.875;
  if (const Json* value = find(cfg, "crop_pct")) {
    KITE_TRY_ASSIGN(crop_pct, number(*value, "crop_pct"));
    if (!(crop_pct > 0.0 && crop_pct <= 1.0)) return bad("\"crop_pct\" is outside 0..1");
  }
  std::string mode = "center";
  if (const Json* value = find(cfg, "crop_mode")) {
    KITE_TRY_ASSIGN(mode, text(*value, "crop_mode"));
  }
  const auto scaled = [crop_pct](std::int64_t n) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(n) / crop_pct));
  };
  if (mode == "squash") {
    fields.resize = ResizeRule{ResizeMode::kExact, scaled(height), scaled(width)};
  } else if (mode == "center" && height != width) {
    return bad("timm's keep-ratio resize to a size that is not square is not supported",
               "state the preprocessing in <model>.kite.json");
  } else if (mode == "center") {
    fields.resize = ResizeRule{ResizeMode::kShortSide, scaled(height), 0};
  } else {
    return bad("timm's crop_mode " + in_quotes(mode) + " is not supported", "state the preprocessing in <model>.kite.json");
  }
  fields.crop = Size{width, height};
  fields.filter = Filter::kBicubic;
  if (const Json* value = find(cfg, "interpolation")) {
    KITE_TRY_ASSIGN(fields.filter, filter_from(*value, "interpolation"));
  }
  fields.mean = {0.485, 0.456, 0.406};
  fields.std = {0.229, 0.224, 0.225};
  if (const Json* value = find(cfg, "mean")) {
    KITE_TRY_ASSIGN(fields.mean, three_numbers(*value, "mean"));
  }
  if (const Json* value = find(cfg, "std")) {
    KITE_TRY_ASSIGN(fields.std, three_numbers(*value, "std"));
  }
  fields.crop_rule = CropRule::kHalfEven;
  fields.arithmetic = Arithmetic::kTorchvision;
  KITE_TRY(validate(fields));
  return fields;
}

namespace {

// "size" in its three forms: 224, {"height": 224, "width": 224}, {"shortest_edge": 224}.
Result<ResizeRule> huggingface_size(const Json& size, bool int_means_short_side) {
  if (size.is_object()) {
    if (const Json* edge = find(size, "shortest_edge")) {
      KITE_TRY_ASSIGN(const std::int64_t n, side(*edge, "shortest_edge"));
      if (find(size, "longest_edge") != nullptr) return bad("\"longest_edge\" is not supported");
      return ResizeRule{ResizeMode::kShortSide, n, 0};
    }
    const Json* height = find(size, "height");
    const Json* width = find(size, "width");
    if (height == nullptr || width == nullptr) return bad("\"size\" has neither height and width nor shortest_edge");
    KITE_TRY_ASSIGN(const std::int64_t h, side(*height, "height"));
    KITE_TRY_ASSIGN(const std::int64_t w, side(*width, "width"));
    return ResizeRule{ResizeMode::kExact, h, w};
  }
  KITE_TRY_ASSIGN(const Sides both, sides(size, "size"));
  if (both.one && int_means_short_side) return ResizeRule{ResizeMode::kShortSide, both.height, 0};
  return ResizeRule{ResizeMode::kExact, both.height, both.width};
}

std::string processor_name(const Json& config) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    const Json* value = find(config, key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
  }
  return "";
}

// ConvNeXt's processor, which ResNet and others share: below 384 it resizes by crop_pct and crops, from 384 it squashes.
void convnext_geometry(RecipeFields& fields, std::int64_t edge, double crop_pct) {
  if (edge < 384) {
    const auto resized = static_cast<std::int64_t>(static_cast<double>(edge) / crop_pct);
    fields.resize = ResizeRule{ResizeMode::kShortSide, resized, 0};
    fields.crop = Size{edge, edge};
  } else {
    fields.resize = ResizeRule{ResizeMode::kExact, edge, edge};
    fields.crop = Size{};
  }
}

Status huggingface_geometry(RecipeFields& fields, const Json& config, const std::string& processor) {
  KITE_TRY_ASSIGN(const bool do_resize, flag(config, "do_resize", true));
  KITE_TRY_ASSIGN(const bool do_crop, flag(config, "do_center_crop", find(config, "crop_size") != nullptr));
  const bool convnext = processor.starts_with("ConvNext");
  const bool short_side = convnext || processor.starts_with("CLIP") || processor.starts_with("MobileNet") ||
                          processor.starts_with("MobileViT") || processor.starts_with("Levit") ||
                          processor.starts_with("PoolFormer") || processor.starts_with("Bit");
  fields.resize = ResizeRule{};
  fields.crop = Size{};
  const Json* size = find(config, "size");
  if (do_resize) {
    if (size == nullptr) return bad("\"size\" is missing");
    KITE_TRY_ASSIGN(fields.resize, huggingface_size(*size, short_side));
    if (convnext) {
      double crop_pct = 224.0 / 256.0;
      if (const Json* value = find(config, "crop_pct")) {
        KITE_TRY_ASSIGN(crop_pct, number(*value, "crop_pct"));
      }
      if (!(crop_pct > 0.0 && crop_pct <= 1.0)) return bad("\"crop_pct\" is outside 0..1");
      convnext_geometry(fields, fields.resize->height, crop_pct);
      return {};
    }
    if (find(config, "crop_pct") != nullptr) {
      return bad("\"crop_pct\" with processor " + in_quotes(processor) + " is not supported",
                 "state the preprocessing in <model>.kite.json");
    }
    if (processor.starts_with("Levit")) fields.resize->height = static_cast<std::int64_t>(256.0 / 224.0 * static_cast<double>(fields.resize->height));
  }
  if (do_crop) {
    const Json* crop = find(config, "crop_size");
    if (crop == nullptr) crop = size;
    if (crop == nullptr) return bad("\"crop_size\" is missing");
    KITE_TRY_ASSIGN(const ResizeRule rule, huggingface_size(*crop, false));
    fields.crop = rule.mode == ResizeMode::kExact ? Size{rule.width, rule.height} : Size{rule.height, rule.height};
  }
  return {};
}

}  // namespace

Result<RecipeFields> recipe_from_huggingface(const Json& config) {
  if (!config.is_object()) return bad("preprocessor_config.json is not a JSON object");
  const std::string processor = processor_name(config);
  RecipeFields fields;
  KITE_TRY(huggingface_geometry(fields, config, processor));
  fields.crop_rule = CropRule::kFloor;
  fields.arithmetic = Arithmetic::kHuggingFace;
  fields.filter = Filter::kBilinear;
  if (const Json* value = find(config, "resample")) {
    KITE_TRY_ASSIGN(fields.filter, filter_from_pillow_number(*value));
  }
  KITE_TRY_ASSIGN(const bool do_rescale, flag(config, "do_rescale", true));
  fields.rescale = do_rescale ? 1.0 / 255.0 : 1.0;
  if (const Json* value = do_rescale ? find(config, "rescale_factor") : nullptr) {
    KITE_TRY_ASSIGN(fields.rescale, number(*value, "rescale_factor"));
  }
  KITE_TRY_ASSIGN(const bool do_normalize, flag(config, "do_normalize", find(config, "image_mean") != nullptr));
  fields.mean = {0, 0, 0};
  fields.std = {1, 1, 1};
  if (do_normalize) {
    const Json* mean = find(config, "image_mean");
    const Json* deviation = find(config, "image_std");
    if (mean == nullptr || deviation == nullptr) return bad("\"image_mean\" or \"image_std\" is missing");
    KITE_TRY_ASSIGN(fields.mean, three_numbers(*mean, "image_mean"));
    KITE_TRY_ASSIGN(fields.std, three_numbers(*deviation, "image_std"));
  }
  KITE_TRY_ASSIGN(const bool flips, flag(config, "do_flip_channel_order", false));
  fields.channel_order = flips ? ChannelOrder::kBgr : ChannelOrder::kRgb;
  KITE_TRY(validate(fields));
  return fields;
}

Result<std::optional<RecipeFields>> recipe_from_ultralytics(const std::map<std::string, std::string>& metadata) {
  const auto task = metadata.find("task");
  const auto image_size = metadata.find("imgsz");
  if (task == metadata.end() || image_size == metadata.end()) return std::optional<RecipeFields>{};
  if (task->second != "classify") {
    return Error{ErrorCode::kUnsupportedModel, "the model's task is " + in_quotes(task->second) + ", not \"classify\"",
                 "metadata key \"task\"", "use a classification export"};
  }
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> sizes, parse_python_int_list(image_size->second));
  if (sizes.empty() || sizes.size() > 2) return bad("metadata key \"imgsz\" is not one or two numbers");
  RecipeFields fields;
  const std::int64_t height = sizes.front();
  const std::int64_t width = sizes.back();
  fields.resize = height == width ? ResizeRule{ResizeMode::kShortSide, height, 0}
                                  : ResizeRule{ResizeMode::kExact, height, width};
  fields.crop = Size{width, height};
  fields.filter = Filter::kBilinear;
  fields.mean = {0, 0, 0};
  fields.std = {1, 1, 1};
  fields.crop_rule = CropRule::kHalfEven;
  fields.arithmetic = Arithmetic::kTorchvision;
  KITE_TRY(validate(fields));
  return std::optional<RecipeFields>(fields);
}

}  // namespace kite
