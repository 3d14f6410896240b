// SPDX-License-Identifier: Apache-2.0
// Hugging Face's preprocessor_config.json, interpreted like the image processor class that it names does.
#include <array>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "carriers/huggingface_processors.h"
#include "carriers/json_fields.h"
#include "carriers/recipe_carriers.h"

namespace kite {
namespace {

using Geometry = HuggingFaceGeometry;

bool is_five_or_later(const std::string& version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major >= 5;
}

// Which class interprets the file, and in which of its versions.
struct Reading {
  const HuggingFaceProcessor* processor = nullptr;
  bool is_torch = false;   // resizes and normalises like torch, not like Pillow and numpy
  bool is_modern = false;  // derived from the common base of 2024: all keys of the base are used
  bool is_newer = false;   // transformers 5 or later
  std::string source;      // what states the version
  std::string note;        // why this version was chosen, where nothing states it
};

std::string class_name(const Json& config) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    const Json* value = find_member(config, key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
  }
  return "";
}

bool take_suffix(std::string& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.resize(name.size() - suffix.size());
  return true;
}

Result<const HuggingFaceProcessor*> processor_of(std::string name, const std::string& full_name,
                                                 const HuggingFaceContext& context) {
  if (!take_suffix(name, "ImageProcessor")) take_suffix(name, "FeatureExtractor");
  if (name.empty()) name = std::string(huggingface_processor_of_model(context.model_type));
  if (name.empty()) {
    return bad_json("neither the file names an image processor nor config.json a model_type that has one",
                    "put the model's config.json beside it, or " + std::string(kStateIt));
  }
  const HuggingFaceProcessor* processor = find_huggingface_processor(name);
  if (processor == nullptr) {
    return bad_json("image processor " + in_quotes(full_name.empty() ? name : full_name) + " is not known", kStateIt);
  }
  if (!processor->refusal.empty()) {
    return bad_json("image processor " + in_quotes(full_name.empty() ? name : full_name) +
                        " is not supported: " + std::string(processor->refusal),
                    kStateIt);
  }
  return processor;
}

Result<Reading> reading_of(const Json& config, const HuggingFaceContext& context) {
  const std::string& wish = context.processor;
  if (!wish.empty() && wish != "pil" && wish != "torchvision") {
    return bad_json("--processor is " + in_quotes(wish), "use pil or torchvision");
  }
  const std::string full_name = class_name(config);
  std::string name = full_name;
  const bool is_fast = take_suffix(name, "Fast");
  const bool is_pil = take_suffix(name, "Pil");
  Reading reading;
  KITE_TRY_ASSIGN(reading.processor, processor_of(name, full_name, context));
  reading.is_newer = is_pil || is_five_or_later(context.transformers_version);
  const bool usual = is_fast || (reading.is_newer && !is_pil);
  reading.is_torch = reading.processor->has_torch_form && (wish.empty() ? usual : wish == "torchvision");
  reading.is_modern = reading.processor->has_torch_form && (reading.is_torch || reading.is_newer);
  const bool is_open = wish.empty() && !is_fast && !is_pil && context.transformers_version.empty();
  if (!wish.empty()) {
    reading.source = "--processor";
  } else if (is_fast || is_pil) {
    reading.source = "the class " + full_name;
  } else {
    reading.source =
        is_open ? "no class or version says which" : "transformers_version " + context.transformers_version;
  }
  if (is_open && reading.processor->has_torch_form) {
    reading.note =
        "resizes as Pillow does, as transformers before 5 read this file; for what version 5 does give --processor "
        "torchvision";
  }
  return reading;
}

bool is_null(const Json& config, const char* key) {
  const auto found = config.find(key);
  return found != config.end() && found->is_null();
}

// One of the keys do_*: a null goes before the class's default, and no class does a step whose switch is null.
Result<bool> switch_in(const Json& config, const char* key, bool otherwise) {
  return is_null(config, key) ? Result<bool>(false) : flag_in(config, key, otherwise);
}

// A null goes before the class's default here, too: transformers raises an error, because the step needs the value.
Status require_no_null(const Json& config, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (is_null(config, key)) {
      return bad_json("\"" + std::string(key) + "\" is null, and a step of the preprocessing needs it",
                      "leave the key out for the class's default, or " + std::string(kStateIt));
    }
  }
  return {};
}

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

