// SPDX-License-Identifier: Apache-2.0
// Hugging Face's preprocessor_config.json: the processor's name decides what a bare number in "size" means.
#include <array>
#include <cstdint>
#include <string>

#include "carriers/json_fields.h"
#include "carriers/recipe_carriers.h"

namespace kite {
namespace {

// Pillow's numbers for filters, as Hugging Face stores them.
Result<Filter> filter_from_pillow_number(const Json& value) {
  constexpr std::array<Filter, 6> kFilters{Filter::kNearest, Filter::kLanczos, Filter::kBilinear,
                                           Filter::kBicubic, Filter::kBox,     Filter::kHamming};
  if (value.is_string()) return filter_in(value, "resample");
  KITE_TRY_ASSIGN(const std::int64_t index, side_in(value, "resample"));
  if (index < 0 || index >= static_cast<std::int64_t>(kFilters.size())) {
    return bad_json("unknown resample number " + std::to_string(index), "Pillow's numbers are 0 to 5");
  }
  return kFilters[static_cast<std::size_t>(index)];
}

// "size" in its three forms: 224, {"height": 224, "width": 224}, {"shortest_edge": 224}.
Result<ResizeRule> huggingface_size(const Json& size, bool int_means_short_side) {
  if (size.is_object()) {
    if (const Json* edge = find_member(size, "shortest_edge")) {
      KITE_TRY_ASSIGN(const std::int64_t n, side_in(*edge, "shortest_edge"));
      if (find_member(size, "longest_edge") != nullptr) return bad_json("\"longest_edge\" is not supported");
      return ResizeRule{ResizeMode::kShortSide, n, 0};
    }
    const Json* height = find_member(size, "height");
    const Json* width = find_member(size, "width");
    if (height == nullptr || width == nullptr)
      return bad_json("\"size\" has neither height and width nor shortest_edge");
    KITE_TRY_ASSIGN(const std::int64_t h, side_in(*height, "height"));
    KITE_TRY_ASSIGN(const std::int64_t w, side_in(*width, "width"));
    return ResizeRule{ResizeMode::kExact, h, w};
  }
  KITE_TRY_ASSIGN(const Sides both, sides_in(size, "size"));
  if (both.one && int_means_short_side) return ResizeRule{ResizeMode::kShortSide, both.height, 0};
  return ResizeRule{ResizeMode::kExact, both.height, both.width};
}

std::string processor_name(const Json& config) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    const Json* value = find_member(config, key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
  }
  return "";
}

// ConvNeXt's processor, which ResNet and others share: below 384 it resizes by crop_pct and crops, from 384 it
// squashes.
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
  KITE_TRY_ASSIGN(const bool do_resize, flag_in(config, "do_resize", true));
  KITE_TRY_ASSIGN(const bool do_crop, flag_in(config, "do_center_crop", find_member(config, "crop_size") != nullptr));
  const bool convnext = processor.starts_with("ConvNext");
  const bool short_side = convnext || processor.starts_with("CLIP") || processor.starts_with("MobileNet") ||
                          processor.starts_with("MobileViT") || processor.starts_with("Levit") ||
                          processor.starts_with("PoolFormer") || processor.starts_with("Bit");
  fields.resize = ResizeRule{};
  fields.crop = Size{};
  const Json* size = find_member(config, "size");
  if (do_resize) {
    if (size == nullptr) return bad_json("\"size\" is missing");
    KITE_TRY_ASSIGN(fields.resize, huggingface_size(*size, short_side));
    if (convnext) {
      double crop_pct = 224.0 / 256.0;
      if (const Json* value = find_member(config, "crop_pct")) {
        KITE_TRY_ASSIGN(crop_pct, number_in(*value, "crop_pct"));
      }
      if (!(crop_pct > 0.0 && crop_pct <= 1.0)) return bad_json("\"crop_pct\" is outside 0..1");
      convnext_geometry(fields, fields.resize->height, crop_pct);
      return {};
    }
    if (find_member(config, "crop_pct") != nullptr) {
      return bad_json("\"crop_pct\" with processor " + in_quotes(processor) + " is not supported",
                      "state the preprocessing in <model>.kite.json");
    }
    if (processor.starts_with("Levit")) {  // LeViT's processor enlarges the edge itself, before it crops
      fields.resize->height = static_cast<std::int64_t>(256.0 / 224.0 * static_cast<double>(fields.resize->height));
    }
  }
  if (do_crop) {
    const Json* crop = find_member(config, "crop_size");
    if (crop == nullptr) crop = size;
    if (crop == nullptr) return bad_json("\"crop_size\" is missing");
    KITE_TRY_ASSIGN(const ResizeRule rule, huggingface_size(*crop, false));
    fields.crop = rule.mode == ResizeMode::kExact ? Size{rule.width, rule.height} : Size{rule.height, rule.height};
  }
  return {};
}

}  // namespace

Result<RecipeFields> recipe_from_huggingface(const Json& config) {
  if (!config.is_object()) return bad_json("preprocessor_config.json is not a JSON object");
  const std::string processor = processor_name(config);
  KITE_TRY_ASSIGN(const bool pads, flag_in(config, "do_pad", false));
  if (pads) return bad_json("\"do_pad\" is not supported", "state the preprocessing in <model>.kite.json");
  RecipeFields fields;
  KITE_TRY(huggingface_geometry(fields, config, processor));
  fields.crop_rule = CropRule::kFloor;
  fields.arithmetic = Arithmetic::kHuggingFace;
  fields.filter = Filter::kBilinear;
  if (const Json* value = find_member(config, "resample")) {
    KITE_TRY_ASSIGN(fields.filter, filter_from_pillow_number(*value));
  }
  KITE_TRY_ASSIGN(const bool do_rescale, flag_in(config, "do_rescale", true));
  fields.rescale = do_rescale ? 1.0 / 255.0 : 1.0;
  if (const Json* value = do_rescale ? find_member(config, "rescale_factor") : nullptr) {
    KITE_TRY_ASSIGN(fields.rescale, number_in(*value, "rescale_factor"));
  }
  KITE_TRY_ASSIGN(const bool do_normalize,
                  flag_in(config, "do_normalize", find_member(config, "image_mean") != nullptr));
  fields.mean = {0, 0, 0};
  fields.std = {1, 1, 1};
  if (do_normalize) {
    const Json* mean = find_member(config, "image_mean");
    const Json* deviation = find_member(config, "image_std");
    if (mean == nullptr || deviation == nullptr) return bad_json("\"image_mean\" or \"image_std\" is missing");
    KITE_TRY_ASSIGN(fields.mean, three_numbers_in(*mean, "image_mean"));
    KITE_TRY_ASSIGN(fields.std, three_numbers_in(*deviation, "image_std"));
  }
  KITE_TRY_ASSIGN(const bool flips, flag_in(config, "do_flip_channel_order", false));
  fields.channel_order = flips ? ChannelOrder::kBgr : ChannelOrder::kRgb;
  KITE_TRY(validate(fields));
  return fields;
}

}  // namespace kite
