// SPDX-License-Identifier: Apache-2.0
// The metadata for pictures that ONNX defines and Windows ML uses: Image.BitmapPixelFormat and related keys.
#include <array>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/printable.h"
#include "carriers/pixel_range.h"
#include "carriers/recipe_carriers.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::string_view kFormatKey = "image.bitmappixelformat";
constexpr std::string_view kRangeKey = "image.nominalpixelrange";

Error unknown(const char* key, std::string_view value, const char* known) {
  return {ErrorCode::kUnsupportedModel, std::string(key) + " is " + in_quotes(value), "",
          std::string("known: ") + known};
}

// Upper and lower case are equal in keys, too.
const std::string* value_of(const Offers& offers, std::string_view key) {
  for (const auto& [name, value] : offers.asked().metadata) {
    if (lower_case(name) == key) return &value;
  }
  return nullptr;
}

// Windows ML crops the largest centred rectangle with the input's shape and scales it to the input. Its way of scaling
// is not documented; paperkite scales as Pillow does.
RecipeFields geometry(const PictureForm& input) {
  RecipeFields fields;
  fields.first_crop =
      FirstCrop{static_cast<double>(input.height), static_cast<double>(input.width), FirstCrop::Unit::kShape};
  fields.resize = ResizeRule{ResizeMode::kExact, input.height, input.width};
  fields.crop = Size{input.width, input.height};
  fields.filter = Filter::kBilinear;
  return fields;
}

bool takes_three_channels(const std::vector<std::int64_t>& shape) {
  return shape.size() == 4 && (shape[1] == 3 || shape[3] == 3);
}

// Whether the input's type has the denotation IMAGE and Windows ML uses it as a picture. Fields that the metadata
// leaves out then have the defaults of Windows ML's source: Bgra8, 0 to 255.
bool is_denoted(const Offers& offers) {
  return offers.metadata("paperkite.image") != nullptr && offers.asked().input_type == DType::kFloat32;
}

Result<RecipeFields> recipe_from(const Offers& offers, const std::string* format, const std::string* range) {
  const std::string* gamma = value_of(offers, "image.colorspacegamma");
  if (gamma != nullptr && lower_case(*gamma) != "srgb" && lower_case(*gamma) != "srgb8") {
    return unknown("Image.ColorSpaceGamma", *gamma, "SRGB");
  }
  RecipeFields fields;
  if (format != nullptr && lower_case(*format) == "gray8" && takes_three_channels(offers.asked().input_shape)) {
    return Error{ErrorCode::kInvalidModel, "Image.BitmapPixelFormat is \"Gray8\", the input has three channels", "",
                 kStateIt};
  }
  if (format != nullptr) {
    KITE_TRY(take_pixel_format(fields, *format));
  } else if (is_denoted(offers) && offers.input().tensor.pixels == PixelMode::kRgb) {
    fields.channel_order = ChannelOrder::kBgr;
  }
  KITE_TRY(take_pixel_range(fields, range != nullptr ? *range : "NominalRange_0_255"));
  KITE_TRY(validate(fields));
  return fields;
}

}  // namespace

void take_raw_range(RecipeFields& fields, const std::array<double, 3>& mean, const std::array<double, 3>& std) {
  fields.rescale = 1.0;
  fields.arithmetic = Arithmetic::kHuggingFace;
  fields.mean = mean;
  fields.std = std;
}

Status take_pixel_format(RecipeFields& fields, std::string_view format) {
  const std::string word = lower_case(format);
  if (word == "gray8") return {};
  if (word == "rgb8" || word == "rgba8") {
    fields.channel_order = ChannelOrder::kRgb;
  } else if (word == "bgr8" || word == "bgra8") {
    fields.channel_order = ChannelOrder::kBgr;
  } else {
    return unknown("Image.BitmapPixelFormat", format, "Gray8, Rgb8, Bgr8, Rgba8, Bgra8");
  }
  return {};
}

Status take_pixel_range(RecipeFields& fields, std::string_view range) {
  const std::string word = lower_case(range);
  const auto scaled = [&fields](double mean, double std) {
    fields.arithmetic = Arithmetic::kTorchvision;
    fields.mean = {mean, mean, mean};
    fields.std = {std, std, std};
  };
  if (word == "nominalrange_0_255") {
    take_raw_range(fields, {0, 0, 0}, {1, 1, 1});
  } else if (word == "normalized_0_1") {
    scaled(0, 1);
  } else if (word == "normalized_1_1") {
    scaled(0.5, 0.5);
  } else if (word == "nominalrange_16_235") {
    take_raw_range(fields, {-16, -16, -16}, {1, 1, 1});
    fields.rescale = 219.0 / 255.0;
  } else {
    return unknown("Image.NominalPixelRange", range,
                   "NominalRange_0_255, Normalized_0_1, Normalized_1_1, NominalRange_16_235");
  }
  return {};
}

Status read_windows_ml(Offers& offers) {
  if (!offers.wants_recipe()) return {};
  const std::string* format = value_of(offers, kFormatKey);
  const std::string* range = value_of(offers, kRangeKey);
  if (format == nullptr && range == nullptr) {
    if (!is_denoted(offers)) return {};
    return offers.recipe("the input's denotation IMAGE", Bond::kBeside, recipe_from(offers, format, range),
                         "no pixel format is stated: BGR from 0 to 255, as Windows ML takes such a model; to state "
                         "another, give --recipe");
  }
  const char* name =
      format != nullptr ? "metadata key Image.BitmapPixelFormat" : "metadata key Image.NominalPixelRange";
  return offers.recipe(name, Bond::kNamed, recipe_from(offers, format, range));
}

// The metadata states pixels, not sizes. The geometry is that of Windows ML where no file states another one, as Custom
// Vision's files do.
Status read_windows_ml_geometry(Offers& offers) {
  const bool is_windows_ml =
      value_of(offers, kFormatKey) != nullptr || value_of(offers, kRangeKey) != nullptr || is_denoted(offers);
  const PictureForm& input = offers.input();
  if (!is_windows_ml || offers.fields().resize || input.height < 1 || input.width < 1) return {};
  return offers.recipe("Windows ML's crop", Bond::kBeside, geometry(input));
}

}  // namespace kite