Result<Filter> filter_of(const Json& config, const Reading& reading, bool resizes) {
  const Json* value = find_member(config, "resample");
  const HuggingFaceProcessor& processor = *reading.processor;
  const Json otherwise = reading.is_newer ? processor.newer_resample : processor.resample;
  KITE_TRY_ASSIGN(const Filter filter, filter_from_pillow_number(value != nullptr ? *value : otherwise));
  if (resizes && reading.is_torch && (filter == Filter::kBox || filter == Filter::kHamming)) {
    return bad_json(
        "\"resample\" is " + std::string(filter_name(filter)) + ", which torchvision does not have for tensors",
        "use --processor pil");
  }
  return filter;
}

// {height, width}, or {shortest_edge} as {0, edge}.
Result<Size> size_from_object(const Json& size, const Reading& reading) {
  for (const char* key : {"max_height", "max_width"}) {
    if (find_member(size, key) != nullptr) return bad_json("\"" + std::string(key) + "\" is not supported", kStateIt);
  }
  if (const Json* shortest = find_member(size, "shortest_edge")) {
    const HuggingFaceProcessor& processor = *reading.processor;
    if (!reading.is_modern && processor.number == HuggingFaceNumber::kSquare) {
      return bad_json("\"size\" has no height and width, which " + std::string(processor.name) +
                      "'s image processor needs");
    }
    if (reading.is_modern && find_member(size, "longest_edge") != nullptr) {
      return bad_json("\"longest_edge\" is not supported", kStateIt);
    }
    KITE_TRY_ASSIGN(const std::int64_t edge, side_in(*shortest, "shortest_edge"));
    return Size{0, edge};
  }
  const Json* height = find_member(size, "height");
  const Json* width = find_member(size, "width");
  if (height == nullptr || width == nullptr) {
    return bad_json("\"size\" has neither height and width nor shortest_edge");
  }
  KITE_TRY_ASSIGN(const std::int64_t h, side_in(*height, "height"));
  KITE_TRY_ASSIGN(const std::int64_t w, side_in(*width, "width"));
  if (h < 1 || w < 1) return bad_json("\"size\" is below 1 pixel");
  return Size{w, h};
}

Result<Size> size_of(const Json& config, const Reading& reading) {
  const HuggingFaceProcessor& processor = *reading.processor;
  const Json* size = find_member(config, "size");
  if (size == nullptr) return processor.name == "Beit" && reading.is_modern ? Size{224, 224} : processor.size;
  if (size->is_object()) return size_from_object(*size, reading);
  KITE_TRY_ASSIGN(const Sides both, sides_in(*size, "size"));
  bool is_edge = processor.number == HuggingFaceNumber::kEdge;
  if (reading.is_modern) {
    KITE_TRY_ASSIGN(const bool is_square, switch_in(config, "default_to_square", !is_edge));
    is_edge = !is_square;
  }
  is_edge = is_edge && both.one && !size->is_array();
  return Size{is_edge ? 0 : both.width, both.height};
}

Result<Size> crop_size_of(const Json& config, const Reading& reading) {
  const Json* crop = find_member(config, "crop_size");
  if (crop == nullptr) {
    if (reading.processor->crop == 0) return bad_json("\"do_center_crop\" is true and \"crop_size\" is missing");
    return Size{reading.processor->crop, reading.processor->crop};
  }
  if (crop->is_object()) {
    if (find_member(*crop, "height") == nullptr) return bad_json("\"crop_size\" has no height and width");
    return size_from_object(*crop, reading);
  }
  KITE_TRY_ASSIGN(const Sides both, sides_in(*crop, "crop_size"));
  return Size{both.width, both.height};
}

Result<double> crop_pct_of(const Json& config, double otherwise) {
  const Json* value = find_member(config, "crop_pct");
  if (value == nullptr) return otherwise;
  KITE_TRY_ASSIGN(const double crop_pct, number_in(*value, "crop_pct"));
  if (!(crop_pct > 0.0 && crop_pct <= 1000.0)) return bad_json("\"crop_pct\" is not above 0");
  return crop_pct;
}

