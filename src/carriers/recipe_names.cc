// SPDX-License-Identifier: Apache-2.0
// The table of recipe names, one row for each, and the other forms in which a recipe may be given.
#include "carriers/recipe_names.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/printable.h"
#include "carriers/recipe_carriers.h"
#include "carriers/text_file.h"
#include "paperkite/try.h"

namespace kite {
namespace {

struct NamedRange {
  std::string_view name;
  std::array<double, 3> mean;
  std::array<double, 3> std;
  std::optional<double> rescale;  // nullopt: x / 255 in float32
  ChannelOrder order = ChannelOrder::kRgb;
};

constexpr std::array<double, 3> kImageNetMean{0.485, 0.456, 0.406};
constexpr std::array<double, 3> kImageNetStd{0.229, 0.224, 0.225};
constexpr std::array<double, 3> kZeros{0, 0, 0};
constexpr std::array<double, 3> kOnes{1, 1, 1};
constexpr std::array<double, 3> kHalves{0.5, 0.5, 0.5};

// x * (1 / 127.5) in double, rounded to float32, is x / 127.5 in float32 for all 256 values.
constexpr std::array<NamedRange, 7> kNamedRanges{{
    {"imagenet", kImageNetMean, kImageNetStd, std::nullopt},
    {"0-1", kZeros, kOnes, std::nullopt},
    {"-1-1", kHalves, kHalves, std::nullopt},
    {"0-255", kZeros, kOnes, 1.0},
    {"keras-caffe", {103.939, 116.779, 123.68}, kOnes, 1.0, ChannelOrder::kBgr},
    {"keras-tf", kOnes, kOnes, 1.0 / 127.5},
    {"keras-torch", kImageNetMean, kImageNetStd, std::nullopt},
}};

Error unknown_name(const std::string& text) {
  return {ErrorCode::kInvalidModel, in_quotes(text) + " is neither the name of a recipe nor a file with one", "",
          "known names: " + std::string(kRecipeNames)};
}

}  // namespace

void state_imagenet_geometry(RecipeFields& fields, Size size) {
  if (size.width < 1) size.width = 224;
  if (size.height < 1) size.height = 224;
  const auto short_side = static_cast<std::int64_t>(std::floor(static_cast<double>(size.height) / 0.875));
  fields.resize = size.width == size.height ? ResizeRule{ResizeMode::kShortSide, short_side, 0}
                                            : ResizeRule{ResizeMode::kExact, size.height, size.width};
  fields.crop = size;
  fields.filter = Filter::kBilinear;
}

std::optional<RecipeFields> recipe_by_name(std::string_view name, Size size) {
  for (const NamedRange& range : kNamedRanges) {
    if (range.name != name) continue;
    RecipeFields fields;
    fields.mean = range.mean;
    fields.std = range.std;
    if (range.rescale) fields.rescale = range.rescale;
    fields.arithmetic = range.rescale ? Arithmetic::kHuggingFace : Arithmetic::kTorchvision;
    fields.channel_order = range.order;
    if (name == "imagenet") state_imagenet_geometry(fields, size);
    return fields;
  }
  return std::nullopt;
}

Result<RecipeFields> recipe_from_value(const Json& value, Size size) {
  if (!value.is_string()) return recipe_from_object(value);
  const auto name = value.get<std::string>();
  if (auto fields = recipe_by_name(name, size)) return *std::move(fields);
  return unknown_name(name);
}

namespace {

// What a file says that --recipe names.
Result<RecipeFields> recipe_of_file(const std::string& text, Size size, const std::string& processor) {
  KITE_TRY_ASSIGN(const Json json, parse_json(text));
  if (!json.is_object()) return recipe_from_value(json, size);
  for (const char* key : {"recipe", "preprocess"}) {
    if (json.contains(key)) return recipe_from_value(json.at(key), size);
  }
  if (is_timm_config(json)) return recipe_from_timm(json);
  for (const char* key : {"image_processor_type", "feature_extractor_type", "processor_class", "image_mean"}) {
    if (json.contains(key)) return recipe_from_huggingface(json, {processor, "", ""});
  }
  return recipe_from_object(json);
}

}  // namespace

Result<RecipeFields> recipe_from_argument(const std::string& argument, Size size, const std::string& processor) {
  if (auto fields = recipe_by_name(argument, size)) return *std::move(fields);
  if (argument.find('{') != std::string::npos) return parse_recipe(argument);
  const Result<std::string> text = read_text_file(argument);
  if (!text.ok()) return text.error().code == ErrorCode::kIo ? unknown_name(argument) : text.error();
  Result<RecipeFields> fields = recipe_of_file(*text, size, processor);
  if (!fields.ok()) return std::move(fields).error().in(argument);
  return fields;
}

}  // namespace kite