std::int64_t enlarged(std::int64_t side, double crop_pct) {
  return static_cast<std::int64_t>(static_cast<double>(side) / crop_pct);
}

ResizeRule plain_rule(Size size) {
  return size.width == 0 ? ResizeRule{ResizeMode::kShortSide, size.height, 0}
                         : ResizeRule{ResizeMode::kExact, size.height, size.width};
}

Status convnext_resize(RecipeFields& fields, const Json& config, Size size, const Reading& reading) {
  if (size.width != 0) return bad_json("\"size\" has no shortest_edge, which ConvNext's image processor needs");
  KITE_TRY_ASSIGN(const double crop_pct, crop_pct_of(config, 224.0 / 256.0));
  const std::int64_t edge = size.height;
  if (edge >= 384) {
    fields.resize = ResizeRule{ResizeMode::kExact, edge, edge};
    return {};
  }
  if (reading.is_modern) KITE_TRY(require_no_null(config, {"crop_pct"}));
  fields.resize = ResizeRule{ResizeMode::kShortSide, enlarged(edge, crop_pct), 0};
  fields.crop = Size{edge, edge};
  return {};
}

Status poolformer_resize(RecipeFields& fields, const Json& config, Size size) {
  fields.resize = plain_rule(size);
  if (is_null(config, "crop_pct")) return {};
  KITE_TRY_ASSIGN(const double crop_pct, crop_pct_of(config, 0.9));
  const bool keeps_shape = size.width == 0 || size.width == size.height;
  fields.resize = keeps_shape
                      ? ResizeRule{ResizeMode::kShortSide, enlarged(size.height, crop_pct), 0}
                      : ResizeRule{ResizeMode::kExact, enlarged(size.height, crop_pct), enlarged(size.width, crop_pct)};
  return {};
}

Status textnet_resize(RecipeFields& fields, const Json& config, Size size) {
  if (size.width != 0) return bad_json("\"size\" has no shortest_edge, which TextNet's image processor needs");
  fields.resize = plain_rule(size);
  fields.resize->multiple = 32;
  if (const Json* divisor = find_member(config, "size_divisor")) {
    KITE_TRY_ASSIGN(fields.resize->multiple, side_in(*divisor, "size_divisor"));
  }
  return {};
}

Status resize_of(RecipeFields& fields, const Json& config, const Reading& reading) {
  KITE_TRY(require_no_null(config, {"resample"}));
  if (reading.is_modern) KITE_TRY(require_no_null(config, {"size"}));
  KITE_TRY_ASSIGN(const Size size, size_of(config, reading));
  switch (reading.processor->geometry) {
    case Geometry::kConvNext: return convnext_resize(fields, config, size, reading);
    case Geometry::kPoolFormer: return poolformer_resize(fields, config, size);
    case Geometry::kTextNet: return textnet_resize(fields, config, size);
    case Geometry::kLevit:
      fields.resize = plain_rule(size);
      if (size.width == 0) {
        fields.resize->height = static_cast<std::int64_t>(256.0 / 224.0 * static_cast<double>(size.height));
      }
      return {};
    case Geometry::kPerceiver:
      if (size.width == 0) return bad_json("\"size\" has no height and width");
      fields.resize = plain_rule(size);
      return {};
    case Geometry::kPlain: fields.resize = plain_rule(size); return {};
  }
  return {};
}

Status crop_of(RecipeFields& fields, const Json& config, const Reading& reading) {
  const HuggingFaceProcessor& processor = *reading.processor;
  if (processor.crop == 0 && !reading.is_modern) return {};                    // such a class does not read the key
  if (processor.name == "Segformer" || processor.name == "Gemma3") return {};  // nor do these, at any time
  const bool usual = processor.crops && !(processor.name == "Beit" && reading.is_modern);
  KITE_TRY_ASSIGN(const bool crops, switch_in(config, "do_center_crop", usual));
  if (!crops) return {};
  if (reading.is_modern) KITE_TRY(require_no_null(config, {"crop_size"}));
  KITE_TRY_ASSIGN(const Size crop, crop_size_of(config, reading));
  if (processor.geometry == Geometry::kPerceiver) {
    KITE_TRY_ASSIGN(const Size size, size_of(config, reading));
    if (crop.height < 1 || crop.width < 1) return bad_json("\"crop_size\" is below 1 pixel");
    fields.first_crop = FirstCrop{static_cast<double>(size.height) / static_cast<double>(crop.height),
                                  static_cast<double>(size.width) / static_cast<double>(crop.width)};
    return {};
  }
  if (fields.crop->width > 0 && *fields.crop != crop) {
    return bad_json("\"crop_size\" differs from the crop that \"size\" stands for", kStateIt);
  }
  fields.crop = crop;
  return {};
}

Status geometry_of(RecipeFields& fields, const Json& config, const Reading& reading) {
  if (reading.is_modern) {
    KITE_TRY_ASSIGN(const bool pads, switch_in(config, "do_pad", false));
    if (pads) return bad_json("\"do_pad\" is not supported", kStateIt);
  }
  // Only the Fast version of ImageGPT has no default size: where no key asks for a resize, there is no resize.
  const bool usual = !(reading.processor->name == "ImageGPT" && reading.is_torch && !reading.is_newer);
  KITE_TRY_ASSIGN(const bool resizes, switch_in(config, "do_resize", usual));
  fields.resize = ResizeRule{};
  fields.crop = Size{};
  if (resizes) KITE_TRY(resize_of(fields, config, reading));
  KITE_TRY(crop_of(fields, config, reading));
  KITE_TRY_ASSIGN(fields.filter, filter_of(config, reading, resizes));
  fields.resampler = reading.is_torch ? Resampler::kTorch : Resampler::kPillow;
  fields.crop_rule = reading.is_torch ? CropRule::kFloorBoth : CropRule::kFloor;
  // Up to version 4 of transformers, the crop that belongs to this class's resize is torchvision's function.
  const bool is_convnext = reading.processor->geometry == Geometry::kConvNext;
  if (resizes && is_convnext && reading.is_torch && !reading.is_newer) fields.crop_rule = CropRule::kHalfEven;
  return {};
}

Result<std::array<double, 3>> statistic_in(const Json& config, const char* key, const std::array<double, 3>& usual) {
  const Json* value = find_member(config, key);
  if (value == nullptr) return usual;
  if (!value->is_number()) return three_numbers_in(*value, key);
  const auto number = value->get<double>();
  return std::array<double, 3>{number, number, number};
}

Status statistics_of(RecipeFields& fields, const Json& config, HuggingFaceStatistics statistics) {
  std::array<double, 3> mean{0.5, 0.5, 0.5};
  std::array<double, 3> std = mean;
  if (statistics == HuggingFaceStatistics::kImageNet) {
    mean = {0.485, 0.456, 0.406};
    std = {0.229, 0.224, 0.225};
  } else if (statistics == HuggingFaceStatistics::kClip) {
    mean = {0.48145466, 0.4578275, 0.40821073};
    std = {0.26862954, 0.26130258, 0.27577711};
  }
  KITE_TRY_ASSIGN(fields.mean, statistic_in(config, "image_mean", mean));
  KITE_TRY_ASSIGN(fields.std, statistic_in(config, "image_std", std));
  return {};
}

// ImageGPT's older class has neither a mean nor a factor: it computes x / 127.5 - 1.
Status imagegpt_numbers(RecipeFields& fields, const Json& config) {
  KITE_TRY_ASSIGN(const bool normalizes, switch_in(config, "do_normalize", true));
  fields.arithmetic = Arithmetic::kHuggingFace;
  fields.rescale = normalizes ? 1 / 127.5 : 1.0;
  fields.offset = normalizes ? -1.0 : 0.0;
  return {};
}

Status numbers_of(RecipeFields& fields, const Json& config, const Reading& reading) {
  const HuggingFaceProcessor& processor = *reading.processor;
  fields.mean = {0, 0, 0};
  fields.std = {1, 1, 1};
  fields.offset = 0.0;
  if (processor.name == "ImageGPT" && !reading.is_modern) return imagegpt_numbers(fields, config);
  KITE_TRY_ASSIGN(const bool rescales, switch_in(config, "do_rescale", true));
  if (rescales) KITE_TRY(require_no_null(config, {"rescale_factor"}));
  fields.rescale = rescales ? 1.0 / 255.0 : 1.0;
  if (processor.name == "Vivit" && rescales) fields.rescale = 1 / 127.5;
  if (const Json* value = rescales ? find_member(config, "rescale_factor") : nullptr) {
    KITE_TRY_ASSIGN(fields.rescale, number_in(*value, "rescale_factor"));
  }
  bool normalizes = false;
  if (processor.statistics != HuggingFaceStatistics::kNone) {
    KITE_TRY_ASSIGN(normalizes, switch_in(config, "do_normalize", true));
  }
  if (normalizes && reading.is_modern) KITE_TRY(require_no_null(config, {"image_mean", "image_std"}));
  if (normalizes) KITE_TRY(statistics_of(fields, config, processor.statistics));
  bool shifts = false;
  if (processor.name == "EfficientNet") {
    KITE_TRY_ASSIGN(shifts, switch_in(config, "rescale_offset", false));
  }
  if (processor.name == "Vivit") {
    KITE_TRY_ASSIGN(shifts, switch_in(config, "offset", true));
  }
  if (shifts && rescales) fields.offset = -1.0;
  fields.arithmetic = !reading.is_torch                   ? Arithmetic::kHuggingFace
                      : rescales && normalizes && !shifts ? Arithmetic::kFused
                                                          : Arithmetic::kProduct;
  if (processor.name != "EfficientNet") return {};
  KITE_TRY_ASSIGN(const bool includes_top, switch_in(config, "include_top", true));
  if (!includes_top) return {};
  KITE_TRY_ASSIGN(fields.second_std, statistic_in(config, "image_std", {0.5, 0.5, 0.5}));
  return {};
}

// Steps of one class that no recipe can express.
Status refuse_extra_steps(const Json& config, const Reading& reading) {
  const std::string_view name = reading.processor->name;
  if (name == "ImageGPT") {
    KITE_TRY_ASSIGN(const bool quantizes, switch_in(config, "do_color_quantize", true));
    if (quantizes) {
      return bad_json("\"do_color_quantize\" is true: the model takes numbers of colour clusters, not a picture",
                      "give the tensor itself with kite run");
    }
  }
  if (name == "Gemma3") {
    KITE_TRY_ASSIGN(const bool pans, switch_in(config, "do_pan_and_scan", false));
    if (pans) return bad_json("\"do_pan_and_scan\" is not supported", kStateIt);
  }
  return {};
}

}  // namespace

HuggingFaceContext huggingface_context(const Json& config, std::string processor) {
  HuggingFaceContext context{std::move(processor), "", ""};
  if (!config.is_object()) return context;
  const auto text = [&config](const char* key) {
    const Json* value = find_member(config, key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  };
  context.model_type = text("model_type");
  context.transformers_version = text("transformers_version");
  return context;
}

Result<RecipeFields> recipe_from_huggingface(const Json& preprocessor, const HuggingFaceContext& context) {
  if (!preprocessor.is_object()) return bad_json("preprocessor_config.json is not a JSON object");
  // processor_config.json holds the image processor together with the one for text.
  const Json* inner = find_member(preprocessor, "image_processor");
  const Json& config = inner != nullptr && inner->is_object() ? *inner : preprocessor;
  KITE_TRY_ASSIGN(const Reading reading, reading_of(config, context));
  KITE_TRY(refuse_extra_steps(config, reading));
  RecipeFields fields;
  KITE_TRY(geometry_of(fields, config, reading));
  KITE_TRY(numbers_of(fields, config, reading));
  fields.channel_order = ChannelOrder::kRgb;
  if (reading.processor->name == "MobileViT") {
    KITE_TRY_ASSIGN(const bool flips, switch_in(config, "do_flip_channel_order", true));
    fields.channel_order = flips ? ChannelOrder::kBgr : ChannelOrder::kRgb;
  }
  if (!reading.note.empty()) fields.notes.push_back(reading.note);
  if (reading.processor->has_torch_form) {
    fields.decisions.push_back(
        {"processor", reading.is_torch ? "torchvision" : "pil", reading.source, !reading.note.empty()});
  }
  KITE_TRY(validate(fields));
  return fields;
}

}  // namespace kite
